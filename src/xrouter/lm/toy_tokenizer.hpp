// For tests: 256 bytes, then pieces of several bytes, then special tokens. The longest piece that fits is taken.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "xrouter/tokenizer/tokenizer.hpp"

namespace xrouter::lm {

class ToyTokenizer final : public tokenizer::Tokenizer {
 public:
  using TokenId = tokenizer::TokenId;
  explicit ToyTokenizer(std::vector<std::string> pieces = default_pieces(), std::vector<std::string> special = {"<end>", "<call>"}) {
    for (int byte = 0; byte < 256; ++byte) tokens_.emplace_back(1, static_cast<char>(byte));
    for (std::string& piece : pieces) tokens_.push_back(std::move(piece));
    first_special_ = static_cast<TokenId>(tokens_.size());
    for (std::string& text : special) tokens_.push_back(std::move(text));
  }
  static std::vector<std::string> default_pieces() {
    return {"the", "th", "he", " a", "ab", "abc", "bc", "ca", "\": \"", "\", \"", "{\"", "\"}", "name", "na", "gpt", "-4", "-4o", "mini", "model", "true", "\xc3\xa9", "\xe2\x82"};
  }

  std::vector<TokenId> encode(std::string_view text, tokenizer::SpecialTokens special = tokenizer::SpecialTokens::as_text) const override {
    std::vector<TokenId> ids;
    while (!text.empty()) {
      const TokenId id = longest(text, special == tokenizer::SpecialTokens::parse);
      text.remove_prefix(bytes_of(id).size());
      ids.push_back(id);
    }
    return ids;
  }
  std::string decode(std::span<const TokenId> ids, bool skip_special = false) const override {
    std::string text;
    for (const TokenId id : ids) {
      if (!(skip_special && is_special(id))) text += bytes_of(id);
    }
    return text;
  }
  std::string_view bytes_of(TokenId id) const override {
    return id < 0 || static_cast<std::size_t>(id) >= tokens_.size() ? std::string_view() : tokens_[static_cast<std::size_t>(id)];
  }
  bool is_special(TokenId id) const override { return id >= first_special_ && static_cast<std::size_t>(id) < tokens_.size(); }
  std::optional<TokenId> id_of(std::string_view text) const override {
    for (std::size_t id = 0; id < tokens_.size(); ++id) {
      if (tokens_[id] == text) return static_cast<TokenId>(id);
    }
    return std::nullopt;
  }
  std::size_t size() const override { return tokens_.size(); }
  TokenId end() const { return first_special_; }

 private:
  TokenId longest(std::string_view text, bool with_special) const {
    TokenId best = static_cast<TokenId>(static_cast<unsigned char>(text.front()));
    for (std::size_t id = 256; id < tokens_.size(); ++id) {
      const bool offered = with_special || !is_special(static_cast<TokenId>(id));
      if (offered && text.starts_with(tokens_[id]) && tokens_[id].size() > bytes_of(best).size()) best = static_cast<TokenId>(id);
    }
    return best;
  }

  std::vector<std::string> tokens_;
  TokenId first_special_ = 0;
};

}  // namespace xrouter::lm
