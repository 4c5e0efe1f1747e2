#include "xrouter/trainer/model_data.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "xrouter/weights/sha256.hpp"

namespace xrouter::trainer {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> kBesideWeights{"config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
                                                         "chat_template.jinja"};

bool counts(const std::string& name, bool fresh) {
  if (std::find(kBesideWeights.begin(), kBesideWeights.end(), name) != kBesideWeights.end()) return true;
  return !fresh && (name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json"));
}

Result<DataFile> data_of(const std::string& name, const fs::path& file) {
  const auto hash = weights::sha256_of_file(file);
  if (!hash) return fail(hash.error());
  return DataFile{.name = name, .hash = "sha256:" + *hash};
}

}  // namespace

Result<std::vector<DataFile>> data_of_model(const fs::path& path, bool fresh) {
  std::error_code error;
  std::vector<DataFile> data;
  if (!fs::is_directory(path, error)) {
    auto file = data_of("model", path);
    if (!file) return fail(file.error());
    data.push_back(std::move(*file));
    return data;
  }
  std::vector<std::string> names;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (counts(name, fresh)) names.push_back(name);
  }
  if (error) return fail(ErrorKind::config, path.string() + ": cannot be read: " + error.message());
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    auto file = data_of("model " + name, path / name);
    if (!file) return fail(file.error());
    data.push_back(std::move(*file));
  }
  return data;
}

}  // namespace xrouter::trainer
