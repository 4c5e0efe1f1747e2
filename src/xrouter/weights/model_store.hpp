// Models by name: which ones there are to obtain, and where they lie on this machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "xrouter/base/result.hpp"

namespace xrouter::weights {

/// A model that a Python package carries as one of its files.
struct PublishedModel {
  std::string name;  ///< what people type, such as smollm2-135m
  std::string description;
  std::string package, version;
  std::string member;       ///< the file's path inside the package
  std::string sha256;       ///< of that file, 64 lower-case hex digits
  std::uint64_t bytes = 0;  ///< of that file
  std::string licence;      ///< of the model
};

/// Where the list of published models lies in the data folder.
std::filesystem::path model_list_path(const std::string& data_dir);
/// Error: config, naming file and field.
Result<std::vector<PublishedModel>> read_model_list(const std::filesystem::path& path);

/// Variables of the process by name; nothing when missing or empty.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// XROUTER_MODELS_DIR, else xrouter/models in XDG_CACHE_HOME or ~/.cache. Error: config when none of them is set.
Result<std::filesystem::path> model_cache(const Environment& environment);
/// The model's file below such a folder, whether it is there or not.
std::filesystem::path path_in(const std::filesystem::path& cache, const PublishedModel& model);
/// True when a file of the right size lies there. Its hash was checked when it was put there.
bool is_cached(const std::filesystem::path& cache, const PublishedModel& model);

/// What open_model() takes, of the name of a published model or of one that the data folder ships with weights
/// (models/NAME), or the path of a folder or file. A name wins over a folder of the working directory that is called the
/// same; "./name" is always the path. Errors: config, saying how to obtain
/// a model that is not on this machine.
Result<std::filesystem::path> resolve_model(const std::string& name_or_path, const std::string& data_dir, const Environment& environment);

}  // namespace xrouter::weights
