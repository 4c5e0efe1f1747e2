// Every setting of xrouter.yaml and models.yaml, declared once in properties.cpp and
// model_properties.cpp.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "xrouter/config/config.hpp"
#include "xrouter/config/property.hpp"

namespace xrouter::config {

/// A model of the catalogue that an upstream says it serves, and the upstream's own name for it.
struct Binding {
  std::string model;
  std::string upstream_model;  ///< empty = as the catalogue says
  Mark mark;
};

/// One entry of `upstreams` as written.
struct UpstreamDraft {
  UpstreamConfig value = {};
  std::vector<std::string> key_variables = {};  ///< NAMEs of `api_key: env:NAME` or `[env:A, env:B]`
  std::vector<Binding> models = {};
  std::set<std::string> given = {};  ///< the settings that the file names
  Mark mark = {};
};

/// Upstreams that serve one model.
inline constexpr std::size_t kMaxDeployments = 16;

/// A model with where it was described last, for messages.
struct ModelDraft {
  ModelSpec value = {};
  std::string catalogue_name = {};  ///< what an upstream calls it by default
  std::string file = {};
  Mark mark = {};
};

/// xrouter.yaml as written, before defaults that depend on other settings and cross checks.
struct Draft {
  Config config = {};
  std::vector<std::string> catalog_files = {};
  YamlNode upstreams = {};
  YamlNode models = {};
};

const Properties<Draft>& draft_properties();
const Properties<UpstreamDraft>& upstream_properties();
const Properties<ModelDraft>& model_properties();

}  // namespace xrouter::config
