#include "xrouter/service/public_models.hpp"

#include <algorithm>

#include "xrouter/config/load.hpp"

namespace xrouter::service {

bool is_reachable(const ModelSpec& model, const config::Config& config) {
  if (model.upstream == kRecordedUpstream) return !config.recorded.corpora.empty();
  return std::ranges::any_of(config.upstreams, [&](const config::UpstreamConfig& upstream) { return upstream.name == model.upstream; });
}

PublicModels::PublicModels(const config::Config& config) {
  auto add = [this](std::string name, const ModelSpec* model) {
    if (by_name_.try_emplace(name, list_.size()).second) list_.push_back({std::move(name), model});
  };
  add(config.router_name, nullptr);
  for (const std::string& alias : config.router_aliases) add(alias, nullptr);
  if (!config.catalog) return;
  for (const ModelSpec& model : config.catalog->models())
    if (is_reachable(model, config)) add(model.id.value, &model);
}

const PublicModel* PublicModels::find(std::string_view name) const {
  auto it = by_name_.find(std::string(name));
  return it == by_name_.end() ? nullptr : &list_[it->second];
}

}  // namespace xrouter::service
