// A config that is read is possible, and is read back from what the writer makes of it.
#include <cstdint>
#include <string_view>

#include "xrouter/base/assert.hpp"
#include "xrouter/weights/config_json.hpp"

using namespace xrouter::weights;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(read_generation_config(text, "fuzz"));
  static_cast<void>(read_tokenizer_config(text, "fuzz"));
  const auto config = read_config_json(text, "fuzz");
  if (!config) return 0;
  XROUTER_ASSERT(check(config->model).has_value(), "a config that was read is a possible one");
  const auto again = read_config_json(write_config_json(config->model, DType::bf16, config->end_tokens, std::nullopt), "again");
  XROUTER_ASSERT(again.has_value() && again->model == config->model && again->end_tokens == config->end_tokens,
                 "what was written says the same");
  return 0;
}
