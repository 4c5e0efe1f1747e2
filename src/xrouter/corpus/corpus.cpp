#include "xrouter/corpus/corpus.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "xrouter/base/rng.hpp"
#include "xrouter/corpus/text_key.hpp"

namespace xrouter::corpus {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{2} << 30;
constexpr std::string_view kExtension = ".jsonl.zst";

auto candidates(const auto& index, std::uint64_t key) {
  const auto by_key = [](const auto& a, const auto& b) { return a.first < b.first; };
  return std::equal_range(index.begin(), index.end(), std::pair<std::uint64_t, std::uint32_t>{key, 0}, by_key);
}

Error not_recorded(std::string why) { return {.kind = ErrorKind::question_not_recorded, .public_text = std::move(why)}; }

Error damaged(const Header& header, const Error& cause) {
  return {.kind = ErrorKind::config, .public_text = "The recorded corpus is damaged.",
          .internal_text = "corpus " + header.corpus + ": " + cause.describe()};
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return fail(ErrorKind::io, "cannot read " + path + ": " + error.message());
  if (size > max_bytes) return fail(ErrorKind::config, path + ": larger than " + std::to_string(max_bytes) + " bytes");
  std::string bytes(static_cast<std::size_t>(size), '\0');
  std::ifstream in(path, std::ios::binary);
  if (!in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) return fail(ErrorKind::io, "cannot read " + path);
  return bytes;
}

Result<std::vector<std::string>> corpus_files_in(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().string().ends_with(kExtension)) paths.push_back(entry.path().string());
  if (error) return fail(ErrorKind::config, "cannot read the corpus folder " + folder + ": " + error.message());
  if (paths.empty()) return fail(ErrorKind::config, "no " + std::string(kExtension) + " file in " + folder);
  std::sort(paths.begin(), paths.end());
  return paths;
}

Result<std::shared_ptr<const Corpus>> Corpus::open(const std::vector<std::string>& paths) {
  std::vector<PackedFile> files;
  for (const std::string& path : paths) {
    auto bytes = read_file(path, kMaxFileBytes);
    if (!bytes) return fail(bytes.error());
    auto file = PackedFile::open(std::move(*bytes));
    if (!file) return fail(ErrorKind::config, path + ": " + file.error().public_text, file.error().internal_text);
    files.push_back(std::move(*file));
  }
  return from_files(std::move(files));
}

std::shared_ptr<const Corpus> Corpus::from_files(std::vector<PackedFile> files) {
  auto corpus = std::make_shared<Corpus>();
  corpus->files_ = std::move(files);
  for (std::uint32_t f = 0; f < corpus->files_.size(); ++f) {
    const Header& header = corpus->files_[f].header();
    std::size_t in_file = 0;
    for (std::uint32_t frame = 0; frame < header.frames.size(); ++frame) {
      for (std::uint32_t line = 0; line < header.frames[frame].questions; ++line, ++in_file) {
        const auto index = static_cast<std::uint32_t>(corpus->places_.size());
        corpus->places_.push_back({.file = f, .frame = frame, .line = line});
        corpus->by_prompt_.emplace_back(header.keys[in_file].prompt, index);
        corpus->by_question_.emplace_back(header.keys[in_file].question, index);
      }
    }
  }
  std::sort(corpus->by_prompt_.begin(), corpus->by_prompt_.end());
  std::sort(corpus->by_question_.begin(), corpus->by_question_.end());
  return corpus;
}

Result<std::shared_ptr<const Corpus>> Corpus::unpacked() const {
  auto copy = std::make_shared<Corpus>(*this);
  copy->records_.clear();
  copy->records_.reserve(size());
  auto read = for_each([&](const Header&, Record record) -> Result<void> {
    copy->records_.push_back(std::move(record));
    return {};
  });
  if (!read) return fail(read.error());
  return std::shared_ptr<const Corpus>(std::move(copy));
}

Result<Record> Corpus::read(std::size_t index) const {
  if (!records_.empty()) return records_[index];
  const Place& place = places_[index];
  const PackedFile& file = files_[place.file];
  auto text = file.frame_text(place.frame);
  if (!text) return fail(damaged(file.header(), text.error()));
  const auto lines = lines_of(*text);
  if (place.line >= lines.size()) return fail(damaged(file.header(), Error{.public_text = "a frame lacks lines"}));
  auto record = parse_record(lines[place.line]);
  if (!record) return fail(damaged(file.header(), record.error()));
  return record;
}

Result<Record> Corpus::find(std::string_view user_text) const {
  const std::string wanted = normalised(user_text);
  if (wanted.empty()) return fail(not_recorded("The request has no user text; the recorded pool answers recorded questions only."));
  auto found = find_prompt(wanted);
  if (found || found.error().kind != ErrorKind::question_not_recorded) return found;
  return find_bare(wanted);
}

Result<Record> Corpus::find_prompt(const std::string& wanted) const {
  const auto [begin, end] = candidates(by_prompt_, fnv1a64(wanted));
  for (auto it = begin; it != end; ++it) {
    auto record = read(it->second);
    if (!record || normalised(record->question.prompt) == wanted) return record;
  }
  return fail(not_recorded("no such prompt"));
}

Result<Record> Corpus::find_bare(const std::string& wanted) const {
  std::optional<Record> found;
  const auto [begin, end] = candidates(by_question_, fnv1a64(wanted));
  for (auto it = begin; it != end; ++it) {
    auto record = read(it->second);
    if (!record) return record;
    if (normalised(record->question.question) != wanted) continue;
    if (found && normalised(found->question.prompt) != normalised(record->question.prompt))
      return fail(not_recorded("Several recorded questions have this text with different options. Send the full prompt, options included, "
                               "as the last user message."));
    if (!found) found = std::move(*record);
  }
  if (found) return std::move(*found);
  return fail(not_recorded("The recorded pool holds no answer to this question: it replays recorded benchmark questions only. "
                           "`xrouter data sample` prints questions it knows; send one unchanged as the last user message."));
}

Result<void> Corpus::for_each(const std::function<Result<void>(const Header&, Record)>& visit) const {
  for (std::size_t i = 0; i < records_.size(); ++i)
    if (auto visited = visit(files_[places_[i].file].header(), records_[i]); !visited) return visited;
  if (!records_.empty()) return {};
  for (const PackedFile& file : files_) {
    for (std::size_t frame = 0; frame < file.header().frames.size(); ++frame) {
      auto text = file.frame_text(frame);
      if (!text) return fail(damaged(file.header(), text.error()));
      for (std::string_view line : lines_of(*text)) {
        auto record = parse_record(line);
        if (!record) return fail(damaged(file.header(), record.error()));
        if (auto visited = visit(file.header(), std::move(*record)); !visited) return visited;
      }
    }
  }
  return {};
}

}  // namespace xrouter::corpus
