#include "xrouter/train/ngram_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "xrouter/base/rng.hpp"
#include "xrouter/train/agreement_fit.hpp"

namespace xrouter::train {
namespace {

using corpus::Split;
using policy::TextFeatures;

// One linear function per model: shared weights plus a deviation of its own.
class SharedLinear {
 public:
  SharedLinear(std::size_t models, std::size_t buckets, double bias, double rate_factor, const NgramOptions& options)
      : options_(options), rate_factor_(rate_factor), buckets_(buckets), shared_(buckets), own_(models * buckets), bias_(models, Weight{bias, kFirst}) {}

  double at(const TextFeatures& features, std::size_t model) const {
    double sum = 0;
    for (const std::uint32_t bucket : features.buckets) sum += shared_[bucket].value + own_[model * buckets_ + bucket].value;
    return bias_[model].value + sum * features.scale * options_.feature_gain;
  }

  /// `slopes`: (model, derivative of the loss with respect to its function value).
  void step(const TextFeatures& features, const std::vector<std::pair<std::size_t, double>>& slopes) {
    const double x = features.scale * options_.feature_gain;
    double mean = 0;
    for (const auto& [model, slope] : slopes) mean += slope;
    mean *= 2.0 / static_cast<double>(slopes.size());
    for (const std::uint32_t bucket : features.buckets) shared_[bucket].step(mean * x, options_.shared_rate * rate_factor_, options_.shared_decay);
    for (const auto& [model, slope] : slopes) {
      for (const std::uint32_t bucket : features.buckets)
        own_[model * buckets_ + bucket].step(slope * x, options_.model_rate * rate_factor_, options_.model_decay);
      bias_[model].step(slope, kBiasRate, 0);
    }
  }

  policy::LinearWeights quantised(std::size_t model) const {
    std::vector<double> sums(buckets_);
    double largest = 0;
    for (std::size_t b = 0; b < buckets_; ++b) {
      sums[b] = (shared_[b].value + own_[model * buckets_ + b].value) * options_.feature_gain;
      largest = std::max(largest, std::abs(sums[b]));
    }
    policy::LinearWeights out{.bias = static_cast<float>(bias_[model].value), .step = static_cast<float>(largest / 127), .units = {}};
    out.units.reserve(buckets_);
    for (const double sum : sums) out.units.push_back(static_cast<std::int8_t>(largest > 0 ? std::lround(sum / largest * 127) : 0));
    return out;
  }

 private:
  static constexpr double kFirst = 1e-3;  // AdaGrad's starting sum: no jump at the first step
  static constexpr double kBiasRate = 0.3;
  struct Weight {
    double value = 0;
    double squares = kFirst;
    void step(double slope, double rate, double decay) {
      slope += decay * value;
      squares += slope * slope;
      value -= rate * slope / std::sqrt(squares);
    }
  };
  const NgramOptions& options_;
  double rate_factor_;
  std::size_t buckets_;
  std::vector<Weight> shared_;
  std::vector<Weight> own_;
  std::vector<Weight> bias_;
};

struct ExampleFeatures {
  TextFeatures prompt;
  TextFeatures bare;
};

// Area under the ROC curve; ties count half. nullopt when one class is empty.
std::optional<double> auc_of(std::vector<std::pair<double, bool>> scored) {
  std::sort(scored.begin(), scored.end());
  double rank_sum = 0;
  std::size_t positives = 0;
  for (std::size_t i = 0; i < scored.size();) {
    std::size_t end = i;
    while (end < scored.size() && scored[end].first == scored[i].first) ++end;
    const double rank = static_cast<double>(i + end + 1) / 2;
    for (; i < end; ++i) {
      if (!scored[i].second) continue;
      rank_sum += rank;
      ++positives;
    }
  }
  const std::size_t negatives = scored.size() - positives;
  if (positives == 0 || negatives == 0) return std::nullopt;
  const double p = static_cast<double>(positives);
  return (rank_sum - p * (p + 1) / 2) / (p * static_cast<double>(negatives));
}

FitQuality quality_of(const OutcomeData& data, const std::vector<ExampleFeatures>& features, const SharedLinear& log_odds, std::size_t group, Split split) {
  std::vector<std::vector<std::pair<double, bool>>> scored(data.models.size());
  FitQuality quality;
  std::size_t count = 0;
  for (std::size_t i = 0; i < data.examples.size(); ++i) {
    const Example& example = data.examples[i];
    if (example.group != group || example.split != split) continue;
    for (const OutcomeRow& row : example.rows) {
      const double p = policy::probability_of(log_odds.at(features[i].prompt, row.model));
      quality.loss -= std::log(std::max(row.correct ? p : 1 - p, 1e-12));
      scored[row.model].emplace_back(p, row.correct);
      ++count;
    }
  }
  quality.loss /= static_cast<double>(std::max<std::size_t>(count, 1));
  std::size_t judged = 0;
  for (auto& list : scored) {
    const auto auc = auc_of(std::move(list));
    if (!auc) continue;
    quality.auc += *auc;
    ++judged;
  }
  quality.auc /= static_cast<double>(std::max<std::size_t>(judged, 1));
  return quality;
}

void learn_from(const Example& example, const TextFeatures& features, SharedLinear& log_odds, SharedLinear& log_output) {
  std::vector<std::pair<std::size_t, double>> odds_slopes;
  std::vector<std::pair<std::size_t, double>> output_slopes;
  for (const OutcomeRow& row : example.rows) {
    odds_slopes.emplace_back(row.model, policy::probability_of(log_odds.at(features, row.model)) - (row.correct ? 1 : 0));
    output_slopes.emplace_back(row.model, log_output.at(features, row.model) - std::log(static_cast<double>(row.out_tok) + 1));
  }
  log_odds.step(features, odds_slopes);
  log_output.step(features, output_slopes);
}

float tokens_per_byte(const OutcomeData& data) {
  double tokens = 0;
  double bytes = 0;
  for (const Example& example : data.examples) {
    if (example.split != Split::train) continue;
    tokens += static_cast<double>(example.rows.front().in_tok);
    bytes += static_cast<double>(example.prompt.size());
  }
  return bytes > 0 ? static_cast<float>(tokens / bytes) : 0.25F;
}

float output_correction(const OutcomeData& data, const policy::NgramModel& model) {
  double real = 0;
  double predicted = 0;
  for (const Example& example : data.examples) {
    if (example.split != Split::train) continue;
    const TextFeatures features = model.features(example.prompt);
    for (const OutcomeRow& row : example.rows) {
      real += static_cast<double>(row.out_tok);
      predicted += model.predict(features, *data.models[row.model]).output_tokens;
    }
  }
  return predicted > 0 ? static_cast<float>(real / predicted) : 1;
}

struct Fit {
  SharedLinear log_odds;
  SharedLinear log_output;

  policy::NgramModel::Parameters parameters(const OutcomeData& data, const NgramOptions& options) const {
    policy::NgramModel::Parameters out;
    out.bucket_bits = options.bucket_bits;
    out.tokens_per_byte = tokens_per_byte(data);
    for (std::size_t m = 0; m < data.models.size(); ++m)
      out.models.push_back({.id = data.models[m]->id.value, .log_odds = log_odds.quantised(m), .log_output = log_output.quantised(m)});
    out.output_correction = output_correction(data, policy::NgramModel(out));
    return out;
  }
};

// One training run over `order`; `after_epoch` and `after_example` watch it.
template <class AfterEpoch, class AfterExample>
Fit fit_weights(const OutcomeData& data, const std::vector<ExampleFeatures>& features, std::vector<std::size_t> order, Rng rng,
                const NgramOptions& options, AfterEpoch after_epoch, AfterExample after_example) {
  constexpr double kTypicalLogOutput = 5;
  constexpr double kOutputRate = 0.5;
  const std::size_t buckets = std::size_t{1} << options.bucket_bits;
  Fit fit{.log_odds = SharedLinear(data.models.size(), buckets, 0, 1, options),
          .log_output = SharedLinear(data.models.size(), buckets, kTypicalLogOutput, kOutputRate, options)};
  for (int epoch = 1; epoch <= options.epochs; ++epoch) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
    for (const std::size_t i : order) {
      learn_from(data.examples[i], rng.chance(options.bare_share) ? features[i].bare : features[i].prompt, fit.log_odds, fit.log_output);
      after_example();
    }
    after_epoch(epoch, fit);
  }
  return fit;
}

// A repeated question text stays in one fold.
std::size_t fold_of(const Example& example, std::size_t folds) { return Rng(corpus::text_key(example.bare)).fork("fold").below(folds); }

EpochRecord watch(const OutcomeData& data, const std::vector<ExampleFeatures>& features, int epoch, const Fit& fit) {
  EpochRecord record{.epoch = epoch, .train = {}, .dev = {}};
  for (std::size_t group = 0; group < data.groups.size(); ++group) {
    record.train.push_back(quality_of(data, features, fit.log_odds, group, Split::train));
    record.dev.push_back(quality_of(data, features, fit.log_odds, group, Split::dev));
  }
  return record;
}

}  // namespace

Trained train_ngram(const OutcomeData& data, const NgramOptions& options, const std::function<void(std::size_t, std::size_t)>& progress) {
  const auto folds = static_cast<std::size_t>(options.folds);
  std::vector<ExampleFeatures> features;
  std::vector<std::size_t> train_order;
  std::vector<std::vector<std::size_t>> fold_orders(folds);  // what the model of each fold learns from
  Trained out;
  for (std::size_t i = 0; i < data.examples.size(); ++i) {
    const Example& example = data.examples[i];
    features.push_back({policy::features_of(example.prompt, options.bucket_bits), policy::features_of(example.bare, options.bucket_bits)});
    out.held_out.of_example.push_back(folds);
    if (example.split != Split::train) continue;
    train_order.push_back(i);
    const std::size_t own = fold_of(example, folds);
    out.held_out.of_example.back() = own;
    for (std::size_t fold = 0; fold < folds; ++fold)
      if (fold != own) fold_orders[fold].push_back(i);
  }

  const std::size_t steps = train_order.size() * static_cast<std::size_t>(options.epochs) * folds;  // folds - 1 in each, and one in full
  std::size_t done = 0;
  const auto count = [&] {
    if (progress && ++done % 200 == 0) progress(done, steps);
  };
  const Rng rng = Rng(options.seed).fork("ngram");
  for (std::size_t fold = 0; fold < folds; ++fold) {
    const Fit fit = fit_weights(data, features, fold_orders[fold], rng.fork("fold", fold), options, [](int, const Fit&) {}, count);
    out.held_out.models.emplace_back(fit.parameters(data, options));
  }
  const auto record_epoch = [&](int epoch, const Fit& fit) { out.curve.push_back(watch(data, features, epoch, fit)); };
  const Fit fit = fit_weights(data, features, train_order, rng.fork("all"), options, record_epoch, count);
  out.parameters = fit.parameters(data, options);
  out.held_out.models.emplace_back(out.parameters);
  out.parameters.agreement = fit_agreement(data, out.held_out);
  return out;
}

}  // namespace xrouter::train
