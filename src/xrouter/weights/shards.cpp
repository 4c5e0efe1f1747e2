#include "xrouter/weights/shards.hpp"

#include <boost/json/object.hpp>
#include <system_error>

#include "xrouter/weights/refusal.hpp"
#include "xrouter/weights/strict_json.hpp"

namespace xrouter::weights {
namespace {

namespace bj = boost::json;
namespace fs = std::filesystem;

constexpr json::ParseLimits kIndexLimits{.max_bytes = std::size_t{25} << 20, .max_depth = 8};
constexpr std::size_t kMaxFiles = 1'000;
constexpr std::size_t kMaxListed = 10'000;

// An index may name files of its own folder only.
bool is_plain_name(std::string_view name) {
  return name.ends_with(".safetensors") && name.find('/') == name.npos && name.find('\0') == name.npos;
}

Result<std::vector<fs::path>> safetensors_files(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code error;
  std::size_t seen = 0;
  for (fs::directory_iterator each(folder, error), end; !error && each != end; each.increment(error)) {
    if (++seen > kMaxListed) return refuse(folder.string(), "holds more than " + std::to_string(kMaxListed) + " files");
    const fs::path& path = each->path();
    if (path.extension() == ".safetensors" && path.filename() != "adapter_model.safetensors") out.push_back(path);
  }
  if (error) return refuse(folder.string(), "cannot be listed: " + error.message());
  return out;
}

std::string no_weights(const fs::path& folder) {
  for (const char* other : {"pytorch_model.bin", "pytorch_model.bin.index.json"})
    if (is_there(folder / other)) return "has its weights in " + std::string(other) + ", which may run code; convert them to safetensors";
  if (is_there(folder / "adapter_model.safetensors")) return "holds an adapter only: name its base model, and the adapter beside it";
  return "has no safetensors file";
}

}  // namespace

Result<Shards> Shards::open(const fs::path& folder) {
  Shards out;
  out.folder_ = folder.string();
  if (const fs::path index = folder / "model.safetensors.index.json"; is_there(index)) {
    if (auto added = out.add_indexed(folder, index); !added) return fail(added.error());
    return out;
  }
  fs::path only = folder / "model.safetensors";
  if (!is_there(only)) {
    const auto found = safetensors_files(folder);
    if (!found) return fail(found.error());
    if (found->empty()) return refuse(out.folder_, no_weights(folder));
    if (found->size() > 1)
      return refuse(out.folder_, "has " + std::to_string(found->size()) + " safetensors files and no model.safetensors.index.json");
    only = found->front();
  }
  if (auto added = out.add_file(only); !added) return fail(added.error());
  for (const auto& [name, entry] : out.files_.front()->entries()) out.where_.emplace(name, out.files_.front().get());
  return out;
}

Result<void> Shards::add_file(const fs::path& path) {
  auto bytes = map_file(path);
  if (!bytes) return fail(bytes.error());
  auto file = SafetensorsFile::read(std::move(*bytes));
  if (!file) return fail(file.error());
  files_.push_back(std::make_shared<const SafetensorsFile>(std::move(*file)));
  return {};
}

Result<void> Shards::add_indexed(const fs::path& folder, const fs::path& index) {
  const std::string name = index.string();
  const auto text = read_text(index, kIndexLimits.max_bytes);
  if (!text) return fail(text.error());
  const auto value = parse_strict(*text, name, kIndexLimits);
  if (!value) return fail(value.error());
  const bj::object* document = value->if_object();
  const bj::value* map = document ? document->if_contains("weight_map") : nullptr;
  if (!map || !map->is_object()) return refuse(name, "has no weight_map");
  std::map<std::string, const SafetensorsFile*, std::less<>> opened;
  for (const auto& member : map->get_object()) {
    const std::string tensor(member.key());
    if (!member.value().is_string()) return refuse_tensor(name, tensor, "names no file");
    const std::string file(member.value().get_string());
    if (!is_plain_name(file))
      return refuse_tensor(name, tensor, "lies in '" + shown(file) + "', which is no safetensors file of this folder");
    auto found = opened.find(file);
    if (found == opened.end()) {
      if (opened.size() == kMaxFiles) return refuse(name, "names more than " + std::to_string(kMaxFiles) + " files");
      if (auto added = add_file(folder / file); !added) return added;
      found = opened.emplace(file, files_.back().get()).first;
    }
    if (!found->second->entries().contains(tensor)) return refuse_tensor(name, tensor, "is not in " + shown(file));
    where_.emplace(tensor, found->second);
  }
  return {};
}

Result<Tensor> Shards::tensor(const std::string& name) const {
  const auto found = where_.find(name);
  if (found == where_.end()) return refuse_tensor(folder_, name, "is missing");
  return found->second->tensor(name);
}

std::vector<std::string> Shards::names() const {
  std::vector<std::string> out;
  for (const auto& [name, file] : where_) out.push_back(name);
  return out;
}

std::optional<std::vector<std::int64_t>> Shards::shape_of(const std::string& name) const {
  const auto found = where_.find(name);
  if (found == where_.end()) return std::nullopt;
  return found->second->entries().find(name)->second.shape;
}

Result<void> Shards::check_readable(const std::string& name) const {
  const auto found = where_.find(name);
  if (found == where_.end()) return refuse_tensor(folder_, name, "is missing");
  return found->second->check_readable(name);
}

}  // namespace xrouter::weights
