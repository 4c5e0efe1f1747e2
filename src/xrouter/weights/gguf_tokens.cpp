#include <algorithm>
#include <limits>
#include <utility>

#include "xrouter/weights/gguf_model.hpp"
#include "xrouter/weights/gguf_reader.hpp"
#include "xrouter/weights/refusal.hpp"

namespace xrouter::weights {
namespace {

using tokenizer::TokenId;

constexpr std::size_t kMaxTemplateBytes = std::size_t{1} << 20;

std::optional<TokenId> token_id(GgufReader& in, const std::string& key) {
  const auto id = in.integer(key);
  return id ? std::optional(static_cast<TokenId>(*id)) : std::nullopt;
}

}  // namespace

Result<GgufTokens> read_gguf_tokens(const GgufFile& file) {
  GgufReader in(file);
  GgufTokens out;
  const auto model = in.string("tokenizer.ggml.model");
  if (model && *model != "gpt2")
    return refuse(file.name(), "has a tokenizer of the kind '" + shown(*model) + "'; byte-level BPE ('gpt2') is read");
  tokenizer::Vocabulary& vocabulary = out.vocabulary;
  vocabulary.tokens = in.strings("tokenizer.ggml.tokens");
  vocabulary.merges = in.strings("tokenizer.ggml.merges");
  for (const std::int64_t type : in.integers("tokenizer.ggml.token_type")) vocabulary.types.push_back(static_cast<std::int32_t>(type));
  vocabulary.pre_tokenizer = in.string("tokenizer.ggml.pre").value_or("");
  vocabulary.bos = token_id(in, "tokenizer.ggml.bos_token_id");
  vocabulary.eos = token_id(in, "tokenizer.ggml.eos_token_id");
  vocabulary.add_bos = in.boolean("tokenizer.ggml.add_bos_token").value_or(false);
  for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}) {
    const auto id = token_id(in, key);
    if (id && std::find(out.end_tokens.begin(), out.end_tokens.end(), *id) == out.end_tokens.end()) out.end_tokens.push_back(*id);
  }
  out.chat_template = in.string("tokenizer.chat_template").value_or("");
  if (!in.ok()) return fail(in.error());
  if (vocabulary.tokens.empty()) return refuse(file.name(), "has no vocabulary");
  if (!vocabulary.types.empty() && vocabulary.types.size() != vocabulary.tokens.size())
    return refuse(file.name(), "has " + std::to_string(vocabulary.tokens.size()) + " tokens and " +
                                   std::to_string(vocabulary.types.size()) + " types of tokens");
  if (out.chat_template.size() > kMaxTemplateBytes) return refuse(file.name(), "has a chat template of more than 1 MiB");
  return out;
}

}  // namespace xrouter::weights
