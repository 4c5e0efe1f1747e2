#include "xrouter/rl/alarms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "xrouter/json/exact_double.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/rl/options_check.hpp"

namespace xrouter::rl {
namespace {

constexpr double kKeepLength = 0.95, kKeepReward = 0.9;  // of running means

bool all_finite(const StepSigns& signs) {
  const double values[] = {signs.loss,       signs.grad_norm,     signs.entropy, signs.top_model_share,
                           signs.call_share, signs.router_tokens, signs.reward,  signs.mismatch_kl};
  return std::all_of(std::begin(values), std::end(values), [](double value) { return std::isfinite(value); });
}

/// One watched figure against its limit.
struct Watch {
  const char* what;
  double value = 0;
  double limit = 0;
  bool below = false;  ///< bad when below the limit, else above
  bool watched = false;

  bool bad() const { return watched && (below ? value < limit : value > limit); }
  std::string said(int steps) const {
    return fmt::format("{} {:.4g} is {} {:.4g} ({} {})", what, value, below ? "below" : "above", limit, steps,
                       steps == 1 ? "step" : "steps");
  }
};

Watch at_least(const char* what, double value, const std::optional<double>& limit) {
  return {what, value, limit.value_or(0), true, limit.has_value()};
}
Watch at_most(const char* what, double value, const std::optional<double>& limit) {
  return {what, value, limit.value_or(0), false, limit.has_value()};
}

double exact_number(json::ObjectReader& in, std::string_view name) {
  const std::optional<double> number = json::exact_double(in.string(name));
  if (!number || !std::isfinite(*number)) in.fail_at(name, "must be a number as text");
  return number.value_or(0);
}

bool is_limit(const std::optional<double>& limit) { return !limit || is_amount(*limit); }

}  // namespace

Result<void> check(const AlarmOptions& options) {
  return all_kept({
      {is_limit(options.min_entropy), "alarms.min_entropy: must be at least 0"},
      {is_limit(options.max_top_model_share), "alarms.max_top_model_share: must be at least 0"},
      {is_limit(options.min_call_share), "alarms.min_call_share: must be at least 0"},
      {is_limit(options.max_call_share), "alarms.max_call_share: must be at least 0"},
      {!options.max_length_growth || (std::isfinite(*options.max_length_growth) && *options.max_length_growth > 1),
       "alarms.max_length_growth: must be above 1"},
      {is_limit(options.max_reward_drop), "alarms.max_reward_drop: must be at least 0"},
      {is_limit(options.max_mismatch_kl), "alarms.max_mismatch_kl: must be at least 0"},
      {options.calm_steps >= 0, "alarms.calm_steps: must be at least 0"},
      {options.patience > 0, "alarms.patience: must be above 0"},
      {options.recovery > 0, "alarms.recovery: must be above 0"},
  });
}

bool Alarms::sustained(Sign& sign, bool bad) const {
  if (bad) {
    ++sign.bad;
    sign.good = 0;
  } else if (sign.bad > 0 && ++sign.good >= options_.recovery) {
    sign = {};
  }
  return sign.bad >= options_.patience;
}

Alarm Alarms::observe(const StepSigns& signs) {
  if (!all_finite(signs)) return {.level = AlarmLevel::roll_back, .reasons = {"a figure of the step is not a finite number"}};

  const bool first = steps_ == 0;
  const double mean_reward = first ? signs.reward : kKeepReward * mean_reward_ + (1 - kKeepReward) * signs.reward;
  const double mean_length = first ? signs.router_tokens : mean_length_;
  if (!best_reward_ || mean_reward > *best_reward_) best_reward_ = mean_reward;
  const std::optional<double> longest =
      options_.max_length_growth ? std::optional(*options_.max_length_growth * mean_length) : std::nullopt;
  const std::optional<double> lowest_reward =
      options_.max_reward_drop ? std::optional(*best_reward_ - *options_.max_reward_drop) : std::nullopt;

  const std::array<Watch, kSigns> watches = {
      at_least("entropy", signs.entropy, options_.min_entropy),
      at_most("share of the most called model", signs.top_model_share, options_.max_top_model_share),
      at_least("share of episodes with a call", signs.call_share, options_.min_call_share),
      at_most("share of episodes with a call", signs.call_share, options_.max_call_share),
      at_most("router tokens per episode", signs.router_tokens, longest),
      at_least("running mean of the reward", mean_reward, lowest_reward),
      at_most("KL between rollouts and trainer", signs.mismatch_kl, options_.max_mismatch_kl),
  };
  mean_reward_ = mean_reward;
  // A jump in length does not become the new measure while it lasts.
  constexpr std::size_t kLength = 4;
  mean_length_ = first || watches[kLength].bad() ? mean_length : kKeepLength * mean_length + (1 - kKeepLength) * signs.router_tokens;
  if (steps_++ < options_.calm_steps) return {};

  Alarm alarm;
  for (std::size_t i = 0; i < kSigns; ++i) {
    const bool bad = watches[i].bad();
    const bool lasting = sustained(signs_[i], bad);
    if (!bad) continue;
    alarm.level = std::max(alarm.level, lasting ? AlarmLevel::roll_back : AlarmLevel::warn);
    alarm.reasons.push_back(watches[i].said(signs_[i].bad));
  }
  return alarm;
}

void Alarms::reset() {
  signs_ = {};
  steps_ = 0;
}

std::string Alarms::to_json() const {
  json::Writer out;
  out.begin_object()
      .field("steps", steps_)
      .field("mean_length", json::exact_text(mean_length_))
      .field("mean_reward", json::exact_text(mean_reward_));
  if (best_reward_) out.field("best_reward", json::exact_text(*best_reward_));
  out.key("signs").begin_array();
  for (const Sign& sign : signs_) out.begin_object().field("bad", sign.bad).field("good", sign.good).end_object();
  out.end_array().end_object();
  return out.take();
}

Result<void> Alarms::restore(std::string_view text) {
  constexpr std::int64_t kMany = 1'000'000'000'000;
  const auto value = json::parse(text);
  if (!value) return fail(ErrorKind::config, "the alarms of a checkpoint cannot be read: " + value.error().public_text);
  json::ObjectReader in(*value, "alarms");
  Alarms made(options_);
  made.steps_ = in.integer("steps", 0, kMany);
  made.mean_length_ = exact_number(in, "mean_length");
  made.mean_reward_ = exact_number(in, "mean_reward");
  if (in.has("best_reward")) made.best_reward_ = exact_number(in, "best_reward");
  const boost::json::array* signs = in.optional_array("signs", kSigns);
  if (in.ok() && (signs == nullptr || signs->size() != kSigns)) in.fail_at("signs", fmt::format("must have {} entries", kSigns));
  for (std::size_t i = 0; in.ok() && i < kSigns; ++i) {
    json::ObjectReader sign((*signs)[i], fmt::format("alarms.signs[{}]", i));
    made.signs_[i].bad = static_cast<int>(sign.integer("bad", 0, 1'000'000'000));
    made.signs_[i].good = static_cast<int>(sign.integer("good", 0, 1'000'000'000));
    in.take_error_of(sign);
  }
  if (!in.ok()) return fail(ErrorKind::config, in.error().public_text);
  *this = made;
  return {};
}

}  // namespace xrouter::rl
