#include "xrouter/config/load.hpp"

#include <filesystem>
#include <fstream>

#include "xrouter/config/checks.hpp"
#include "xrouter/config/property_text.hpp"

namespace xrouter::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxUpstreams = 100;

Result<std::string> read_text(const fs::path& path) {
  std::error_code error;
  const bool is_file = fs::is_regular_file(path, error);
  std::ifstream file(path, std::ios::binary);
  if (!is_file || !file) return fail(ErrorKind::io, "the file '" + path.string() + "' cannot be read");
  std::string text(kMaxYamlBytes + 1, '\0');  // one byte more, so that the parser sees an oversized file as such
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

fs::path beside(const std::string& source, const std::string& path) { return fs::path(source).parent_path() / path; }

void read_upstreams(Assembly& assembly) {
  const YamlNode& list = assembly.draft.upstreams;
  if (list.kind == YamlNode::Kind::null) return;
  if (list.kind != YamlNode::Kind::sequence || list.items.size() > kMaxUpstreams)
    return assembly.report.add(assembly.file, list.mark, "upstreams",
                               "must be a list of at most 100 upstreams, each with a name and a base_url");
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    UpstreamDraft upstream{.mark = list.items[i].mark};
    Applied applied = apply(list.items[i], upstream_properties(), upstream, "upstreams[" + std::to_string(i) + "].");
    for (const Finding& finding : applied.findings) assembly.report.add(assembly.file, finding);
    upstream.given = std::move(applied.given);
    if (!upstream.value.ca_file.empty()) upstream.value.ca_file = beside(assembly.file, upstream.value.ca_file).string();
    assembly.upstreams.push_back(std::move(upstream));
  }
}

Result<void> read_models(Assembly& assembly, const LoadOptions& options) {
  const std::string shipped = data_path(assembly.config(), "catalog/models.yaml");
  Result<std::string> text = options.shipped_catalog ? Result<std::string>(*options.shipped_catalog) : read_text(shipped);
  if (!text) return fail(text.error());
  overlay_catalog_text(*text, options.shipped_catalog ? "models.yaml" : shipped, assembly.models, assembly.report);
  for (const std::string& name : assembly.draft.catalog_files) {
    const std::string path = beside(assembly.file, name).string();
    auto own = read_text(path);
    if (own)
      overlay_catalog_text(*own, path, assembly.models, assembly.report);
    else
      assembly.problem("catalog", own.error().public_text);
  }
  overlay_models(assembly.draft.models, assembly.file, assembly.models, assembly.report);
  return {};
}

/// Keys are read last, so that a file can be judged as far as possible without them.
void read_secrets(Assembly& assembly, const Environment& environment) {
  for (std::size_t i = 0; i < assembly.upstreams.size(); ++i) {
    UpstreamDraft& upstream = assembly.upstreams[i];
    if (!is_used(assembly, upstream.value.name)) continue;
    for (const std::string& variable : upstream.key_variables) {
      if (auto key = environment(variable))
        upstream.value.api_keys.emplace_back(*key);
      else
        assembly.report.add(assembly.file, upstream.mark, "upstreams[" + std::to_string(i) + "].api_key",
                            "the environment variable " + variable + " is not set");
    }
  }
}

Result<std::shared_ptr<const Config>> finish(Assembly& assembly) {
  if (!assembly.report.empty()) return fail(assembly.report.error());
  Config& config = assembly.config();
  std::vector<ModelSpec> models;
  for (ModelDraft& model : assembly.models) models.push_back(std::move(model.value));
  auto catalog = ModelCatalog::make(std::move(models));
  if (!catalog) return fail(catalog.error());
  config.catalog = std::move(*catalog);
  for (UpstreamDraft& upstream : assembly.upstreams) config.upstreams.push_back(std::move(upstream.value));
  config.hash = hash_of(config);
  return std::make_shared<const Config>(std::move(config));
}

}  // namespace

Result<std::shared_ptr<const Config>> parse_config(std::string_view yaml, const std::string& source, const LoadOptions& options) {
  Assembly assembly{.file = source};
  auto root = parse_yaml(yaml);
  if (!root) {
    assembly.report.add(source, {{}, root.error()});
    return fail(assembly.report.error());
  }
  assembly.root = std::move(*root);
  Applied applied = apply(assembly.root, draft_properties(), assembly.draft);
  for (const Finding& finding : applied.findings) assembly.report.add(source, finding);
  assembly.given = std::move(applied.given);
  for (const std::string& setting : options.settings) apply_setting(setting, draft_properties(), assembly.draft, assembly.given, assembly.report);
  assembly.config().source = source;

  std::string wanted_dir = options.data_dir;
  if (wanted_dir.empty() && !assembly.config().data_dir.empty()) wanted_dir = beside(source, assembly.config().data_dir).string();
  auto data_dir = find_data_dir(wanted_dir, options.environment);
  if (data_dir) {
    assembly.config().data_dir = *data_dir;
  } else if (!options.shipped_catalog) {
    return fail(data_dir.error());
  }
  if (auto read = read_models(assembly, options); !read) return fail(read.error());
  read_upstreams(assembly);
  check_upstream_names(assembly);
  settle_defaults(assembly);
  if (assembly.config().ledger.path.empty()) assembly.config().ledger.path = default_ledger_path(options.environment);
  bind_models(assembly);
  settle_active_models(assembly);
  check_limits(assembly);
  check_model_names(assembly);
  read_secrets(assembly, options.environment);
  return finish(assembly);
}

Result<std::shared_ptr<const Config>> load(const std::string& path, const LoadOptions& options) {
  auto text = read_text(path);
  if (!text) return fail(text.error());
  return parse_config(*text, path, options);
}

Result<std::shared_ptr<const Config>> default_config(const LoadOptions& options) { return parse_config("", Config{}.source, options); }

}  // namespace xrouter::config
