#include "xrouter/tokenizer/byte_level.hpp"
#include "xrouter/tokenizer/gguf_splits.hpp"

namespace xrouter::tokenizer {
namespace {

// tokenizer.ggml.token_type
constexpr std::int32_t kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5;

}  // namespace

Result<std::shared_ptr<const Tokenizer>> Tokenizer::from_vocabulary(Vocabulary vocabulary) {
  auto split = gguf_split(vocabulary.pre_tokenizer);
  if (!split) return fail(std::move(split.error()));
  const std::size_t count = vocabulary.tokens.size();
  if (count > kMaxTokens)
    return fail(ErrorKind::config,
                "The vocabulary has " + std::to_string(count) + " tokens; at most " + std::to_string(kMaxTokens) + " are accepted.");
  if (!vocabulary.types.empty() && vocabulary.types.size() != count)
    return fail(ErrorKind::config, "The vocabulary has " + std::to_string(count) + " tokens, but the types of " +
                                       std::to_string(vocabulary.types.size()) + ".");

  TokenizerParts parts;
  parts.ignore_merges = split->ignore_merges;
  parts.nfc = split->nfc;
  parts.pre_tokenizer = std::move(split->pre_tokenizer);
  for (std::size_t i = 0; i < count; ++i) {
    const auto id = static_cast<TokenId>(i);
    const std::int32_t type = vocabulary.types.empty() ? 1 : vocabulary.types[i];
    if (type == kUnused) continue;  // padding up to the width of the model's output
    if ((type == kControl || type == kUnknown || type == kUserDefined) && !vocabulary.tokens[i].empty())
      parts.added.push_back({.content = vocabulary.tokens[i], .id = id, .special = type != kUserDefined});
    parts.vocabulary.push_back({.id = id, .text = std::move(vocabulary.tokens[i])});
  }
  parts.merges.reserve(vocabulary.merges.size());
  for (const std::string& line : vocabulary.merges) {
    auto merge = parse_merge(line);
    if (!merge) return fail(std::move(merge.error()));
    parts.merges.push_back(std::move(*merge));
  }
  return assemble(std::move(parts));
}

}  // namespace xrouter::tokenizer
