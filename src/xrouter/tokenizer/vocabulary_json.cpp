#include "xrouter/tokenizer/vocabulary_json.hpp"

#include <unordered_set>

#include "xrouter/json/writer.hpp"
#include "xrouter/tokenizer/gguf_splits.hpp"

namespace xrouter::tokenizer {
namespace {

// tokenizer.ggml.token_type
constexpr std::int32_t kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5;

std::int32_t type_of(const Vocabulary& vocabulary, std::size_t id) { return vocabulary.types.empty() ? kNormal : vocabulary.types[id]; }

void write_added(json::Writer& out, const Vocabulary& vocabulary) {
  out.key("added_tokens").begin_array();
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    const std::int32_t type = type_of(vocabulary, id);
    if ((type != kControl && type != kUnknown && type != kUserDefined) || vocabulary.tokens[id].empty()) continue;
    out.begin_object()
        .field("id", id)
        .field("content", std::string_view(vocabulary.tokens[id]))
        .field("single_word", false)
        .field("lstrip", false);
    out.field("rstrip", false).field("normalized", false).field("special", type != kUserDefined).end_object();
  }
  out.end_array();
}

void write_byte_level(json::Writer& out) {
  out.begin_object()
      .field("type", "ByteLevel")
      .field("add_prefix_space", false)
      .field("trim_offsets", false)
      .field("use_regex", false)
      .end_object();
}

void write_pre_tokenizer(json::Writer& out, const GgufSplit& split) {
  out.key("pre_tokenizer").begin_object().field("type", "Sequence").key("pretokenizers").begin_array();
  if (split.digits_alone) out.begin_object().field("type", "Digits").field("individual_digits", true).end_object();
  out.begin_object().field("type", "Split").key("pattern").begin_object().field("Regex", split.pattern).end_object();
  out.field("behavior", "Isolated").field("invert", false).end_object();
  write_byte_level(out);
  out.end_array().end_object();
}

// Puts the first token before every text that is encoded with special tokens.
void write_post_processor(json::Writer& out, const Vocabulary& vocabulary) {
  out.key("post_processor");
  if (!vocabulary.add_bos || !vocabulary.bos || static_cast<std::size_t>(*vocabulary.bos) >= vocabulary.tokens.size())
    return write_byte_level(out);
  const std::string_view bos = vocabulary.tokens[static_cast<std::size_t>(*vocabulary.bos)];
  const auto special = [&](int type) {
    out.begin_object().key("SpecialToken").begin_object().field("id", bos).field("type_id", type).end_object().end_object();
  };
  const auto sequence = [&](const char* id, int type) {
    out.begin_object().key("Sequence").begin_object().field("id", id).field("type_id", type).end_object().end_object();
  };
  out.begin_object().field("type", "TemplateProcessing").key("single").begin_array();
  special(0);
  sequence("A", 0);
  out.end_array().key("pair").begin_array();
  special(0);
  sequence("A", 0);
  special(1);
  sequence("B", 1);
  out.end_array().key("special_tokens").begin_object().key(bos).begin_object().field("id", bos).key("ids").begin_array();
  out.value(static_cast<std::int64_t>(*vocabulary.bos))
      .end_array()
      .key("tokens")
      .begin_array()
      .value(bos)
      .end_array()
      .end_object()
      .end_object()
      .end_object();
}

Result<void> write_model(json::Writer& out, const Vocabulary& vocabulary, const GgufSplit& split) {
  out.key("model")
      .begin_object()
      .field("type", "BPE")
      .key("dropout")
      .null()
      .key("unk_token")
      .null()
      .key("continuing_subword_prefix")
      .null();
  out.key("end_of_word_suffix").null().field("fuse_unk", false).field("byte_fallback", false).field("ignore_merges", split.ignore_merges);
  out.key("vocab").begin_object();
  std::unordered_set<std::string_view> seen;
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    if (type_of(vocabulary, id) == kUnused) continue;
    if (!seen.insert(vocabulary.tokens[id]).second)
      return fail(ErrorKind::config, "Token " + std::to_string(id) + " has the text of another one.");
    out.field(vocabulary.tokens[id], id);
  }
  out.end_object().key("merges").begin_array();
  for (const std::string& merge : vocabulary.merges) out.value(std::string_view(merge));
  out.end_array().end_object();
  return {};
}

}  // namespace

Result<std::string> tokenizer_json(const Vocabulary& vocabulary) {
  const auto split = gguf_split(vocabulary.pre_tokenizer);
  if (!split) return fail(split.error());
  if (!vocabulary.types.empty() && vocabulary.types.size() != vocabulary.tokens.size())
    return fail(ErrorKind::config, "The vocabulary has another number of types than of tokens.");
  json::Writer out;
  out.begin_object().field("version", "1.0").key("truncation").null().key("padding").null();
  write_added(out, vocabulary);
  out.key("normalizer");
  if (split->nfc)
    out.begin_object().field("type", "NFC").end_object();
  else
    out.null();
  write_pre_tokenizer(out, *split);
  write_post_processor(out, vocabulary);
  out.key("decoder");
  write_byte_level(out);
  if (auto written = write_model(out, vocabulary, *split); !written) return fail(written.error());
  out.end_object();
  return out.take();
}

}  // namespace xrouter::tokenizer
