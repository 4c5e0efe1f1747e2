// One safetensors file: a JSON header that says where each tensor lies, and the tensors.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/weights/file_bytes.hpp"
#include "xrouter/weights/model_files.hpp"

namespace xrouter::weights {

/// Where a tensor lies. Numbers of other types than DType's may stand in a file as long as nobody asks for them.
struct SafetensorsEntry {
  std::string dtype;  ///< as the file names it, such as BF16
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;  ///< bytes, counted from the end of the header
};

/// Immutable and thread-safe. The tensors fill the file without holes or overlaps: two readers of one file
/// cannot see different things, and nothing hides between the tensors.
class SafetensorsFile {
 public:
  /// Errors: config, naming file, tensor and reason.
  static Result<SafetensorsFile> read(FileBytes file);

  const std::string& name() const { return file_.name; }
  const std::map<std::string, SafetensorsEntry, std::less<>>& entries() const { return entries_; }
  const std::map<std::string, std::string, std::less<>>& metadata() const { return metadata_; }
  /// Errors: config, for a name that is absent or numbers that are not F32, F16 or BF16.
  Result<Tensor> tensor(std::string_view name) const;
  /// The same errors, without touching the numbers.
  Result<void> check_readable(std::string_view name) const;

 private:
  FileBytes file_;
  std::uint64_t data_begin_ = 0;
  std::map<std::string, SafetensorsEntry, std::less<>> entries_;
  std::map<std::string, std::string, std::less<>> metadata_;
};

/// The tensor itself when its bytes are aligned for its numbers, else an aligned copy.
Tensor aligned(Tensor tensor);

}  // namespace xrouter::weights
