#include "xrouter/weights/safetensors.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <cstring>
#include <optional>
#include <utility>

#include "xrouter/weights/refusal.hpp"
#include "xrouter/weights/strict_json.hpp"
#include "xrouter/weights/tensor_math.hpp"

namespace xrouter::weights {
namespace {

namespace bj = boost::json;

// The header of a model with 10,000 tensors has 1 MB. Parsed JSON takes up to twelve times its text in memory.
constexpr std::uint64_t kMaxHeaderBytes = 25'000'000;
constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kHeaderDepth = 3;  // document, tensor, shape
constexpr std::size_t kMaxTensors = 1'000'000;
constexpr std::string_view kMetadata = "__metadata__";

// Bytes of one number. Types of fewer than 8 bits (F4 and its kin) belong to quantised checkpoints.
constexpr std::array<std::pair<std::string_view, std::uint64_t>, 15> kNumbers{{{"F32", 4},
                                                                               {"F16", 2},
                                                                               {"BF16", 2},
                                                                               {"F64", 8},
                                                                               {"I64", 8},
                                                                               {"U64", 8},
                                                                               {"I32", 4},
                                                                               {"U32", 4},
                                                                               {"I16", 2},
                                                                               {"U16", 2},
                                                                               {"I8", 1},
                                                                               {"U8", 1},
                                                                               {"BOOL", 1},
                                                                               {"F8_E4M3", 1},
                                                                               {"F8_E5M2", 1}}};

std::optional<std::uint64_t> number_bytes(std::string_view dtype) {
  for (const auto& [name, bytes] : kNumbers)
    if (name == dtype) return bytes;
  return std::nullopt;
}

std::optional<DType> dtype_of(std::string_view name) {
  if (name == "F32") return DType::f32;
  if (name == "F16") return DType::f16;
  if (name == "BF16") return DType::bf16;
  return std::nullopt;
}

// A whole number that was written as one; 1.0 and 1e3 are not.
std::optional<std::uint64_t> whole(const bj::value& value) {
  if (const auto* number = value.if_int64(); number && *number >= 0) return static_cast<std::uint64_t>(*number);
  if (const auto* number = value.if_uint64()) return *number;
  return std::nullopt;
}

// What is wrong with the entry, or nothing.
std::optional<std::string> read_entry(const bj::value& value, SafetensorsEntry& entry) {
  const bj::object* object = value.if_object();
  if (!object) return "must be described by an object";
  for (const auto& member : *object)
    if (member.key() != "dtype" && member.key() != "shape" && member.key() != "data_offsets")
      return "has the unknown member '" + shown({member.key().data(), member.key().size()}) + "'";
  const bj::value* dtype = object->if_contains("dtype");
  const bj::value* shape = object->if_contains("shape");
  const bj::value* offsets = object->if_contains("data_offsets");
  if (!dtype || !dtype->is_string()) return "has no 'dtype'";
  if (!shape || !shape->is_array()) return "has no 'shape'";
  if (!offsets || !offsets->is_array() || offsets->get_array().size() != 2) return "needs two 'data_offsets'";
  entry.dtype.assign(dtype->get_string().data(), dtype->get_string().size());
  const auto size = number_bytes(entry.dtype);
  if (!size) return "has numbers of the unknown type '" + shown(entry.dtype) + "'";
  if (shape->get_array().size() > kMaxDimensions) return "has " + std::to_string(shape->get_array().size()) + " dimensions";
  for (const bj::value& dimension : shape->get_array()) {
    const auto length = whole(dimension);
    if (!length || *length > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return "has a dimension that is no length";
    entry.shape.push_back(static_cast<std::int64_t>(*length));
  }
  const auto begin = whole(offsets->get_array()[0]), end = whole(offsets->get_array()[1]);
  if (!begin || !end || *begin > *end) return "has offsets that are no range";
  entry.begin = *begin;
  entry.end = *end;
  const auto values = values_of(entry.shape);
  const auto bytes = values ? product(*values, *size) : std::nullopt;
  if (!bytes) return "of shape " + shape_text(entry.shape) + " is larger than any file";
  if (*bytes != entry.end - entry.begin)
    return "of type " + entry.dtype + " and shape " + shape_text(entry.shape) + " needs " + std::to_string(*bytes) +
           " bytes, its offsets span " + std::to_string(entry.end - entry.begin);
  return std::nullopt;
}

}  // namespace

Result<SafetensorsFile> SafetensorsFile::read(FileBytes file) {
  SafetensorsFile out;
  out.file_ = std::move(file);
  const std::string& name = out.file_.name;
  const std::span<const std::byte> bytes = out.file_.bytes;
  if (bytes.size() < kLengthBytes) return refuse(name, "is too short for a safetensors file");
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, bytes.data(), kLengthBytes);
  if (header_bytes > kMaxHeaderBytes)
    return refuse(name, "claims a header of " + std::to_string(header_bytes) + " bytes: no safetensors file, or a damaged one");
  if (header_bytes > bytes.size() - kLengthBytes)
    return refuse(name,
                  "ends inside its header (" + std::to_string(header_bytes) + " bytes of " + std::to_string(bytes.size()) + "): cut off?");
  out.data_begin_ = kLengthBytes + header_bytes;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, header_bytes);
  if (text.empty() || text.front() != '{') return refuse(name, "has a header that does not begin with '{'");
  const auto header = parse_strict(text, name, {.max_bytes = kMaxHeaderBytes, .max_depth = kHeaderDepth});
  if (!header) return fail(header.error());

  for (const auto& member : header->get_object()) {
    const std::string key(member.key().data(), member.key().size());
    if (key == kMetadata) {
      const bj::object* metadata = member.value().if_object();
      if (!metadata) return refuse(name, "has a __metadata__ that is no object");
      for (const auto& each : *metadata) {
        if (!each.value().is_string()) return refuse(name, "has metadata that is no text");
        out.metadata_.emplace(std::string(each.key()), std::string(each.value().get_string()));
      }
      continue;
    }
    SafetensorsEntry entry;
    if (const auto problem = read_entry(member.value(), entry)) return refuse_tensor(name, key, *problem);
    out.entries_.emplace(key, std::move(entry));
    if (out.entries_.size() > kMaxTensors) return refuse(name, "has more than " + std::to_string(kMaxTensors) + " tensors");
  }

  // Tensors without values take no room and may share an offset with the next one.
  std::vector<const std::pair<const std::string, SafetensorsEntry>*> order;
  for (const auto& each : out.entries_) order.push_back(&each);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end);
  });
  const std::uint64_t data_bytes = bytes.size() - out.data_begin_;
  std::uint64_t covered = 0;
  for (const auto* each : order) {
    const auto& [key, entry] = *each;
    if (entry.end > data_bytes)
      return refuse_tensor(
          name, key,
          "ends at byte " + std::to_string(entry.end) + " of " + std::to_string(data_bytes) + ": the file is cut off or damaged");
    if (entry.begin < covered) return refuse_tensor(name, key, "overlaps the tensor before it");
    if (entry.begin > covered)
      return refuse_tensor(name, key, "leaves a hole of " + std::to_string(entry.begin - covered) + " bytes before it");
    covered = entry.end;
  }
  if (covered != data_bytes) return refuse(name, "has " + std::to_string(data_bytes - covered) + " bytes behind its last tensor");
  return out;
}

Result<void> SafetensorsFile::check_readable(std::string_view name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return refuse_tensor(file_.name, name, "is missing");
  if (dtype_of(found->second.dtype)) return {};
  return refuse_tensor(file_.name, name,
                       "has numbers of type " + found->second.dtype + "; F32, F16 and BF16 are read (quantised checkpoints are not)");
}

Result<Tensor> SafetensorsFile::tensor(std::string_view name) const {
  if (auto readable = check_readable(name); !readable) return fail(readable.error());
  const SafetensorsEntry& entry = entries_.find(name)->second;
  Tensor out{.dtype = *dtype_of(entry.dtype),
             .shape = entry.shape,
             .bytes = file_.bytes.subspan(data_begin_ + entry.begin, entry.end - entry.begin),
             .owner = file_.owner};
  return aligned(std::move(out));
}

Tensor aligned(Tensor tensor) {
  if (reinterpret_cast<std::uintptr_t>(tensor.bytes.data()) % bytes_of(tensor.dtype) == 0) return tensor;
  const auto copy = std::make_shared<std::vector<std::byte>>(tensor.bytes.begin(), tensor.bytes.end());
  tensor.bytes = *copy;
  tensor.owner = copy;
  return tensor;
}

}  // namespace xrouter::weights
