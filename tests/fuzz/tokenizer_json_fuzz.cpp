// A tokenizer.json is loaded or refused; one that is loaded takes any text.
#include <cstdint>
#include <string_view>

#include "xrouter/base/assert.hpp"
#include "xrouter/tokenizer/tokenizer.hpp"

using namespace xrouter;
using tokenizer::SpecialTokens;
using tokenizer::Tokenizer;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto made = Tokenizer::from_json(text);
  if (!made) {
    XROUTER_ASSERT(made.error().kind == ErrorKind::config && !made.error().public_text.empty(), "a refusal says why");
    return 0;
  }
  // The file itself is as good a text as any.
  for (const SpecialTokens special : {SpecialTokens::parse, SpecialTokens::as_text}) {
    for (const tokenizer::TokenId id : (*made)->encode(text.substr(0, 4096), special))
      XROUTER_ASSERT(id >= 0 && static_cast<std::size_t>(id) < (*made)->size(), "ids are of the vocabulary");
  }
  return 0;
}
