// Whatever a header says, every tensor that is handed out lies within the file and has the bytes of its shape.
#include <cstdint>
#include <memory>
#include <string>

#include "xrouter/base/assert.hpp"
#include "xrouter/weights/safetensors.hpp"
#include "xrouter/weights/tensor_math.hpp"

using namespace xrouter::weights;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto owner = std::make_shared<const std::string>(reinterpret_cast<const char*>(data), size);
  const auto file =
      SafetensorsFile::read({.name = "fuzz", .bytes = std::as_bytes(std::span(owner->data(), owner->size())), .owner = owner});
  if (!file) {
    XROUTER_ASSERT(file.error().kind == xrouter::ErrorKind::config && !file.error().public_text.empty(), "a refusal has words");
    return 0;
  }
  std::uint64_t sum = 0;
  for (const auto& [name, entry] : file->entries()) {
    const auto tensor = file->tensor(name);
    if (!tensor) continue;
    XROUTER_ASSERT(values_of(tensor->shape).value() * bytes_of(tensor->dtype) == tensor->bytes.size(), "shape and bytes agree");
    for (const std::byte each : tensor->bytes) sum += static_cast<std::uint64_t>(each);
  }
  XROUTER_ASSERT(sum <= 255 * size, "no byte is handed out twice");
  return 0;
}
