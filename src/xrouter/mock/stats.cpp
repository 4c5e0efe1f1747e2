#include "xrouter/mock/stats.hpp"

#include <algorithm>

#include "xrouter/json/writer.hpp"

namespace xrouter::mock {
namespace {

bool billable(const Usage& usage) {
  const auto sane = [](std::int64_t tokens) { return tokens >= 0 && tokens <= kMaxTokensPerReply; };
  return sane(usage.prompt_tokens) && sane(usage.completion_tokens) && sane(usage.cached_tokens) && sane(usage.cache_write_tokens) &&
         sane(usage.reasoning_tokens);
}

void write(json::Writer& out, std::string_view name, std::uint64_t number) { out.field(name, static_cast<std::int64_t>(number)); }

void write_model(json::Writer& out, const ModelCounters& model) {
  out.begin_object();
  write(out, "started", model.started);
  write(out, "completed", model.completed);
  write(out, "cancelled", model.cancelled);
  write(out, "cut", model.cut);
  out.field("prompt_tokens", model.prompt_tokens).field("completion_tokens", model.completion_tokens);
  out.field("cached_tokens", model.cached_tokens).field("reasoning_tokens", model.reasoning_tokens);
  out.field("charged_pico", model.charged.pico());
  write(out, "unpriced", model.unpriced);
  write(out, "unreported", model.unreported);
  out.end_object();
}

}  // namespace

void Stats::begin(const Plan& plan) {
  ++started_;
  if (plan.stream) ++streams_started_;
  most_in_flight_ = std::max(most_in_flight_, ++in_flight_);
  ++by_model_[plan.model].started;
  ++by_rule_[plan.rule];
}

void Stats::end(const Plan& plan, Outcome outcome, const Price* price) {
  if (in_flight_ > 0) --in_flight_;  // zero when the counters were reset meanwhile
  ModelCounters& model = by_model_[plan.model];
  switch (outcome) {
    case Outcome::completed:
      ++completed_;
      ++model.completed;
      ++by_status_[plan.status];
      if (plan.stream) ++streams_completed_;
      charge(plan, price, model);
      return;
    case Outcome::cut:
      ++cut_;
      ++model.cut;
      return;
    case Outcome::left_before_head: ++left_before_head_; break;
    case Outcome::left_before_first: ++left_before_first_; break;
    case Outcome::left_mid_response: ++left_mid_response_; break;
  }
  ++model.cancelled;
  if (plan.stream) ++streams_cancelled_;
}

void Stats::charge(const Plan& plan, const Price* price, ModelCounters& model) {
  if (!plan.usage) {
    if (plan.status == 200) ++model.unreported;
    return;
  }
  if (!price || !billable(*plan.usage)) {
    ++model.unpriced;
    return;
  }
  const Cost cost = price->cost_of(*plan.usage);
  model.prompt_tokens += plan.usage->prompt_tokens;
  model.completion_tokens += plan.usage->completion_tokens;
  model.cached_tokens += plan.usage->cached_tokens;
  model.reasoning_tokens += plan.usage->reasoning_tokens;
  model.charged += cost.known;
  charged_ += cost.known;
}

void Stats::reset() {
  const std::uint64_t in_flight = in_flight_;
  *this = Stats{};
  in_flight_ = most_in_flight_ = in_flight;
}

std::string Stats::to_json() const {
  json::Writer out;
  out.begin_object();
  write(out, "connections", connections_);
  write(out, "invalid_requests", invalid_);
  write(out, "started", started_);
  write(out, "completed", completed_);
  write(out, "cut", cut_);
  write(out, "cancelled", cancelled());
  write(out, "cancelled_before_head", left_before_head_);
  write(out, "cancelled_before_first", left_before_first_);
  write(out, "cancelled_mid_response", left_mid_response_);
  write(out, "in_flight", in_flight_);
  write(out, "most_in_flight", most_in_flight_);
  write(out, "streams_started", streams_started_);
  write(out, "streams_completed", streams_completed_);
  write(out, "streams_cancelled", streams_cancelled_);
  out.field("charged_pico", charged_.pico()).field("charged_usd", charged_.to_decimal());
  out.key("by_status").begin_object();
  for (const auto& [status, count] : by_status_) write(out, std::to_string(status), count);
  out.end_object().key("by_rule").begin_object();
  for (const auto& [rule, count] : by_rule_) write(out, rule, count);
  out.end_object().key("by_model").begin_object();
  for (const auto& [model, counters] : by_model_) {
    out.key(model);
    write_model(out, counters);
  }
  out.end_object().end_object();
  return out.take();
}

}  // namespace xrouter::mock
