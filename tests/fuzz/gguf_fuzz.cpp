// Whatever a file says, reading it ends, stays inside it and allocates in proportion to it.
#include <cstdint>
#include <memory>
#include <string>

#include "xrouter/base/assert.hpp"
#include "xrouter/weights/dequantise.hpp"
#include "xrouter/weights/gguf.hpp"
#include "xrouter/weights/gguf_model.hpp"
#include "xrouter/weights/opened_model.hpp"
#include "xrouter/weights/tensor_math.hpp"

using namespace xrouter::weights;

namespace {

void read_tensors(const GgufFile& file) {
  for (const auto& [name, tensor] : file.tensors()) {
    const auto rows = values_of(tensor.shape).value() / static_cast<std::uint64_t>(tensor.shape.back());
    const auto values = dequantise_rows(tensor.type, tensor.bytes, rows);
    XROUTER_ASSERT(values.size() == values_of(tensor.shape).value(), "every value has its number");
  }
}

void read_metadata(const GgufFile& file) {
  for (const auto& [key, value] : file.metadata()) {
    static_cast<void>(file.string(key));
    static_cast<void>(file.strings(key));
    static_cast<void>(file.integers(key, -1000, 1000));
    static_cast<void>(file.number(key));
    static_cast<void>(file.boolean(key));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto owner = std::make_shared<const std::string>(reinterpret_cast<const char*>(data), size);
  const FileBytes bytes{.name = "fuzz", .bytes = std::as_bytes(std::span(owner->data(), owner->size())), .owner = owner};
  const auto file = GgufFile::read(bytes);
  if (!file) return 0;
  read_tensors(*file);
  read_metadata(*file);
  const auto config = read_gguf_config(*file);
  if (config) XROUTER_ASSERT(check(*config).has_value(), "a config that was read is a possible one");
  const auto model = open_gguf(bytes);
  if (!model) return 0;
  for (const std::string& name : (*model)->tensor_names())
    XROUTER_ASSERT((*model)->tensor(name).has_value(), "a tensor that is named is there");
  return 0;
}
