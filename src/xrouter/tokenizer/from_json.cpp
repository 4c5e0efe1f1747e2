#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "xrouter/json/parse.hpp"
#include "xrouter/tokenizer/byte_level.hpp"
#include "xrouter/tokenizer/json_pipeline.hpp"

namespace xrouter::tokenizer {
namespace {

namespace bj = boost::json;

constexpr json::ParseLimits kLimits{.max_bytes = std::size_t{128} << 20, .max_depth = 32};
constexpr std::size_t kMaxAdded = 64 * 1024;
constexpr std::size_t kMaxMergeRows = std::size_t{1} << 23;

std::string text_of(const bj::string& text) { return {text.data(), text.size()}; }

Result<void> read_vocabulary(json::ObjectReader& model, TokenizerParts& parts) {
  const bj::object* vocabulary = model.optional_object("vocab");
  if (!vocabulary) {
    model.fail_at("vocab", "is missing");
    return fail(model.error());
  }
  parts.vocabulary.reserve(vocabulary->size());
  for (const auto& [text, id] : *vocabulary) {
    const std::int64_t* number = id.if_int64();
    if (!number || *number < 0 || *number >= static_cast<std::int64_t>(kMaxTokens)) {
      model.fail_at("vocab", "has an id that is not a whole number from 0 to " + std::to_string(kMaxTokens - 1));
      return fail(model.error());
    }
    parts.vocabulary.push_back({.id = static_cast<TokenId>(*number), .text = std::string(text.data(), text.size())});
  }
  return {};
}

// "left right" in older files, ["left", "right"] in newer ones.
Result<MergedTexts> read_merge(const bj::value& row) {
  if (const auto* line = row.if_string()) return parse_merge({line->data(), line->size()});
  const bj::array* pair = row.if_array();
  const bool two_texts = pair && pair->size() == 2 && (*pair)[0].is_string() && (*pair)[1].is_string();
  if (!two_texts) return fail(ErrorKind::config, "'model.merges' has a row that is neither a text nor two texts.");
  return MergedTexts{.left = text_of((*pair)[0].get_string()), .right = text_of((*pair)[1].get_string())};
}

Result<void> read_merges(json::ObjectReader& model, TokenizerParts& parts) {
  const bj::array* merges = model.optional_array("merges", kMaxMergeRows);
  if (!merges) {
    model.fail_at("merges", "is missing");
    return fail(model.error());
  }
  parts.merges.reserve(merges->size());
  for (const bj::value& row : *merges) {
    auto merge = read_merge(row);
    if (!merge) return fail(std::move(merge.error()));
    parts.merges.push_back(std::move(*merge));
  }
  return {};
}

Result<void> read_model(json::ObjectReader& document, TokenizerParts& parts) {
  json::ObjectReader model(or_null(document.find("model")), "model");
  const std::string type = model.optional_string("type").value_or("BPE");
  if (type != "BPE") model.fail_at("type", "is '" + type.substr(0, 40) + "'; only BPE is supported");
  if (model.optional_bool("byte_fallback").value_or(false)) model.fail_at("byte_fallback", "is not supported");
  if (model.optional_number("dropout", 0, 1).value_or(0) != 0) model.fail_at("dropout", "is not supported");
  for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"})
    if (!model.optional_string(affix).value_or("").empty()) model.fail_at(affix, "is not supported");
  parts.ignore_merges = model.optional_bool("ignore_merges").value_or(false);
  parts.fuse_unknown = model.optional_bool("fuse_unk").value_or(false);
  const std::optional<std::string> unknown = model.optional_string("unk_token");
  if (!model.ok()) return fail(model.error());
  if (auto done = read_vocabulary(model, parts); !done) return done;
  if (unknown && !unknown->empty()) {
    for (const VocabularyToken& token : parts.vocabulary)
      if (token.text == *unknown) parts.unknown = token.id;
    if (!parts.unknown) return fail(ErrorKind::config, "'model.unk_token' is not in the vocabulary.");
  }
  return read_merges(model, parts);
}

Result<void> read_added(json::ObjectReader& document, TokenizerParts& parts) {
  const bj::array* rows = document.optional_array("added_tokens", kMaxAdded);
  if (!document.ok()) return fail(document.error());
  if (!rows) return {};
  for (std::size_t i = 0; i < rows->size(); ++i) {
    json::ObjectReader row((*rows)[i], "added_tokens[" + std::to_string(i) + "]");
    AddedToken token;
    token.content = row.string("content");
    token.id = static_cast<TokenId>(row.integer("id", 0, static_cast<std::int64_t>(kMaxTokens) - 1));
    token.special = row.optional_bool("special").value_or(false);
    token.single_word = row.optional_bool("single_word").value_or(false);
    token.lstrip = row.optional_bool("lstrip").value_or(false);
    token.rstrip = row.optional_bool("rstrip").value_or(false);
    token.normalized = row.optional_bool("normalized").value_or(!token.special);
    if (!row.ok()) return fail(row.error());
    if (!token.content.empty()) parts.added.push_back(std::move(token));
  }
  return {};
}

Result<TokenizerParts> read_parts(const bj::value& root) {
  TokenizerParts parts;
  json::ObjectReader document(root);
  if (!document.ok()) return fail(document.error());
  for (const auto& step : {read_model, read_added})
    if (auto done = step(document, parts); !done) return fail(std::move(done.error()));
  auto nfc = read_normalizer(document.find("normalizer"));
  if (!nfc) return fail(std::move(nfc.error()));
  parts.nfc = *nfc;
  auto pre_tokenizer = read_pre_tokenizer(document.find("pre_tokenizer"));
  if (!pre_tokenizer) return fail(std::move(pre_tokenizer.error()));
  parts.pre_tokenizer = std::move(*pre_tokenizer);
  if (auto done = check_decoder(document.find("decoder")); !done) return fail(std::move(done.error()));
  return parts;
}

// Errors of the readers speak of requests; this is the operator's file.
tl::unexpected<Error> as_config(Error error) {
  return fail(ErrorKind::config, "tokenizer.json: " + error.public_text, std::move(error.internal_text));
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> Tokenizer::from_json(std::string_view tokenizer_json) {
  const auto root = json::parse(tokenizer_json, kLimits);
  if (!root) return as_config(root.error());
  auto parts = read_parts(*root);
  if (!parts) return as_config(std::move(parts.error()));
  auto made = assemble(std::move(*parts));
  if (!made) return as_config(std::move(made.error()));
  return made;
}

}  // namespace xrouter::tokenizer
