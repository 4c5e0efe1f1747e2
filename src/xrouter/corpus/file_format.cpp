#include "xrouter/corpus/file_format.hpp"

#include <zstd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <charconv>
#include <map>
#include <span>

#include "xrouter/base/assert.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/corpus/text_key.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::corpus {
namespace {

constexpr std::string_view kFormatName = "xrouter-recorded";
constexpr std::size_t kQuestionsPerFrame = 16;  // about 150 kB of text: unpacked in 0.15 ms
constexpr int kLevel = 19;
constexpr std::size_t kMaxFrameText = 64U << 20;
constexpr std::size_t kMaxQuestions = 5'000'000;
constexpr std::size_t kMaxEntries = 10'000;  // models, source files
constexpr std::size_t kHexPerQuestion = 32;

std::string pack_frame(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  const std::size_t size = ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size());
  ZSTD_freeCCtx(context);
  XROUTER_ASSERT(!ZSTD_isError(size), "the output buffer is large enough for any input");
  out.resize(size);
  return out;
}

Result<std::string> unpack_frame(std::string_view packed) {
  const unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size == ZSTD_CONTENTSIZE_ERROR) return fail(ErrorKind::config, "not a zstd file");
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size > kMaxFrameText) return fail(ErrorKind::config, "a frame is too large or hides its size");
  std::string out(static_cast<std::size_t>(size), '\0');
  const std::size_t got = ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) || got != out.size()) return fail(ErrorKind::config, "a frame is damaged", ZSTD_getErrorName(got));
  return out;
}

std::string hex16(std::uint64_t value) {
  std::string out(16, '0');
  for (int i = 15; i >= 0; --i, value >>= 4) out[static_cast<std::size_t>(i)] = "0123456789abcdef"[value & 15];
  return out;
}

bool read_hex16(std::string_view text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + 16, value, 16);
  return error == std::errc() && end == text.data() + 16;
}

void count(std::vector<ModelCount>& models, const Record& record) {
  for (const RecordedOutcome& outcome : record.outcomes) {
    auto it = std::find_if(models.begin(), models.end(), [&](const ModelCount& m) { return m.name == outcome.model; });
    if (it == models.end()) it = models.insert(models.end(), ModelCount{.name = outcome.model});
    it->outcomes += 1;
    it->correct += outcome.correct ? 1 : 0;
  }
}

std::string header_line(const Header& header) {
  json::Writer out;
  out.begin_object();
  out.field("format", kFormatName).field("version", kFormatVersion).field("corpus", header.corpus);
  out.field("repository", header.repository).field("commit", header.commit).field("licence", header.licence).field("note", header.note);
  out.key("sources").begin_array();
  for (const SourceFile& source : header.sources)
    out.begin_object().field("name", source.name).field("bytes", source.bytes).field("fnv1a64", source.fnv1a64).end_object();
  out.end_array();
  out.field("questions", header.keys.size()).field("outcomes", header.outcomes());
  out.key("models").begin_array();
  for (const ModelCount& model : header.models)
    out.begin_object().field("name", model.name).field("outcomes", model.outcomes).field("correct", model.correct).end_object();
  out.end_array();
  out.key("frames").begin_array();
  for (const FrameInfo& frame : header.frames)
    out.begin_array().value(frame.packed_bytes).value(frame.text_bytes).value(frame.questions).end_array();
  out.end_array();
  std::string keys;
  keys.reserve(header.keys.size() * kHexPerQuestion);
  for (const QuestionKeys& key : header.keys) keys += hex16(key.prompt) + hex16(key.question);
  out.field("keys", keys);
  out.end_object();
  return out.take() + "\n";
}

// Reads the list `name` of objects with `read`; problems stick to `in`.
template <class T, class Read>
std::vector<T> read_list(json::ObjectReader& in, std::string_view name, Read read) {
  std::vector<T> out;
  const boost::json::array* list = in.optional_array(name, kMaxEntries);
  if (!list) return out;
  for (const boost::json::value& entry : *list) {
    json::ObjectReader item(entry, in.path_of(name) + "[]");
    out.push_back(read(item));
    if (!item.ok()) in.fail_at(name, "has a bad entry");
  }
  return out;
}

std::vector<FrameInfo> read_frames(json::ObjectReader& in) {
  std::vector<FrameInfo> out;
  const boost::json::array* list = in.optional_array("frames", kMaxQuestions);
  if (!list) return out;
  for (const boost::json::value& entry : *list) {
    const boost::json::array* triple = entry.if_array();
    const auto number = [&](std::size_t i) -> std::size_t {
      const std::int64_t* value = triple && triple->size() == 3 ? (*triple)[i].if_int64() : nullptr;
      if (value && *value > 0 && *value <= static_cast<std::int64_t>(kMaxFrameText)) return static_cast<std::size_t>(*value);
      in.fail_at("frames", "must hold triples of sizes");
      return 1;
    };
    out.push_back({.packed_bytes = number(0), .text_bytes = number(1), .questions = number(2)});
  }
  return out;
}

std::vector<QuestionKeys> read_keys(json::ObjectReader& in) {
  const std::string text = in.string("keys");
  std::vector<QuestionKeys> out;
  if (text.size() % kHexPerQuestion != 0) in.fail_at("keys", "must hold 32 hex digits a question");
  for (std::size_t at = 0; at + kHexPerQuestion <= text.size(); at += kHexPerQuestion) {
    QuestionKeys key;
    if (!read_hex16(std::string_view(text).substr(at), key.prompt) || !read_hex16(std::string_view(text).substr(at + 16), key.question))
      in.fail_at("keys", "must hold hex digits only");
    out.push_back(key);
  }
  return out;
}

Result<Header> parse_header(std::string_view line) {
  auto value = json::parse(line);
  if (!value) return fail(ErrorKind::config, "the header is not JSON: " + value.error().public_text);
  json::ObjectReader in(*value, "header");
  if (in.string("format") != kFormatName) return fail(ErrorKind::config, "the header is not that of a corpus file");
  if (const std::int64_t version = in.integer("version", 1, 1'000'000); version != kFormatVersion)
    return fail(ErrorKind::config, "format version " + std::to_string(version) + " is not known here; make the file again with this program");
  Header header;
  header.corpus = in.string("corpus");
  header.repository = in.string("repository");
  header.commit = in.string("commit");
  header.licence = in.string("licence");
  header.note = in.string("note");
  constexpr std::int64_t kAnyCount = std::int64_t{1} << 53;
  header.sources = read_list<SourceFile>(in, "sources", [&](json::ObjectReader& item) {
    return SourceFile{.name = item.string("name"), .bytes = item.integer("bytes", 0, kAnyCount), .fnv1a64 = item.string("fnv1a64")};
  });
  header.models = read_list<ModelCount>(in, "models", [&](json::ObjectReader& item) {
    return ModelCount{.name = item.string("name"),
                      .outcomes = item.integer("outcomes", 0, kAnyCount),
                      .correct = item.integer("correct", 0, kAnyCount)};
  });
  header.frames = read_frames(in);
  header.keys = read_keys(in);
  if (!in.ok()) return fail(ErrorKind::config, in.error().public_text);
  return header;
}

}  // namespace

std::int64_t Header::outcomes() const {
  std::int64_t sum = 0;
  for (const ModelCount& model : models) sum += model.outcomes;
  return sum;
}

std::string pack(Header header, const std::vector<Record>& records, const Progress& progress) {
  header.models.clear();
  header.frames.clear();
  header.keys.clear();
  std::string body;
  for (std::size_t begin = 0; begin < records.size(); begin += kQuestionsPerFrame) {
    const std::size_t questions = std::min(kQuestionsPerFrame, records.size() - begin);
    std::string text;
    for (const Record& record : std::span(records).subspan(begin, questions)) {
      text += to_line(record) + "\n";
      header.keys.push_back({.prompt = text_key(record.question.prompt), .question = text_key(record.question.question)});
      count(header.models, record);
    }
    const std::string packed = pack_frame(text);
    header.frames.push_back({.packed_bytes = packed.size(), .text_bytes = text.size(), .questions = questions});
    body += packed;
    if (progress) progress(begin + questions, records.size());
  }
  return pack_frame(header_line(header)) + body;
}

Result<PackedFile> PackedFile::open(std::string bytes) {
  PackedFile file;
  file.bytes_ = std::move(bytes);
  const std::size_t first = ZSTD_findFrameCompressedSize(file.bytes_.data(), file.bytes_.size());
  if (ZSTD_isError(first)) return fail(ErrorKind::config, "not a zstd file, or cut off", ZSTD_getErrorName(first));
  auto line = unpack_frame(std::string_view(file.bytes_).substr(0, first));
  if (!line) return fail(line.error());
  auto header = parse_header(*line);
  if (!header) return fail(header.error());
  file.header_ = std::move(*header);
  std::size_t offset = first;
  std::size_t questions = 0;
  for (const FrameInfo& frame : file.header_.frames) {
    file.offsets_.push_back(offset);
    if (frame.packed_bytes > file.bytes_.size() - offset) return fail(ErrorKind::config, "the file is cut off");
    offset += frame.packed_bytes;
    questions += frame.questions;
  }
  if (offset != file.bytes_.size()) return fail(ErrorKind::config, "bytes follow the last frame");
  if (questions != file.header_.keys.size()) return fail(ErrorKind::config, "frames and keys of the header disagree");
  return file;
}

std::string PackedFile::fingerprint() const { return hex16(fnv1a64(bytes_)); }

Result<std::string> PackedFile::frame_text(std::size_t frame) const {
  const FrameInfo& info = header_.frames[frame];
  auto text = unpack_frame(std::string_view(bytes_).substr(offsets_[frame], info.packed_bytes));
  if (text && text->size() != info.text_bytes) return fail(ErrorKind::config, "a frame has another size than the header says");
  return text;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace xrouter::corpus
