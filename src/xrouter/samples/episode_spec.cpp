#include "xrouter/samples/episode_spec.hpp"

namespace xrouter::samples {

EpisodeSpec episode_spec(const RouterSample& sample, const corpus::Question& question, std::shared_ptr<const ModelCatalog> shown,
                         double cost_weight, EpisodeSpec base) {
  base.request.model = "xrouter";
  base.request.messages = {{.role = Role::user, .content = question.prompt}};
  base.catalog = std::move(shown);
  std::vector<ModelId> ids;
  for (const SampleModel& model : sample.models) ids.push_back(model.shown_id());
  base.offered = offer(*base.catalog, ids);
  base.cost_weight = cost_weight;
  return base;
}

}  // namespace xrouter::samples
