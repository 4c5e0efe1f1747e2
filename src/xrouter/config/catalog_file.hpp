// Files of models: the shipped catalogue and those that lie over it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "xrouter/config/properties.hpp"
#include "xrouter/config/report.hpp"

namespace xrouter::config {

/// Lays a map "id: {fields}" over the models, field by field; new ids are added at the end. Prices
/// given without a source take `file` as theirs, so that no price claims a source it is not from.
void overlay_models(const YamlNode& models, const std::string& file, std::vector<ModelDraft>& drafts, Report& report);
/// The same for the text of a models.yaml, whose one key is `models`.
void overlay_catalog_text(std::string_view text, const std::string& file, std::vector<ModelDraft>& drafts, Report& report);

/// nullptr when unknown.
ModelDraft* find_model(std::vector<ModelDraft>& drafts, std::string_view id);
std::vector<std::string> ids_of(const std::vector<ModelDraft>& drafts);

/// The models as the text of a models.yaml, every price with its source and date.
std::string catalog_yaml(const std::vector<ModelSpec>& models, const std::string& header);

}  // namespace xrouter::config
