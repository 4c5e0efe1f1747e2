#include "xrouter/weights/gguf.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "xrouter/weights/byte_cursor.hpp"
#include "xrouter/weights/dequantise.hpp"
#include "xrouter/weights/refusal.hpp"
#include "xrouter/weights/tensor_math.hpp"

namespace xrouter::weights {
namespace {

constexpr std::uint64_t kMaxKeys = 65'536;
constexpr std::uint64_t kMaxTensors = 1'000'000;
constexpr std::uint64_t kMaxKeyBytes = 65'535;  // the format's own limit
constexpr std::uint64_t kMaxNameBytes = 255;    // the format says 64; larger ones occur
constexpr std::uint32_t kMaxDims = 4;
constexpr std::uint64_t kUsualAlignment = 32, kMaxAlignment = 1U << 20;
constexpr int kMaxArrayDepth = 4;
constexpr std::uint64_t kMaxItems = 4'000'000;  // of a list that is decoded: the largest vocabularies have 300,000
constexpr auto kLargestInteger = std::numeric_limits<std::int64_t>::max();

constexpr auto kKinds = static_cast<std::uint32_t>(GgufKind::f64) + 1;
// Bytes of a value; 0 for those with a length of their own.
constexpr std::array<std::uint64_t, kKinds> kKindBytes{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
// The fewest bytes of one item of an array: what bounds the claimed number of items.
constexpr std::array<std::uint64_t, kKinds> kLeastBytes{1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};

bool is_kind(std::uint32_t kind) { return kind < kKinds; }
std::uint64_t at(const std::array<std::uint64_t, kKinds>& table, GgufKind kind) { return table[static_cast<std::uint32_t>(kind)]; }

const char* const kCutOff = "is cut off";

// Moves behind a value and describes it. What is wrong with it, or nullptr.
const char* read_value(ByteCursor& in, GgufKind kind, std::span<const std::byte> file, GgufValue& out, int depth) {
  out.kind = kind;
  if (const std::uint64_t size = at(kKindBytes, kind); size > 0) {
    const auto bytes = in.take(size);
    if (!bytes) return kCutOff;
    out.bytes = *bytes;
    return nullptr;
  }
  if (kind == GgufKind::string) {
    const auto text = in.text();
    if (!text) return "holds a text that is longer than the file";
    out.bytes = std::as_bytes(std::span(text->data(), text->size()));
    return nullptr;
  }
  if (depth >= kMaxArrayDepth) return "holds arrays nested too deeply";
  const auto item_kind = in.number<std::uint32_t>();
  const auto items = in.number<std::uint64_t>();
  if (!item_kind || !items) return kCutOff;
  if (!is_kind(*item_kind)) return "holds an array of an unknown type";
  out.item_kind = static_cast<GgufKind>(*item_kind);
  out.items = *items;
  if (*items > in.left() / at(kLeastBytes, out.item_kind)) return "holds an array that is longer than the file";
  const std::size_t begin = in.position();
  if (const std::uint64_t size = at(kKindBytes, out.item_kind); size > 0) {
    if (!in.take(*items * size)) return kCutOff;
  } else {
    GgufValue ignored;
    for (std::uint64_t i = 0; i < *items; ++i)
      if (const char* problem = read_value(in, out.item_kind, file, ignored, depth + 1)) return problem;
  }
  out.bytes = file.subspan(begin, in.position() - begin);
  return nullptr;
}

template <class Number>
Number load(std::span<const std::byte> bytes) {
  return *ByteCursor(bytes).number<Number>();
}

// Any whole number of any width; nothing for other kinds and for what does not fit into 63 bits.
std::optional<std::int64_t> integer_of(GgufKind kind, std::span<const std::byte> bytes) {
  switch (kind) {
    case GgufKind::u8:
      return load<std::uint8_t>(bytes);
    case GgufKind::i8:
      return load<std::int8_t>(bytes);
    case GgufKind::u16:
      return load<std::uint16_t>(bytes);
    case GgufKind::i16:
      return load<std::int16_t>(bytes);
    case GgufKind::u32:
      return load<std::uint32_t>(bytes);
    case GgufKind::i32:
      return load<std::int32_t>(bytes);
    case GgufKind::i64:
      return load<std::int64_t>(bytes);
    case GgufKind::u64: {
      const auto number = load<std::uint64_t>(bytes);
      if (number <= static_cast<std::uint64_t>(kLargestInteger)) return static_cast<std::int64_t>(number);
      return std::nullopt;
    }
    case GgufKind::f32:
    case GgufKind::boolean:
    case GgufKind::string:
    case GgufKind::array:
    case GgufKind::f64:
      return std::nullopt;
  }
  return std::nullopt;
}

struct TensorInfo {
  std::string name;
  GgufTensor tensor;
  std::uint64_t offset = 0, size = 0;
};

// What is wrong with the description, or nothing. The name is set first, for the error.
std::optional<std::string> read_info(ByteCursor& in, TensorInfo& out) {
  const auto name = in.text();
  if (!name || name->size() > kMaxNameBytes) return "has no readable name";
  out.name = *name;
  const auto dims = in.number<std::uint32_t>();
  if (!dims) return "is cut off";
  if (*dims == 0 || *dims > kMaxDims) return "has " + std::to_string(*dims) + " dimensions";
  for (std::uint32_t i = 0; i < *dims; ++i) {
    const auto length = in.number<std::uint64_t>();
    if (!length) return "is cut off";
    if (*length == 0 || *length > static_cast<std::uint64_t>(kLargestInteger)) return "has a dimension that is no length";
    out.tensor.shape.insert(out.tensor.shape.begin(), static_cast<std::int64_t>(*length));
  }
  const auto type = in.number<std::uint32_t>();
  const auto offset = in.number<std::uint64_t>();
  if (!type || !offset) return "is cut off";
  const auto block = block_shape(*type);
  if (!block)
    return "is of type " + gguf_type_name(*type) +
           ", which is not read (F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K are)";
  out.tensor.type = static_cast<GgufType>(*type);
  const auto row = static_cast<std::uint64_t>(out.tensor.shape.back());
  if (row % block->values != 0)
    return "has rows of " + std::to_string(row) + " values, which are no whole blocks of " + std::to_string(block->values);
  const auto values = values_of(out.tensor.shape);
  const auto size = values ? product(*values / block->values, block->bytes) : std::nullopt;
  if (!size) return "of shape " + shape_text(out.tensor.shape) + " is larger than any file";
  out.offset = *offset;
  out.size = *size;
  return std::nullopt;
}

}  // namespace

Result<GgufFile> GgufFile::read(FileBytes file) {
  GgufFile out;
  out.file_ = std::move(file);
  const std::string& name = out.file_.name;
  const std::span<const std::byte> bytes = out.file_.bytes;
  ByteCursor in(bytes);
  const auto magic = in.take(4);
  if (!magic || std::string_view(reinterpret_cast<const char*>(magic->data()), 4) != "GGUF") return refuse(name, "is no GGUF file");
  const auto version = in.number<std::uint32_t>();
  if (version && *version != 0 && (*version & 0xFFFFU) == 0) return refuse(name, "is a big-endian GGUF file, which is not read");
  if (version && (*version < 2 || *version > 3)) return refuse(name, "is GGUF version " + std::to_string(*version) + "; 2 and 3 are read");
  const auto tensors = in.number<std::uint64_t>();
  const auto keys = in.number<std::uint64_t>();
  if (!version || !tensors || !keys) return refuse(name, "ends inside its header");
  if (*keys > kMaxKeys) return refuse(name, "claims " + std::to_string(*keys) + " metadata entries");
  if (*tensors > kMaxTensors) return refuse(name, "claims " + std::to_string(*tensors) + " tensors");

  for (std::uint64_t i = 0; i < *keys; ++i) {
    const auto key = in.text();
    if (!key || key->size() > kMaxKeyBytes) return refuse(name, "metadata entry " + std::to_string(i) + " has no readable key: cut off?");
    const auto kind = in.number<std::uint32_t>();
    if (!kind) return out.refuse_key(*key, kCutOff);
    if (!is_kind(*kind)) return out.refuse_key(*key, "is of an unknown type");
    GgufValue value;
    if (const char* problem = read_value(in, static_cast<GgufKind>(*kind), bytes, value, 0)) return out.refuse_key(*key, problem);
    if (!out.metadata_.emplace(*key, value).second) return out.refuse_key(*key, "stands there twice");
  }
  const auto alignment = out.integer("general.alignment", 1, static_cast<std::int64_t>(kMaxAlignment));
  if (!alignment) return fail(alignment.error());
  const auto align = static_cast<std::uint64_t>(alignment->value_or(kUsualAlignment));
  if ((align & (align - 1)) != 0) return out.refuse_key("general.alignment", "is no power of two");

  std::vector<TensorInfo> infos;
  for (std::uint64_t i = 0; i < *tensors; ++i) {
    TensorInfo info;
    if (const auto problem = read_info(in, info))
      return refuse_tensor(name, info.name.empty() ? "number " + std::to_string(i) : info.name, *problem);
    if (info.offset % align != 0) return refuse_tensor(name, info.name, "is not aligned to " + std::to_string(align) + " bytes");
    infos.push_back(std::move(info));
  }
  const std::uint64_t data_begin = (in.position() + align - 1) / align * align;
  const std::uint64_t data_bytes = data_begin <= bytes.size() ? bytes.size() - data_begin : 0;
  std::sort(infos.begin(), infos.end(), [](const TensorInfo& a, const TensorInfo& b) { return a.offset < b.offset; });
  std::uint64_t covered = 0;
  for (TensorInfo& info : infos) {
    if (info.offset > data_bytes || info.size > data_bytes - info.offset)
      return refuse_tensor(name, info.name,
                           "needs " + std::to_string(info.size) + " bytes at " + std::to_string(info.offset) + ", the file has " +
                               std::to_string(data_bytes) + ": cut off?");
    if (info.offset < covered) return refuse_tensor(name, info.name, "overlaps the tensor before it");
    covered = info.offset + info.size;
    info.tensor.bytes = bytes.subspan(static_cast<std::size_t>(data_begin + info.offset), static_cast<std::size_t>(info.size));
    if (!out.tensors_.emplace(info.name, std::move(info.tensor)).second) return refuse_tensor(name, info.name, "stands there twice");
  }
  return out;
}

const GgufValue* GgufFile::find(std::string_view key) const {
  const auto found = metadata_.find(key);
  return found == metadata_.end() ? nullptr : &found->second;
}

tl::unexpected<Error> GgufFile::refuse_key(std::string_view key, std::string_view what) const {
  return refuse(file_.name, "metadata '" + shown(key) + "' " + std::string(what));
}

Result<std::optional<std::int64_t>> GgufFile::integer(std::string_view key, std::int64_t min, std::int64_t max) const {
  const GgufValue* value = find(key);
  if (!value) return std::optional<std::int64_t>();
  const auto number = integer_of(value->kind, value->bytes);
  if (!number || *number < min || *number > max)
    return refuse_key(key, "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  return number;
}

Result<std::optional<double>> GgufFile::number(std::string_view key) const {
  const GgufValue* value = find(key);
  if (!value) return std::optional<double>();
  std::optional<double> number;
  if (value->kind == GgufKind::f32) number = load<float>(value->bytes);
  if (value->kind == GgufKind::f64) number = load<double>(value->bytes);
  if (const auto whole = integer_of(value->kind, value->bytes)) number = static_cast<double>(*whole);
  if (!number || !std::isfinite(*number)) return refuse_key(key, "must be a number");
  return number;
}

Result<std::optional<bool>> GgufFile::boolean(std::string_view key) const {
  const GgufValue* value = find(key);
  if (!value) return std::optional<bool>();
  if (value->kind != GgufKind::boolean) return refuse_key(key, "must be true or false");
  return std::optional<bool>(value->bytes[0] != std::byte{0});
}

Result<std::optional<std::string>> GgufFile::string(std::string_view key) const {
  const GgufValue* value = find(key);
  if (!value) return std::optional<std::string>();
  if (value->kind != GgufKind::string) return refuse_key(key, "must be a text");
  return std::optional<std::string>(std::in_place, reinterpret_cast<const char*>(value->bytes.data()), value->bytes.size());
}

Result<std::optional<std::vector<std::string>>> GgufFile::strings(std::string_view key) const {
  const GgufValue* value = find(key);
  if (!value) return std::optional<std::vector<std::string>>();
  if (value->kind != GgufKind::array || value->item_kind != GgufKind::string) return refuse_key(key, "must be a list of texts");
  if (value->items > kMaxItems) return refuse_key(key, "has " + std::to_string(value->items) + " items");
  std::vector<std::string> out;
  out.reserve(value->items);
  ByteCursor in(value->bytes);
  for (std::uint64_t i = 0; i < value->items; ++i) out.emplace_back(*in.text());
  return std::optional(std::move(out));
}

Result<std::optional<std::vector<std::int64_t>>> GgufFile::integers(std::string_view key, std::int64_t min, std::int64_t max) const {
  const GgufValue* value = find(key);
  if (!value) return std::optional<std::vector<std::int64_t>>();
  const std::uint64_t size = value->kind == GgufKind::array ? at(kKindBytes, value->item_kind) : 0;
  if (value->items > kMaxItems) return refuse_key(key, "has " + std::to_string(value->items) + " items");
  std::vector<std::int64_t> out;
  for (std::uint64_t i = 0; size > 0 && i < value->items; ++i) {
    const auto number =
        integer_of(value->item_kind, value->bytes.subspan(static_cast<std::size_t>(i * size), static_cast<std::size_t>(size)));
    if (!number || *number < min || *number > max) break;
    out.push_back(*number);
  }
  if (size == 0 || out.size() != value->items)
    return refuse_key(key, "must be a list of whole numbers from " + std::to_string(min) + " to " + std::to_string(max));
  return std::optional(std::move(out));
}

}  // namespace xrouter::weights
