// Quantised numbers of GGUF files as floating point. The float32 values are those of the gguf package, bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "xrouter/weights/gguf.hpp"

namespace xrouter::weights {

/// Values that are quantised together, and their bytes.
struct BlockShape {
  std::uint64_t values = 1;
  std::uint64_t bytes = 4;
};

/// Nothing for a type that is not read here.
std::optional<BlockShape> block_shape(std::uint32_t gguf_type);
/// Name of a GGUF type such as Q4_K, also of those that are not read; "type 99" for unknown ones.
std::string gguf_type_name(std::uint32_t gguf_type);
/// Whether values are kept as they are (F32, F16, BF16).
bool is_plain(GgufType type);

/// Preconditions: whole blocks, and room for their values.
void dequantise(GgufType type, std::span<const std::byte> blocks, std::span<float> out);
/// The same, rounded to bfloat16 (nearest, ties to even).
void dequantise_to_bf16(GgufType type, std::span<const std::byte> blocks, std::span<std::uint16_t> out);

/// All rows of a tensor rounded to bfloat16, on several threads when it is large. Row i of the result is row
/// source_row[i] of the tensor; empty: the same order. Preconditions: rows are whole blocks.
std::vector<std::uint16_t> dequantise_rows(GgufType type, std::span<const std::byte> blocks, std::uint64_t rows,
                                           std::span<const std::uint32_t> source_row = {});

}  // namespace xrouter::weights
