// The safetensors files of a folder as one set of tensors.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/weights/safetensors.hpp"

namespace xrouter::weights {

/// Immutable and thread-safe after open().
class Shards {
 public:
  /// model.safetensors.index.json and the files that it names, or model.safetensors, or the only *.safetensors file.
  /// Errors: config.
  static Result<Shards> open(const std::filesystem::path& folder);

  Result<Tensor> tensor(const std::string& name) const;
  std::vector<std::string> names() const;
  std::optional<std::vector<std::int64_t>> shape_of(const std::string& name) const;
  /// Error for numbers that tensor() would refuse.
  Result<void> check_readable(const std::string& name) const;

 private:
  Result<void> add_file(const std::filesystem::path& path);
  Result<void> add_indexed(const std::filesystem::path& folder, const std::filesystem::path& index);

  std::string folder_;
  std::vector<std::shared_ptr<const SafetensorsFile>> files_;
  std::map<std::string, const SafetensorsFile*, std::less<>> where_;
};

}  // namespace xrouter::weights
