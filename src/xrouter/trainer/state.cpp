#include "xrouter/trainer/state.hpp"

#include <bit>
#include <limits>

#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/rollout/group_bytes.hpp"

namespace xrouter::trainer {
namespace {

// One line of JSON, a line end, then the waiting groups as rollout/group_bytes.hpp writes them.
constexpr std::int64_t kVersion = 1;
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::size_t kMaxWaiting = 1'000'000;

std::int64_t bits(double value) { return std::bit_cast<std::int64_t>(value); }
double from_bits(std::int64_t value) { return std::bit_cast<double>(value); }

void write_facts(json::Writer& out, const rl::GroupFacts& facts) {
  out.begin_object();
  out.field("handle", static_cast<std::int64_t>(facts.handle)).field("drawn_at", static_cast<std::int64_t>(facts.drawn_at));
  out.field("right", facts.right).field("wrong", facts.wrong).field("unscored", facts.unscored).field("cost_spread", bits(facts.cost_spread));
  out.end_object();
}

Result<rl::GroupFacts> read_facts(const boost::json::value& value) {
  json::ObjectReader in(value, "waiting");
  rl::GroupFacts facts;
  facts.handle = static_cast<std::uint64_t>(in.integer("handle", 0, kMax));
  facts.drawn_at = static_cast<std::uint64_t>(in.integer("drawn_at", 0, kMax));
  facts.right = static_cast<int>(in.integer("right", 0, 1 << 30));
  facts.wrong = static_cast<int>(in.integer("wrong", 0, 1 << 30));
  facts.unscored = static_cast<int>(in.integer("unscored", 0, 1 << 30));
  facts.cost_spread = from_bits(in.integer("cost_spread", kMin, kMax));
  if (!in.ok()) return fail(in.error());
  return facts;
}

Result<void> read_waiting(TrainerState& state, const boost::json::array& facts, std::string_view bytes) {
  auto groups = rollout::decode_groups(bytes);
  if (!groups) return fail(groups.error());
  if (groups->size() != facts.size()) return fail(ErrorKind::config, "the waiting groups are not those of the state");
  for (std::size_t i = 0; i < facts.size(); ++i) {
    auto read = read_facts(facts[i]);
    if (!read) return fail(read.error());
    state.waiting.push_back({*read, std::move((*groups)[i])});
  }
  return {};
}

Result<void> read_parts(TrainerState& state, json::ObjectReader& in, std::string_view groups) {
  const std::string quantiles = in.string("quantiles");
  const std::string alarms = in.string("alarms");
  const boost::json::array* facts = in.optional_array("waiting", kMaxWaiting);
  if (facts == nullptr) in.fail_at("waiting", "is missing");
  if (!in.ok()) return fail(in.error());
  auto read = rl::CostQuantiles::from_json(quantiles);
  if (!read) return fail(read.error());
  state.quantiles = std::move(*read);
  if (auto restored = state.alarms.restore(alarms); !restored) return restored;
  return read_waiting(state, *facts, groups);
}

}  // namespace

TrainerState first_state(const TrainConfig& config) {
  TrainerState state;
  state.alarms = rl::Alarms(config.alarms.options);
  return state;
}

void count_costs(TrainerState& state, std::span<const rollout::Group> groups) {
  for (const rollout::Group& group : groups) {
    for (const rollout::Rollout& rollout : group.rollouts) state.spent += rollout.router_cost + rollout.target_cost;
    state.rollouts += static_cast<std::int64_t>(group.rollouts.size());
  }
}

std::string to_bytes(const TrainerState& state) {
  json::Writer out;
  out.begin_object();
  out.field("version", kVersion).field("stage", state.stage).field("stage_step", state.stage_step).field("drawn", state.drawn).field("step", state.step);
  out.field("learning_rate_scale", bits(state.learning_rate_scale)).field("rollbacks", state.rollbacks);
  out.field("skipped", state.skipped).field("skipped_in_a_row", state.skipped_in_a_row);
  out.field("unscored_in_a_row", state.unscored_in_a_row);
  out.field("quantiles", state.quantiles.to_json()).field("cost_scale", bits(state.cost_scale.value())).field("cost_scale_started", state.cost_scale.started());
  out.field("alarms", state.alarms.to_json()).field("next_handle", static_cast<std::int64_t>(state.next_handle));
  out.field("spent", state.spent.pico()).field("rollouts", state.rollouts);
  if (state.last_validation) out.field("last_validation", bits(*state.last_validation));
  out.key("waiting").begin_array();
  std::vector<rollout::Group> groups;
  for (const WaitingGroup& waiting : state.waiting) {
    write_facts(out, waiting.facts);
    groups.push_back(waiting.group);
  }
  out.end_array().end_object();
  return out.take() + "\n" + rollout::encode_groups(groups);
}

Result<TrainerState> parse_state(std::string_view bytes, const TrainConfig& config) {
  const std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return fail(ErrorKind::config, "the state of the run is cut short");
  auto value = json::parse(bytes.substr(0, end));
  if (!value) return fail(ErrorKind::config, "the state of the run cannot be read: " + value.error().public_text);
  if (!value->is_object()) return fail(ErrorKind::config, "the state of the run is no object");
  json::ObjectReader in(*value);
  TrainerState state = first_state(config);
  in.integer("version", kVersion, kVersion);
  state.stage = static_cast<std::size_t>(in.integer("stage", 0, static_cast<std::int64_t>(config.stages.size())));
  state.stage_step = in.integer("stage_step", 0, kMax);
  state.drawn = in.integer("drawn", 0, kMax);
  state.step = in.integer("step", 0, kMax);
  state.learning_rate_scale = from_bits(in.integer("learning_rate_scale", kMin, kMax));
  state.rollbacks = static_cast<int>(in.integer("rollbacks", 0, 1 << 30));
  state.skipped = in.integer("skipped", 0, kMax);
  state.skipped_in_a_row = static_cast<int>(in.integer("skipped_in_a_row", 0, 1 << 30));
  state.unscored_in_a_row = static_cast<int>(in.optional_integer("unscored_in_a_row", 0, 1 << 30).value_or(0));
  const double scale = from_bits(in.integer("cost_scale", kMin, kMax));
  state.cost_scale.restore(scale, in.optional_bool("cost_scale_started").value_or(false));
  state.next_handle = static_cast<std::uint64_t>(in.integer("next_handle", 1, kMax));
  state.spent = Usd::from_pico(in.integer("spent", 0, kMax));
  state.rollouts = in.integer("rollouts", 0, kMax);
  if (const auto last = in.optional_integer("last_validation", kMin, kMax)) state.last_validation = from_bits(*last);
  if (auto read = read_parts(state, in, bytes.substr(end + 1)); !read) return fail(ErrorKind::config, "the state of the run cannot be read: " + read.error().public_text);
  return state;
}

}  // namespace xrouter::trainer
