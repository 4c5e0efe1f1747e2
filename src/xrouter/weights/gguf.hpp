// The container format GGUF, versions 2 and 3: typed metadata, then tensors, many of them quantised.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/weights/file_bytes.hpp"

namespace xrouter::weights {

/// Numbers of the format for the kinds of metadata.
enum class GgufKind : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64 };

/// Numbers of the format for the kinds of tensors that are read here; others are known by number only.
enum class GgufType : std::uint32_t {
  f32 = 0,
  f16 = 1,
  q4_0 = 2,
  q4_1 = 3,
  q5_0 = 6,
  q5_1 = 7,
  q8_0 = 8,
  q4_k = 12,
  q5_k = 13,
  q6_k = 14,
  bf16 = 30
};

/// A value as it lies in the file. Arrays are decoded only when somebody asks for them.
struct GgufValue {
  GgufKind kind = GgufKind::u8;
  GgufKind item_kind = GgufKind::u8;  ///< of an array
  std::uint64_t items = 0;            ///< of an array
  std::span<const std::byte> bytes;   ///< of a string its text, of an array its items
};

struct GgufTensor {
  GgufType type = GgufType::f32;
  std::vector<std::int64_t> shape;  ///< slowest dimension first, as everybody but the file has it
  std::span<const std::byte> bytes;
};

/// Immutable and thread-safe.
class GgufFile {
 public:
  /// Errors: config, naming file, key or tensor, and reason.
  static Result<GgufFile> read(FileBytes file);

  const std::string& name() const { return file_.name; }
  const std::shared_ptr<const void>& owner() const { return file_.owner; }
  const std::map<std::string, GgufTensor, std::less<>>& tensors() const { return tensors_; }
  const std::map<std::string, GgufValue, std::less<>>& metadata() const { return metadata_; }

  // Metadata by key; nothing when the key is absent. Errors: config, for a value of another kind or out of range.
  Result<std::optional<std::int64_t>> integer(std::string_view key, std::int64_t min, std::int64_t max) const;
  Result<std::optional<double>> number(std::string_view key) const;
  Result<std::optional<bool>> boolean(std::string_view key) const;
  Result<std::optional<std::string>> string(std::string_view key) const;
  Result<std::optional<std::vector<std::string>>> strings(std::string_view key) const;
  Result<std::optional<std::vector<std::int64_t>>> integers(std::string_view key, std::int64_t min, std::int64_t max) const;

 private:
  const GgufValue* find(std::string_view key) const;
  tl::unexpected<Error> refuse_key(std::string_view key, std::string_view what) const;

  FileBytes file_;
  std::map<std::string, GgufTensor, std::less<>> tensors_;
  std::map<std::string, GgufValue, std::less<>> metadata_;
};

}  // namespace xrouter::weights
