// A sample, ready to be asked: what an episode of it is, what its answer is compared with, and what is known of the models.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "xrouter/corpus/record.hpp"
#include "xrouter/engine/spec.hpp"
#include "xrouter/samples/sample_set.hpp"

namespace xrouter::rollout {

/// What is recorded of one offered model on this question.
struct KnownOutcome {
  const ModelSpec* model = nullptr;  ///< of the episode's catalogue, so under the name and at the price that is shown
  ModelId original;                  ///< in the catalogue that the sample was made from
  bool correct = false;              ///< the recorded label
  Usd cost;                          ///< of one call, at the price that is shown
  std::string response = {};
};

/// Immutable once made; groups of the same sample share it.
struct Task {
  std::string id;    ///< RouterSample::id
  EpisodeSpec spec;  ///< its cost weight is that of the group, set by the runner
  corpus::Question question;
  samples::Stratum stratum = samples::Stratum::medium;
  std::map<ModelId, ModelId> original_of = {};  ///< of the renamed models; others keep their id
  std::optional<Usd> reference_cost = {};       ///< empty: nothing is recorded to compare with
  const ModelSpec* reference = nullptr;         ///< the offered model whose cost that is; null: another, or a mean
  std::vector<KnownOutcome> outcomes = {};      ///< of the offered models that are recorded, in the order of the offer

  const ModelId& original(const ModelId& shown) const {
    const auto it = original_of.find(shown);
    return it == original_of.end() ? shown : it->second;
  }
};

/// What a rollout's cost is compared with.
struct ReferenceRule {
  enum class Kind {
    model,      ///< the first of `models`, offered or not
    best,       ///< the first of `models` that is offered and recorded; none: as pool_mean
    pool_mean,  ///< the mean over the offered models
  };
  Kind kind = Kind::best;
  std::vector<ModelId> models = {};  ///< of the catalogue, the best first
};

/// Limits, mode, router price and the like are those of `base`; the rest is the sample's.
/// Errors: config for a model without a price, and for a reference that the catalogue lacks or that has no price.
Result<std::shared_ptr<const Task>> make_task(const samples::RouterSample& sample, const corpus::Record& record,
                                              const ModelCatalog& catalog, const EpisodeSpec& base, const ReferenceRule& reference);
/// The same for a sample of a set. Precondition: index < set.size().
Result<std::shared_ptr<const Task>> make_task(const samples::SampleSet& set, std::size_t index, const EpisodeSpec& base,
                                              const ReferenceRule& reference);

}  // namespace xrouter::rollout
