// The steps of loading that look at several settings at once.
#pragma once

#include "xrouter/config/catalog_file.hpp"
#include "xrouter/config/properties.hpp"
#include "xrouter/config/report.hpp"

namespace xrouter::config {

/// A configuration on its way from text to value.
struct Assembly {
  std::string file;  ///< names the text in messages
  YamlNode root = {};
  std::set<std::string> given = {};  ///< settings that the file names
  Draft draft = {};
  std::vector<UpstreamDraft> upstreams = {};
  std::vector<ModelDraft> models = {};
  Report report = {};

  Config& config() { return draft.config; }
  Mark mark_of(std::string_view setting) const { return mark_at(root, setting); }
  void problem(const std::string& setting, std::string text) { report.add(file, mark_of(setting), setting, std::move(text)); }
};

/// Lists of upstreams: names present, unique and not reserved.
void check_upstream_names(Assembly& assembly);
/// Writes `upstreams[].models` into the models.
void bind_models(Assembly& assembly);
/// Defaults that depend on other settings: shipped corpora, limits that must lie within others.
void settle_defaults(Assembly& assembly);
/// Leaves `active` only to models that something serves.
void settle_active_models(Assembly& assembly);

void check_limits(Assembly& assembly);
/// Names of models in `policy` and `offered`, names of the router.
void check_model_names(Assembly& assembly);

/// Whether a model of the catalogue runs at this upstream.
bool is_used(const Assembly& assembly, const std::string& upstream);

}  // namespace xrouter::config
