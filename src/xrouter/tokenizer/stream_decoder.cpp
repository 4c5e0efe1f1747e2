#include "xrouter/tokenizer/tokenizer.hpp"
#include "xrouter/tokenizer/utf8.hpp"

namespace xrouter::tokenizer {

std::string StreamDecoder::add(TokenId id) {
  if (!skip_special_ || !tokenizer_.is_special(id)) held_ += tokenizer_.bytes_of(id);
  std::string text;
  held_.erase(0, append_valid(held_, true, text));
  return text;
}

std::string StreamDecoder::finish() {
  std::string text;
  append_valid(held_, false, text);
  held_.clear();
  return text;
}

}  // namespace xrouter::tokenizer
