// The catalogue of baselines: what every evaluation compares a router with.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "xrouter/engine/ports.hpp"
#include "xrouter/policy/ngram_model.hpp"
#include "xrouter/train/outcome_data.hpp"

namespace xrouter::baselines {

/// Recorded outcomes to fit on. Fits look at split train, tune on split dev, and never look at split test;
/// the oracle alone does, and says so.
using FitData = train::OutcomeData;

/// Errors: ErrorKind::config when no outcome of a priced, recorded catalogue model is there or a corpus is damaged.
Result<std::shared_ptr<const FitData>> load_fit_data(const corpus::Corpus& corpus, std::shared_ptr<const ModelCatalog> catalog);

struct BaselineInfo {
  std::string_view name;         ///< "knn"
  std::string_view description;  ///< one line, for tables
  bool uses_cost_weight = false; ///< EpisodeSpec::cost_weight moves it: a sweep gives a curve
  bool deployable = true;        ///< false: an upper bound that peeks at the outcomes
};

/// All of them, simplest first. Single models are named "single:<catalogue id>" and not in this list.
std::span<const BaselineInfo> baseline_catalog();

struct FitOptions {
  std::uint64_t seed = 1;  ///< of fitting; the chance of a decision comes from make_policy()'s seed
  std::size_t neighbours = 150;
  std::size_t clusters = 32;
  double allowed_loss = 0.01;  ///< accuracy that cost weight 1 may give up on split dev against the best single model
  std::shared_ptr<const policy::NgramModel> ngram = {};  ///< trained weights; needed by "logistic" and "ngram"
};

/// A fitted baseline. Immutable: shared by threads.
class Baseline {
 public:
  virtual ~Baseline() = default;
  virtual const BaselineInfo& info() const = 0;
  /// A policy for one worker, or for one episode when chance has to differ between episodes of one question:
  /// what a policy leaves to chance depends on `seed` and the question's text alone.
  virtual std::unique_ptr<Policy> make_policy(std::uint64_t seed) const = 0;
};

/// Errors: ErrorKind::config for an unknown name, for weights that are not there, and for a single model that
/// the catalogue of `data` does not have.
Result<std::shared_ptr<const Baseline>> fit_baseline(std::string_view name, std::shared_ptr<const FitData> data, const FitOptions& options = {});

}  // namespace xrouter::baselines
