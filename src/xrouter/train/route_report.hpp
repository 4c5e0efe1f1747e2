// What routing by a model would have cost and achieved on recorded outcomes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "xrouter/train/held_out.hpp"
#include "xrouter/train/outcome_data.hpp"

namespace xrouter::train {

/// One way of answering the questions of a set.
struct RoutePoint {
  std::string name = {};
  double cost_weight = 0;
  std::size_t questions = 0;
  std::size_t correct = 0;
  Usd cost = {};
  std::size_t compared = 0;   ///< questions for which two models were asked
  std::size_t escalated = 0;  ///< of these, a third one too

  double accuracy() const { return questions == 0 ? 0 : static_cast<double>(correct) / static_cast<double>(questions); }
  double usd_per_1000() const { return questions == 0 ? 0 : cost.to_double() * 1000 / static_cast<double>(questions); }
};

/// Mean of (a right) - (b right) over the same questions, with the half width of its 95 % interval.
struct PairedDifference {
  double mean = 0;
  double half_width = 0;
};

struct GroupReport {
  std::string group = {};
  std::size_t questions = 0;
  std::vector<RoutePoint> singles = {};   ///< every model on its own, best accuracy first
  std::vector<RoutePoint> routed = {};    ///< the policy, over the cost weights
  std::vector<RoutePoint> one_call = {};  ///< the same without comparing answers
  std::vector<RoutePoint> bare = {};      ///< the policy shown bare questions, at weight 1
  std::optional<RoutePoint> cascade = {}; ///< the two-cheap-agree bar of the group, if its models are there
  RoutePoint oracle = {};                 ///< the cheapest right model, else the cheapest
  PairedDifference to_best_single = {};   ///< of the policy at weight 1
};

/// The cost weights of a report.
const std::vector<double>& report_weights();

/// Every question is offered the models that have an outcome for it. A group is one of
/// OutcomeData::groups; "all" is added when there are several.
std::vector<GroupReport> report_routes(const OutcomeData& data, const policy::NgramModel& model, corpus::Split split);

/// The policy at weight 1 beside the single model of most right answers.
struct TuningPoint {
  RoutePoint routed = {};
  RoutePoint best_single = {};
};
/// One a group, over splits train and dev, each question routed by its held-out model.
std::vector<TuningPoint> tuning_points(const OutcomeData& data, const HeldOutModels& held_out);

}  // namespace xrouter::train
