// Any bytes are encoded; decoding gives the text back, at once and token by token. The vocabulary has all bytes.
#include <cstdint>
#include <string>
#include <string_view>

#include "xrouter/base/assert.hpp"
#include "xrouter/tokenizer/tokenizer.hpp"
#include "xrouter/tokenizer/utf8.hpp"

using namespace xrouter;
using tokenizer::SpecialTokens;
using tokenizer::Tokenizer;

namespace {

std::string letter_of(unsigned byte, unsigned& next) {
  const bool visible = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
  std::string letter;
  tokenizer::append_utf8(visible ? byte : next++, letter);
  return letter;
}

std::shared_ptr<const Tokenizer> made() {
  tokenizer::Vocabulary vocabulary{.tokens = {}, .merges = {}, .types = {}, .pre_tokenizer = "llama-bpe"};
  unsigned next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) vocabulary.tokens.push_back(letter_of(byte, next));
  for (const auto& [left, right] :
       {std::pair("e", "e"), {"t", "h"}, {"th", "ee"}, {"\xC4\xA0", "th"}, {"<", "|"}, {"<|", "x"}, {"\xC3\xA3", "\xC4\xA2"}, {"1", "2"}}) {
    vocabulary.tokens.push_back(std::string(left) + right);
    vocabulary.merges.push_back(std::string(left) + " " + right);
  }
  vocabulary.types.assign(vocabulary.tokens.size(), 1);
  for (const auto& [text, type] : {std::pair("<|im_start|>", 3), {"<|im_", 4}, {"<|im_end|>", 3}, {"the", 3}}) {
    vocabulary.tokens.emplace_back(text);
    vocabulary.types.push_back(type);
  }
  return Tokenizer::from_vocabulary(std::move(vocabulary)).value();
}

std::string streamed(const Tokenizer& tokenizer, const std::vector<tokenizer::TokenId>& ids) {
  tokenizer::StreamDecoder stream(tokenizer, false);
  std::string text;
  for (const tokenizer::TokenId id : ids) text += stream.add(id);
  return text + stream.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::shared_ptr<const Tokenizer> tokenizer = made();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string valid;
  tokenizer::append_valid(text, false, valid);
  for (const SpecialTokens special : {SpecialTokens::parse, SpecialTokens::as_text}) {
    const auto ids = tokenizer->encode(text, special);
    XROUTER_ASSERT(tokenizer->decode(ids) == valid, "decoding gives the text back");
    XROUTER_ASSERT(streamed(*tokenizer, ids) == valid, "a stream reads as the whole");
    for (const auto id : ids) XROUTER_ASSERT(special == SpecialTokens::parse || !tokenizer->is_special(id), "text has no special token");
  }
  return 0;
}
