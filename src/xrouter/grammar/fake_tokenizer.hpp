// Test support: a tokenizer with a vocabulary written by hand. Cuts text into the longest tokens that fit, from
// the left; every byte is a token, so that everything can be cut.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "xrouter/tokenizer/tokenizer.hpp"

namespace xrouter::grammar {

class FakeTokenizer : public tokenizer::Tokenizer {
 public:
  using TokenId = tokenizer::TokenId;

  /// Ids 0 to 255 are the bytes, then come `tokens`, then `special`.
  explicit FakeTokenizer(const std::vector<std::string>& tokens, const std::vector<std::string>& special = {"<end>"}) {
    for (int byte = 0; byte < 256; ++byte) bytes_.emplace_back(1, static_cast<char>(byte));
    bytes_.insert(bytes_.end(), tokens.begin(), tokens.end());
    first_special_ = bytes_.size();
    for (std::size_t i = 0; i < first_special_; ++i) {
      ids_.emplace(bytes_[i], static_cast<TokenId>(i));
      longest_ = std::max(longest_, bytes_[i].size());
    }
    bytes_.insert(bytes_.end(), special.begin(), special.end());
  }

  std::vector<TokenId> encode(std::string_view text, tokenizer::SpecialTokens = tokenizer::SpecialTokens::as_text) const override {
    std::vector<TokenId> ids;
    while (!text.empty()) {
      std::size_t length = std::min(longest_, text.size());
      while (!ids_.contains(text.substr(0, length))) --length;
      ids.push_back(ids_.find(text.substr(0, length))->second);
      text.remove_prefix(length);
    }
    return ids;
  }
  std::string decode(std::span<const TokenId> ids, bool skip_special = false) const override {
    std::string text;
    for (const TokenId id : ids)
      if (!(skip_special && is_special(id))) text += bytes_of(id);
    return text;
  }
  std::string_view bytes_of(TokenId id) const override {
    return id >= 0 && static_cast<std::size_t>(id) < bytes_.size() ? std::string_view(bytes_[static_cast<std::size_t>(id)]) : std::string_view();
  }
  bool is_special(TokenId id) const override { return static_cast<std::size_t>(id) >= first_special_; }
  std::optional<TokenId> id_of(std::string_view text) const override {
    const auto found = std::ranges::find(bytes_, text);
    return found == bytes_.end() ? std::nullopt : std::optional(static_cast<TokenId>(found - bytes_.begin()));
  }
  std::size_t size() const override { return bytes_.size(); }

 private:
  std::vector<std::string> bytes_;
  std::map<std::string, TokenId, std::less<>> ids_;
  std::size_t first_special_ = 0;
  std::size_t longest_ = 1;
};

}  // namespace xrouter::grammar
