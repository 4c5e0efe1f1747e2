// Text to token ids and back: byte-level BPE as the Llama 3, Qwen and SmolLM families use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"

namespace xrouter::tokenizer {

using TokenId = std::int32_t;

/// What a special token's text in the input means. Text of users is `as_text`: nobody may forge a turn.
enum class SpecialTokens { parse, as_text };

/// A byte-level BPE vocabulary as a GGUF file carries it (tokenizer.ggml.*).
struct Vocabulary {
  std::vector<std::string> tokens;     ///< in the byte-level alphabet; index = id
  std::vector<std::string> merges;     ///< "left right", best first
  std::vector<std::int32_t> types;     ///< 1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte; may be empty
  std::string pre_tokenizer;           ///< GGUF's name of the split pattern, such as "smollm", "llama-bpe", "qwen2"
  std::optional<TokenId> bos = {};
  std::optional<TokenId> eos = {};
  bool add_bos = false;
};

/// Immutable and thread-safe.
class Tokenizer {
 public:
  /// A Hugging Face tokenizer.json. Errors: config, naming what is wrong and where; also for a
  /// model or a step of the pipeline that is not byte-level BPE.
  static Result<std::shared_ptr<const Tokenizer>> from_json(std::string_view tokenizer_json);
  static Result<std::shared_ptr<const Tokenizer>> from_vocabulary(Vocabulary vocabulary);
  virtual ~Tokenizer() = default;

  /// Equal to Hugging Face `tokenizers` with add_special_tokens=false. Any bytes are accepted:
  /// malformed UTF-8 becomes U+FFFD as its Python binding would see it.
  virtual std::vector<TokenId> encode(std::string_view text, SpecialTokens special = SpecialTokens::as_text) const = 0;
  /// The exact bytes; special tokens as their text unless skipped. Ids outside the vocabulary are skipped.
  virtual std::string decode(std::span<const TokenId> ids, bool skip_special = false) const = 0;
  /// Raw bytes of one token, often part of a character; "" for an id without a token.
  virtual std::string_view bytes_of(TokenId id) const = 0;
  virtual bool is_special(TokenId id) const = 0;
  /// By its text: of special tokens the text, of others the raw bytes.
  virtual std::optional<TokenId> id_of(std::string_view text) const = 0;
  /// One more than the largest id. The model's output layer may be wider (padding).
  virtual std::size_t size() const = 0;
};

/// Bytes of a growing reply as text that is always whole UTF-8: an incomplete character is held back
/// until its last byte comes; what can never become a character reads as U+FFFD.
class StreamDecoder {
 public:
  explicit StreamDecoder(const Tokenizer& tokenizer, bool skip_special = true) : tokenizer_(tokenizer), skip_special_(skip_special) {}
  /// The text that became complete with this token; often "".
  std::string add(TokenId id);
  /// What is still held back, as U+FFFD; "" when nothing is.
  std::string finish();

 private:
  const Tokenizer& tokenizer_;
  bool skip_special_;
  std::string held_;
};

}  // namespace xrouter::tokenizer
