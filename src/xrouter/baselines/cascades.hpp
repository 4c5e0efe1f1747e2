// Cascades: ask cheap, look at the answer, ask strong when it does not convince.
#pragma once

#include <array>

#include "xrouter/baselines/clusters.hpp"

namespace xrouter::baselines {

/// A model counts as cheap beside the strongest one when it costs at most this share of it.
inline constexpr double kCheapShare = 0.125;

struct CascadeRoles {
  const ModelSpec* strong = nullptr;  ///< most accurate in split train
  Models cheap = {};                  ///< the others that count as cheap, most accurate first; when none does, the cheapest one
};
/// Precondition: `offered` is not empty.
CascadeRoles cascade_roles(const TrainStats& stats, const Models& offered);

/// What tells, after its reply, whether a cheap model was right: four inputs beside the constant. See reply_signs().
using ReplyModel = std::array<float, 5>;
using ReplySigns = std::array<double, 5>;

struct ReplyFacts {
  double log_odds = 0;             ///< of a right answer, from the question alone
  double output_tokens = 0;
  double usual_output_tokens = 0;  ///< of this model
  std::size_t answer_bytes = 0;    ///< of the final answer; a long one is usually no clean one
};
ReplySigns reply_signs(const ReplyFacts& facts);

/// Everything that the threshold cascade has learned. Immutable.
struct ThresholdFit {
  std::shared_ptr<const TrainStats> stats;
  std::shared_ptr<const Estimator> questions;  ///< from the question alone
  ReplyModel reply = {};
  double cost_scale = 0;
};
/// The reply model is fitted on split dev: the estimator has seen the outcomes of split train.
ThresholdFit fit_threshold(const train::OutcomeData& data, std::shared_ptr<const TrainStats> stats, std::shared_ptr<const Estimator> questions,
                           double cost_scale);

/// Asks the best cheap model. Its reply is taken when its confidence, predicted from question and reply, is at least
/// P(the strong model is right) - cost_weight * cost_scale; otherwise the strong model is asked and its answer taken.
/// Needs agent mode and two turns; in simple mode the cheap answer stands.
class ThresholdCascade final : public Policy {
 public:
  explicit ThresholdCascade(std::shared_ptr<const ThresholdFit> fit) : fit_(std::move(fit)) {}
  boost::asio::awaitable<PolicyReply> decide(const DecisionPrompt& prompt, CallScope& scope) override;

 private:
  std::shared_ptr<const ThresholdFit> fit_;
};

/// policy::CascadePolicy with the two best cheap models and the strongest one of those offered. With fewer than two
/// cheap ones it asks the strongest alone.
class AgreementCascade final : public Policy {
 public:
  explicit AgreementCascade(std::shared_ptr<const TrainStats> stats) : stats_(std::move(stats)) {}
  boost::asio::awaitable<PolicyReply> decide(const DecisionPrompt& prompt, CallScope& scope) override;

 private:
  std::shared_ptr<const TrainStats> stats_;
};

}  // namespace xrouter::baselines
