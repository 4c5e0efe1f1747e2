#include "xrouter/weights/model_store.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <system_error>

#include "xrouter/base/suggest.hpp"
#include "xrouter/weights/file_bytes.hpp"
#include "xrouter/weights/refusal.hpp"
#include "xrouter/weights/strict_json.hpp"

namespace xrouter::weights {
namespace {

namespace fs = std::filesystem;

constexpr json::ParseLimits kLimits{.max_bytes = std::size_t{1} << 20, .max_depth = 8};
constexpr std::size_t kMaxModels = 1'000;
constexpr std::int64_t kMaxBytes = std::int64_t{1} << 40;

// Names become folders and arguments of programs: nothing in them may mean more than a name.
bool is_plain(const std::string& text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  };
  return !text.empty() && text[0] != '.' && text[0] != '-' && std::all_of(text.begin(), text.end(), allowed);
}

bool is_hash(const std::string& text) {
  return text.size() == 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

PublishedModel read_model(json::ObjectReader& in) {
  PublishedModel out;
  out.name = in.string("name");
  out.description = in.string("description");
  out.package = in.string("package");
  out.version = in.string("version");
  out.member = in.string("member");
  out.sha256 = in.string("sha256");
  out.bytes = static_cast<std::uint64_t>(in.integer("bytes", 1, kMaxBytes));
  out.licence = in.string("licence");
  if (!in.ok()) return out;
  for (const auto& [field, text] :
       {std::pair<const char*, const std::string&>("name", out.name), {"package", out.package}, {"version", out.version}})
    if (!is_plain(text)) in.fail_at(field, "may hold letters, digits, '.', '-' and '_' only");
  if (!is_plain(fs::path(out.member).filename().string())) in.fail_at("member", "must name a file");
  if (!is_hash(out.sha256)) in.fail_at("sha256", "must be 64 lower-case hex digits");
  return out;
}

bool looks_like_path(const std::string& text) {
  return text.find('/') != std::string::npos || text.ends_with(".gguf") || text == "." || text == "..";
}

}  // namespace

fs::path model_list_path(const std::string& data_dir) { return fs::path(data_dir) / "models" / "language_models.json"; }

Result<std::vector<PublishedModel>> read_model_list(const fs::path& path) {
  const std::string name = path.string();
  const auto text = read_text(path, kLimits.max_bytes);
  if (!text) return fail(text.error());
  const auto value = parse_strict(*text, name, kLimits);
  if (!value) return fail(value.error());
  json::ObjectReader in(*value);
  std::vector<PublishedModel> out;
  const auto* list = in.optional_array("models", kMaxModels);
  for (std::size_t i = 0; list && in.ok() && i < list->size(); ++i) {
    json::ObjectReader each((*list)[i], "models[" + std::to_string(i) + "]");
    out.push_back(read_model(each));
    in.take_error_of(each);
  }
  if (!in.ok()) return refuse(name, in.error().public_text);
  return out;
}

Result<fs::path> model_cache(const Environment& environment) {
  if (const auto named = environment("XROUTER_MODELS_DIR")) return fs::path(*named);
  const fs::path inside = fs::path("xrouter") / "models";
  // Relative folders are to be ignored, says the XDG base directory specification.
  const fs::path cache = environment("XDG_CACHE_HOME").value_or("");
  if (cache.is_absolute()) return cache / inside;
  const fs::path home = environment("HOME").value_or("");
  if (home.is_absolute()) return home / ".cache" / inside;
  return fail(ErrorKind::config, "there is no place for models: set XROUTER_MODELS_DIR, XDG_CACHE_HOME or HOME");
}

fs::path path_in(const fs::path& cache, const PublishedModel& model) { return cache / model.name / fs::path(model.member).filename(); }

bool is_cached(const fs::path& cache, const PublishedModel& model) {
  std::error_code error;
  const auto size = fs::file_size(path_in(cache, model), error);
  return !error && size == model.bytes;
}

Result<fs::path> resolve_model(const std::string& name_or_path, const std::string& data_dir, const Environment& environment) {
  if (name_or_path.empty()) return fail(ErrorKind::config, "no model is named");
  if (looks_like_path(name_or_path)) return fs::path(name_or_path);
  const auto models = read_model_list(model_list_path(data_dir));
  if (!models) return fail(models.error());
  std::vector<std::string> names;
  for (const PublishedModel& model : *models) {
    names.push_back(model.name);
    if (model.name != name_or_path) continue;
    const auto cache = model_cache(environment);
    if (!cache) return cache;
    if (is_cached(*cache, model)) return path_in(*cache, model);
    return fail(ErrorKind::config,
                "the model '" + model.name + "' is not on this machine; 'xrouter models pull " + model.name + "' obtains it");
  }
  if (const fs::path shipped = fs::path(data_dir) / "models" / name_or_path; is_there(shipped / "model.safetensors")) return shipped;
  if (is_there(name_or_path)) return fs::path(name_or_path);
  return fail(ErrorKind::config, "'" + shown(name_or_path) + "' is neither a model that can be pulled, nor one that ships with weights, nor a file or folder" +
                                     did_you_mean(name_or_path, names) + " ('xrouter models pull --list' names them)");
}

}  // namespace xrouter::weights
