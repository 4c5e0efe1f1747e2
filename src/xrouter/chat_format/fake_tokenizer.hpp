// A tokenizer for tests: every byte is a token, and so is each of a few special texts.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "xrouter/tokenizer/tokenizer.hpp"

namespace xrouter::chat_format {

class FakeTokenizer final : public tokenizer::Tokenizer {
 public:
  explicit FakeTokenizer(std::vector<std::string> special) : special_(std::move(special)) {
    for (int byte = 0; byte < kBytes; ++byte) bytes_.emplace_back(1, static_cast<char>(byte));
  }

  std::vector<tokenizer::TokenId> encode(std::string_view text, tokenizer::SpecialTokens special) const override {
    std::vector<tokenizer::TokenId> ids;
    while (!text.empty()) {
      const auto found = special == tokenizer::SpecialTokens::parse ? special_at(text) : special_.end();
      const bool is_special = found != special_.end();
      ids.push_back(is_special ? kBytes + static_cast<int>(found - special_.begin()) : static_cast<unsigned char>(text.front()));
      text.remove_prefix(is_special ? found->size() : 1);
    }
    return ids;
  }
  std::string decode(std::span<const tokenizer::TokenId> ids, bool skip_special) const override {
    std::string text;
    for (const tokenizer::TokenId id : ids)
      if (!skip_special || !is_special(id)) text += bytes_of(id);
    return text;
  }
  std::string_view bytes_of(tokenizer::TokenId id) const override {
    if (id < 0 || static_cast<std::size_t>(id) >= size()) return {};
    return id < kBytes ? bytes_[static_cast<std::size_t>(id)] : special_[static_cast<std::size_t>(id - kBytes)];
  }
  bool is_special(tokenizer::TokenId id) const override { return id >= kBytes && static_cast<std::size_t>(id) < size(); }
  std::optional<tokenizer::TokenId> id_of(std::string_view text) const override {
    const auto found = std::find(special_.begin(), special_.end(), text);
    if (found != special_.end()) return kBytes + static_cast<int>(found - special_.begin());
    return text.size() == 1 ? std::optional<tokenizer::TokenId>(static_cast<unsigned char>(text.front())) : std::nullopt;
  }
  std::size_t size() const override { return kBytes + special_.size(); }

 private:
  static constexpr int kBytes = 256;
  std::vector<std::string>::const_iterator special_at(std::string_view text) const {
    return std::find_if(special_.begin(), special_.end(), [&](const std::string& special) { return text.starts_with(special); });
  }

  std::vector<std::string> special_;
  std::vector<std::string> bytes_;
};

}  // namespace xrouter::chat_format
