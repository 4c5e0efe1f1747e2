#include "xrouter/baselines/baseline.hpp"

#include <algorithm>
#include <functional>

#include "xrouter/baselines/cascades.hpp"
#include "xrouter/baselines/neighbours.hpp"
#include "xrouter/baselines/oracle.hpp"
#include "xrouter/baselines/static_rankings.hpp"
#include "xrouter/policy/fixed.hpp"
#include "xrouter/policy/ngram_policy.hpp"

namespace xrouter::baselines {
namespace {

constexpr BaselineInfo kCatalog[] = {
    {.name = "cheapest", .description = "Always the offered model with the least mean cost on split train."},
    {.name = "strongest", .description = "Always the offered model that was right most often on split train."},
    {.name = "random", .description = "An offered model at random, each with the same chance."},
    {.name = "hull", .description = "A coin between two neighbours on the single models' hull, for a target cost; blind to the question.", .uses_cost_weight = true},
    {.name = "knn", .description = "What each model did on the most similar questions of split train (TF-IDF), less its price.", .uses_cost_weight = true},
    {.name = "cluster", .description = "What each model did on the question's cluster (k-means over TF-IDF), less its price.", .uses_cost_weight = true},
    {.name = "logistic", .description = "One logistic regression a model on hashed words and word pairs, less its price; one call.", .uses_cost_weight = true},
    {.name = "ngram", .description = "The shipped default policy: the same regressions, and two cheap answers compared where that pays.", .uses_cost_weight = true},
    {.name = "threshold-cascade",
     .description = "The best cheap model first; the strongest when the predicted confidence in its reply is low.",
     .uses_cost_weight = true},
    {.name = "agreement-cascade", .description = "The two best cheap models; the strongest when their answers differ."},
    {.name = "oracle", .description = "Upper bound, not a router: knows the outcomes and takes the cheapest right model.", .deployable = false},
};
constexpr BaselineInfo kSingle{.name = "single", .description = "Always one model."};
constexpr std::string_view kSinglePrefix = "single:";

using MakePolicy = std::function<std::unique_ptr<Policy>(std::uint64_t seed)>;

class Fitted final : public Baseline {
 public:
  Fitted(const BaselineInfo& info, MakePolicy make) : info_(info), make_(std::move(make)) {}
  const BaselineInfo& info() const override { return info_; }
  std::unique_ptr<Policy> make_policy(std::uint64_t seed) const override { return make_(seed); }

 private:
  const BaselineInfo& info_;
  MakePolicy make_;
};

// The weights of an n-gram model as one estimator beside the others.
class LogisticEstimator final : public Estimator {
 public:
  explicit LogisticEstimator(std::shared_ptr<const policy::NgramModel> model) : model_(std::move(model)) {}
  std::vector<Estimate> estimate(std::string_view text, const Models& models) const override {
    const policy::TextFeatures features = model_->features(text);
    std::vector<Estimate> out;
    for (const ModelSpec* spec : models) {
      const policy::Prediction prediction = model_->predict(features, *spec);
      out.push_back({.success = policy::probability_of(prediction.log_odds), .output_tokens = prediction.output_tokens});
    }
    return out;
  }

 private:
  std::shared_ptr<const policy::NgramModel> model_;
};

MakePolicy ranked(Ranking ranking) {
  auto shared = std::make_shared<const Ranking>(std::move(ranking));
  return [shared](std::uint64_t seed) { return std::make_unique<RankedPolicy>(shared, seed); };
}

struct Ingredients {
  std::shared_ptr<const FitData> data;
  const FitOptions& options;
  std::shared_ptr<const TrainStats> stats;

  std::shared_ptr<const Estimator> neighbours() const {
    return std::make_shared<NeighbourEstimator>(*data, stats, NeighbourOptions{.neighbours = options.neighbours});
  }
  std::shared_ptr<const Estimator> clusters() const {
    return std::make_shared<ClusterEstimator>(*data, stats, ClusterOptions{.clusters = options.clusters, .seed = options.seed});
  }
  double scale_for(const Estimator& estimator) const { return tuned_cost_scale(estimator, *stats, *data, options.allowed_loss); }
  MakePolicy valued(const std::shared_ptr<const Estimator>& estimator) const { return ranked(by_value(estimator, stats, scale_for(*estimator))); }
};

MakePolicy make_threshold(const Ingredients& with) {
  const auto questions = with.clusters();
  auto fit = std::make_shared<const ThresholdFit>(fit_threshold(*with.data, with.stats, questions, with.scale_for(*questions)));
  return [fit](std::uint64_t) { return std::make_unique<ThresholdCascade>(fit); };
}

MakePolicy make_agreement(const Ingredients& with) {
  return [stats = with.stats](std::uint64_t) { return std::make_unique<AgreementCascade>(stats); };
}

MakePolicy make_ngram(const Ingredients& with) {
  return [model = with.options.ngram](std::uint64_t) { return std::make_unique<policy::NgramPolicy>(model); };
}

MakePolicy fitted(std::string_view name, const Ingredients& with) {
  if (name == "cheapest") return ranked(cheapest_first(with.stats));
  if (name == "strongest") return ranked(strongest_first(with.stats));
  if (name == "random") return ranked(random_mix());
  if (name == "hull") return ranked(hull_mix(with.stats));
  if (name == "knn") return with.valued(with.neighbours());
  if (name == "cluster") return with.valued(with.clusters());
  if (name == "logistic") return with.valued(std::make_shared<LogisticEstimator>(with.options.ngram));
  if (name == "ngram") return make_ngram(with);
  if (name == "threshold-cascade") return make_threshold(with);
  if (name == "agreement-cascade") return make_agreement(with);
  return ranked(oracle_ranking(with.data));
}

Result<std::shared_ptr<const Baseline>> fit_single(const ModelId& id, const FitData& data) {
  if (data.catalog->find(id) == nullptr) return fail(ErrorKind::config, "baseline single:" + id.value + ": the catalogue has no such model");
  return std::make_shared<Fitted>(kSingle, [id](std::uint64_t) { return std::make_unique<policy::FixedPolicy>(id); });
}

}  // namespace

std::span<const BaselineInfo> baseline_catalog() { return kCatalog; }

Result<std::shared_ptr<const FitData>> load_fit_data(const corpus::Corpus& corpus, std::shared_ptr<const ModelCatalog> catalog) {
  auto data = train::load_outcomes(corpus, std::move(catalog));
  if (!data) return fail(data.error());
  return std::make_shared<const FitData>(std::move(*data));
}

Result<std::shared_ptr<const Baseline>> fit_baseline(std::string_view name, std::shared_ptr<const FitData> data, const FitOptions& options) {
  if (name.starts_with(kSinglePrefix)) return fit_single(ModelId(std::string(name.substr(kSinglePrefix.size()))), *data);
  const auto* info = std::find_if(std::begin(kCatalog), std::end(kCatalog), [name](const BaselineInfo& entry) { return entry.name == name; });
  if (info == std::end(kCatalog)) return fail(ErrorKind::config, "unknown baseline '" + std::string(name) + "'");
  const bool needs_weights = name == "logistic" || name == "ngram";
  if (needs_weights && !options.ngram) return fail(ErrorKind::config, "baseline '" + std::string(name) + "' needs trained n-gram weights");
  const Ingredients with{.data = data, .options = options, .stats = std::make_shared<TrainStats>(*data)};
  return std::make_shared<Fitted>(*info, fitted(name, with));
}

}  // namespace xrouter::baselines
