#include "xrouter/weights/dequantise.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <system_error>
#include <thread>

#include "xrouter/base/assert.hpp"
#include "xrouter/weights/float_bits.hpp"

namespace xrouter::weights {
namespace {

constexpr std::uint64_t kSmall = 32, kLarge = 256;  // values of a block: of the older types, of the K types

struct TypeRow {
  GgufType type;
  std::string_view name;
  BlockShape block;
};
constexpr std::array<TypeRow, 11> kTypes{{
    {GgufType::f32, "F32", {1, 4}},
    {GgufType::f16, "F16", {1, 2}},
    {GgufType::bf16, "BF16", {1, 2}},
    {GgufType::q4_0, "Q4_0", {kSmall, 18}},
    {GgufType::q4_1, "Q4_1", {kSmall, 20}},
    {GgufType::q5_0, "Q5_0", {kSmall, 22}},
    {GgufType::q5_1, "Q5_1", {kSmall, 24}},
    {GgufType::q8_0, "Q8_0", {kSmall, 34}},
    {GgufType::q4_k, "Q4_K", {kLarge, 144}},
    {GgufType::q5_k, "Q5_K", {kLarge, 176}},
    {GgufType::q6_k, "Q6_K", {kLarge, 210}},
}};

// Types that exist and are not read, so that the error can name them.
struct ForeignType {
  std::uint32_t number;
  std::string_view name;
};
constexpr std::array<ForeignType, 20> kForeign{{{9, "Q8_1"},    {10, "Q2_K"},    {11, "Q3_K"},  {15, "Q8_K"},   {16, "IQ2_XXS"},
                                                {17, "IQ2_XS"}, {18, "IQ3_XXS"}, {19, "IQ1_S"}, {20, "IQ4_NL"}, {21, "IQ3_S"},
                                                {22, "IQ2_S"},  {23, "IQ4_XS"},  {24, "I8"},    {25, "I16"},    {26, "I32"},
                                                {27, "I64"},    {28, "F64"},     {29, "IQ1_M"}, {34, "TQ1_0"},  {39, "MXFP4"}}};

using Byte = unsigned char;

float half_at(const Byte* bytes) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, bytes, sizeof bits);
  return f32_of_f16(bits);
}
float low(Byte two) { return static_cast<float>(two & 0x0F); }
float high(Byte two) { return static_cast<float>(two >> 4); }

// Each of these reads one block and writes its values, in the order of operations of the reference.

void block_q4_0(const Byte* in, float* out) {
  const float scale = half_at(in);
  for (std::size_t i = 0; i < 16; ++i) {
    out[i] = scale * (low(in[2 + i]) - 8.0F);
    out[16 + i] = scale * (high(in[2 + i]) - 8.0F);
  }
}

void block_q4_1(const Byte* in, float* out) {
  const float scale = half_at(in), least = half_at(in + 2);
  for (std::size_t i = 0; i < 16; ++i) {
    out[i] = scale * low(in[4 + i]) + least;
    out[16 + i] = scale * high(in[4 + i]) + least;
  }
}

// The fifth bits of 32 values, one bit each.
float fifth(std::uint32_t bits, std::size_t index) { return static_cast<float>(((bits >> index) & 1U) << 4); }

void block_q5_0(const Byte* in, float* out) {
  const float scale = half_at(in);
  std::uint32_t bits = 0;
  std::memcpy(&bits, in + 2, sizeof bits);
  for (std::size_t i = 0; i < 16; ++i) {
    out[i] = scale * (low(in[6 + i]) + fifth(bits, i) - 16.0F);
    out[16 + i] = scale * (high(in[6 + i]) + fifth(bits, 16 + i) - 16.0F);
  }
}

void block_q5_1(const Byte* in, float* out) {
  const float scale = half_at(in), least = half_at(in + 2);
  std::uint32_t bits = 0;
  std::memcpy(&bits, in + 4, sizeof bits);
  for (std::size_t i = 0; i < 16; ++i) {
    out[i] = scale * (low(in[8 + i]) + fifth(bits, i)) + least;
    out[16 + i] = scale * (high(in[8 + i]) + fifth(bits, 16 + i)) + least;
  }
}

void block_q8_0(const Byte* in, float* out) {
  const float scale = half_at(in);
  for (std::size_t i = 0; i < kSmall; ++i) out[i] = static_cast<float>(static_cast<signed char>(in[2 + i])) * scale;
}

struct ScaleAndLeast {
  float scale, least;
};

// Scale and offset of each 32 values of a K block: eight times two numbers of six bits in twelve bytes.
std::array<ScaleAndLeast, 8> sub_scales(const Byte* in) {
  const float scale = half_at(in), least = half_at(in + 2);
  const Byte* packed = in + 4;
  std::array<ScaleAndLeast, 8> out{};
  for (std::size_t i = 0; i < 4; ++i) {
    const int low_scale = packed[i], low_least = packed[4 + i], rest = packed[8 + i];
    out[i] = {scale * static_cast<float>(low_scale & 0x3F), least * static_cast<float>(low_least & 0x3F)};
    out[4 + i] = {scale * static_cast<float>((rest & 0x0F) | ((low_scale >> 2) & 0x30)),
                  least * static_cast<float>((rest >> 4) | ((low_least >> 2) & 0x30))};
  }
  return out;
}

void block_q4_k(const Byte* in, float* out) {
  const auto subs = sub_scales(in);
  const Byte* quants = in + 16;
  for (std::size_t pair = 0; pair < 4; ++pair, quants += 32, out += 64) {
    const ScaleAndLeast &first = subs[2 * pair], &second = subs[2 * pair + 1];
    for (std::size_t i = 0; i < 32; ++i) {
      out[i] = first.scale * low(quants[i]) - first.least;
      out[32 + i] = second.scale * high(quants[i]) - second.least;
    }
  }
}

void block_q5_k(const Byte* in, float* out) {
  const auto subs = sub_scales(in);
  const Byte* fifths = in + 16;
  const Byte* quants = in + 48;
  for (std::size_t pair = 0; pair < 4; ++pair, quants += 32, out += 64) {
    const ScaleAndLeast &first = subs[2 * pair], &second = subs[2 * pair + 1];
    for (std::size_t i = 0; i < 32; ++i) {
      out[i] = first.scale * (low(quants[i]) + fifth(fifths[i], 2 * pair)) - first.least;
      out[32 + i] = second.scale * (high(quants[i]) + fifth(fifths[i], 2 * pair + 1)) - second.least;
    }
  }
}

void block_q6_k(const Byte* in, float* out) {
  const float scale = half_at(in + 208);
  const auto* scales = reinterpret_cast<const signed char*>(in + 192);
  for (std::size_t half = 0; half < 2; ++half, out += 128) {
    const Byte* lows = in + 64 * half;         // four bits of 128 values
    const Byte* highs = in + 128 + 32 * half;  // the two bits above them
    for (std::size_t i = 0; i < 128; ++i) {
      const int four = i < 64 ? lows[i] & 0x0F : lows[i - 64] >> 4;
      const int two = (highs[i % 32] >> (2 * (i / 32))) & 3;
      const float sub = scale * static_cast<float>(scales[8 * half + i / 16]);
      out[i] = sub * static_cast<float>((four | (two << 4)) - 32);
    }
  }
}

using BlockReader = void (*)(const Byte*, float*);

BlockReader reader_of(GgufType type) {
  switch (type) {
    case GgufType::f32:
      return [](const Byte* in, float* out) { std::memcpy(out, in, sizeof *out); };
    case GgufType::f16:
      return [](const Byte* in, float* out) { *out = half_at(in); };
    case GgufType::bf16:
      return [](const Byte* in, float* out) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, in, sizeof bits);
        *out = f32_of_bf16(bits);
      };
    case GgufType::q4_0:
      return block_q4_0;
    case GgufType::q4_1:
      return block_q4_1;
    case GgufType::q5_0:
      return block_q5_0;
    case GgufType::q5_1:
      return block_q5_1;
    case GgufType::q8_0:
      return block_q8_0;
    case GgufType::q4_k:
      return block_q4_k;
    case GgufType::q5_k:
      return block_q5_k;
    case GgufType::q6_k:
      return block_q6_k;
  }
  XROUTER_ASSERT(false, "a GgufType is one of the enumerators: the reader of the file refuses others");
  return nullptr;
}

BlockShape shape_of(GgufType type) { return *block_shape(static_cast<std::uint32_t>(type)); }

constexpr std::uint64_t kValuesPerThread = 1U << 18;  // below it a thread costs more than it saves

}  // namespace

std::optional<BlockShape> block_shape(std::uint32_t gguf_type) {
  for (const TypeRow& row : kTypes)
    if (static_cast<std::uint32_t>(row.type) == gguf_type) return row.block;
  return std::nullopt;
}

std::string gguf_type_name(std::uint32_t gguf_type) {
  for (const TypeRow& row : kTypes)
    if (static_cast<std::uint32_t>(row.type) == gguf_type) return std::string(row.name);
  for (const ForeignType& row : kForeign)
    if (row.number == gguf_type) return std::string(row.name);
  return "number " + std::to_string(gguf_type);
}

bool is_plain(GgufType type) { return shape_of(type).values == 1; }

void dequantise(GgufType type, std::span<const std::byte> blocks, std::span<float> out) {
  const BlockShape shape = shape_of(type);
  XROUTER_ASSERT(blocks.size() % shape.bytes == 0 && out.size() == blocks.size() / shape.bytes * shape.values,
                 "whole blocks and room for them");
  const BlockReader read = reader_of(type);
  const auto* in = reinterpret_cast<const Byte*>(blocks.data());
  for (float* to = out.data(); to != out.data() + out.size(); to += shape.values, in += shape.bytes) read(in, to);
}

void dequantise_to_bf16(GgufType type, std::span<const std::byte> blocks, std::span<std::uint16_t> out) {
  const BlockShape shape = shape_of(type);
  XROUTER_ASSERT(blocks.size() % shape.bytes == 0 && out.size() == blocks.size() / shape.bytes * shape.values,
                 "whole blocks and room for them");
  const BlockReader read = reader_of(type);
  const auto* in = reinterpret_cast<const Byte*>(blocks.data());
  std::array<float, kLarge> values{};
  for (std::uint16_t* to = out.data(); to != out.data() + out.size(); to += shape.values, in += shape.bytes) {
    read(in, values.data());
    for (std::uint64_t i = 0; i < shape.values; ++i) to[i] = bf16_of_f32(values[i]);
  }
}

std::vector<std::uint16_t> dequantise_rows(GgufType type, std::span<const std::byte> blocks, std::uint64_t rows,
                                           std::span<const std::uint32_t> source_row) {
  const BlockShape shape = shape_of(type);
  const std::uint64_t row_bytes = blocks.size() / rows;
  const std::uint64_t row_values = row_bytes / shape.bytes * shape.values;
  std::vector<std::uint16_t> out(rows * row_values);
  const auto convert = [&](std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t row = begin; row < end; ++row) {
      const std::uint64_t source = source_row.empty() ? row : source_row[row];
      dequantise_to_bf16(type, blocks.subspan(source * row_bytes, row_bytes), std::span(out).subspan(row * row_values, row_values));
    }
  };
  const std::uint64_t cores = std::max(1U, std::thread::hardware_concurrency());
  const std::uint64_t parts = std::clamp<std::uint64_t>(out.size() / kValuesPerThread, 1, std::min(cores, rows));
  std::vector<std::jthread> helpers;
  std::uint64_t begun = 1;
  try {
    for (; begun < parts; ++begun) helpers.emplace_back(convert, rows * begun / parts, rows * (begun + 1) / parts);
  } catch (const std::system_error&) {
    convert(rows * begun / parts, rows);  // no more threads are to be had
  }
  convert(0, rows / parts);
  helpers.clear();
  return out;
}

}  // namespace xrouter::weights
