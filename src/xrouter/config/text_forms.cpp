// What a configuration looks like from outside: YAML, documentation, hash, warnings.
#include <fmt/format.h>

#include "xrouter/base/rng.hpp"
#include "xrouter/config/addresses.hpp"
#include "xrouter/config/load.hpp"
#include "xrouter/config/properties.hpp"
#include "xrouter/config/property_text.hpp"

namespace xrouter::config {
namespace {

/// What the upstream calls the model; null when it does not serve it.
const std::string* name_at(const ModelSpec& model, const std::string& upstream) {
  if (model.upstream == upstream) return &model.upstream_model;
  for (const Deployment& other : model.alternatives)
    if (other.upstream == upstream) return &other.model;
  return nullptr;
}

UpstreamDraft draft_of(const UpstreamConfig& upstream) { return {.value = upstream}; }

}  // namespace

std::string table_cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, "\\");
  return text;
}

std::string to_yaml(const Config& config) {
  Draft draft{.config = config};
  std::string out = settings_yaml(draft_properties(), draft, "", "");
  out += config.upstreams.empty() ? "upstreams: []\n" : "upstreams:\n";
  for (const UpstreamConfig& upstream : config.upstreams) {
    out += settings_yaml(upstream_properties(), draft_of(upstream), "  - ", "    ");
    std::string models;
    for (const ModelSpec& model : config.catalog->models())
      if (const std::string* name = name_at(model, upstream.name)) models += (models.empty() ? "" : ", ") + quoted(model.id.value) + ": " + quoted(*name);
    out += "    models: {" + models + "}\n";
  }
  return out;
}

std::string hash_of(const Config& config) {
  std::uint64_t hash = hash_settings(fnv1a64(""), draft_properties(), Draft{.config = config});
  for (const UpstreamConfig& upstream : config.upstreams) hash = hash_settings(hash, upstream_properties(), draft_of(upstream));
  for (const ModelSpec& model : config.catalog->models()) {
    hash = fnv1a64("model " + model.id.value + "\n", hash);
    hash = hash_settings(hash, model_properties(), ModelDraft{.value = model});
    for (const Deployment& other : model.alternatives) hash = fnv1a64(other.upstream + "=" + other.model + "\n", hash);
  }
  return fmt::format("{:016x}", hash);
}

std::vector<std::string> warnings(const Config& config) {
  std::vector<std::string> out;
  if (config.server.api_key_hashes.empty() && !is_loopback(config.server.listen))
    out.push_back("server.listen is open to the network and no API key is asked for; anybody who reaches it spends your money");
  for (const UpstreamConfig& upstream : config.upstreams)
    if (!upstream.api_keys.empty() && !upstream.base_url.starts_with("https://") && !is_loopback(upstream.base_url))
      out.push_back("upstream " + upstream.name + ": the API key travels unencrypted; use https");
  for (std::string& hint : config.catalog->warnings()) out.push_back(std::move(hint));
  return out;
}

std::string documentation() {
  const std::string catalogue_intro =
      "A `models.yaml` has the one key `models`, a map from model id to these settings. The shipped catalogue comes first,\n"
      "then the files of `catalog`, then `models` of xrouter.yaml; each lays over what is there, field by field. Prices\n"
      "given without `price_source` take the file's name as their source. A price left out is unknown, never zero.\n";
  return "# Configuration\n\n<!-- Made by `xrouter config docs`. Do not edit. -->\n\n"
         "`xrouter.yaml` is read strictly: unknown keys, keys that stand twice, anchors, tags and merge keys are errors with\n"
         "line and column. Whole numbers have no leading zero, booleans are `true` and `false`, money is decimal text.\n"
         "`xrouter config check FILE` says what is wrong; `xrouter config show` prints the effective values.\n"
         "SIGHUP reads everything anew; settings that need a restart say so.\n\n"
         "## xrouter.yaml\n\n" +
         settings_table(draft_properties(), Draft{}) +
         "\n## Each entry of `upstreams`\n\nA model runs where an upstream lists it:\n"
         "`models: [gpt-5, gpt-4o]`, or `models: {gpt-oss-120b: openai/gpt-oss-120b}` with the upstream's own names.\n"
         "A model that several upstreams list has several deployments: see operations.md.\n\n" +
         settings_table(upstream_properties(), UpstreamDraft{}) + "\n## Models\n\n" + catalogue_intro + "\n" +
         settings_table(model_properties(), ModelDraft{});
}

}  // namespace xrouter::config
