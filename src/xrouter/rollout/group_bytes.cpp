#include "xrouter/rollout/group_bytes.hpp"

#include <algorithm>
#include <limits>

#include "xrouter/rollout/byte_stream.hpp"

namespace xrouter::rollout {
namespace {

using learner::Choice;
using learner::TokenId;

constexpr std::string_view kMagic = "xrouter groups 1\n";
constexpr std::uint64_t kMaxInt = std::numeric_limits<int>::max();
constexpr std::uint64_t kMaxToken = std::numeric_limits<TokenId>::max();
constexpr std::size_t kMaxName = 4096;
constexpr std::size_t kMaxAnswer = std::size_t{64} << 20;

// --- writing ---

std::size_t common_length(const std::vector<TokenId>& a, const std::vector<TokenId>& b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

void write_choice(ByteWriter& out, const Choice& choice, int before) {
  out.number(static_cast<std::uint64_t>(choice.at - before));
  out.number(choice.among.size());
  TokenId last = 0;
  for (const TokenId id : choice.among) {  // ascending
    out.number(static_cast<std::uint64_t>(id - last));
    last = id;
  }
}

void write_trajectory(ByteWriter& out, const Trajectory& trajectory, const Trajectory& before) {
  const std::vector<TokenId>& tokens = trajectory.sequence.tokens;
  const std::size_t shared = common_length(tokens, before.sequence.tokens);
  out.number(shared);
  out.number(tokens.size() - shared);
  for (std::size_t i = shared; i < tokens.size(); ++i) out.number(static_cast<std::uint64_t>(tokens[i]));
  out.number(trajectory.sequence.choices.size());
  int last = 0;
  for (std::size_t i = 0; i < trajectory.sequence.choices.size(); ++i) {
    const Choice& choice = trajectory.sequence.choices[i];
    write_choice(out, choice, last);
    last = choice.at;
    out.real(trajectory.logprobs[i]);
    out.number(static_cast<std::uint64_t>(trajectory.turns[i]));
  }
  out.number(static_cast<std::uint64_t>(trajectory.prompt_tokens));
  out.number(static_cast<std::uint64_t>(trajectory.router_tokens));
  out.text(trajectory.policy_version);
}

void write_rollout(ByteWriter& out, const Rollout& rollout, const Trajectory& before) {
  out.text(rollout.sample);
  out.number(static_cast<std::uint64_t>(rollout.index));
  write_trajectory(out, rollout.trajectory, before);
  out.number(static_cast<std::uint64_t>(rollout.verdict));
  out.real(rollout.score);
  out.real(rollout.cost_weight);
  for (const Usd cost : {rollout.router_cost, rollout.target_cost, rollout.wasted_cost}) out.signed_number(cost.pico());
  out.flag(rollout.cost_known);
  out.flag(rollout.reference_cost.has_value());
  if (rollout.reference_cost) out.signed_number(rollout.reference_cost->pico());
  out.real(rollout.seconds);
  out.number(static_cast<std::uint64_t>(rollout.source));
  out.flag(rollout.final_call);
  out.number(static_cast<std::uint64_t>(rollout.stop));
  out.flag(rollout.cut_off);
  out.number(static_cast<std::uint64_t>(rollout.turns));
  out.number(rollout.calls.size());
  for (const std::string& call : rollout.calls) out.text(call);
  out.number(static_cast<std::uint64_t>(rollout.refused_calls));
  out.number(static_cast<std::uint64_t>(rollout.failed_calls));
  out.text(rollout.first_action);
  out.text(rollout.answer);
}

// --- reading ---

class GroupReader {
 public:
  GroupReader(std::string_view bytes, const GroupBytesLimits& limits)
      : in_(bytes),
        rollouts_left_(limits.max_rollouts),
        tokens_left_(limits.max_tokens),
        among_left_(limits.max_tokens),
        max_groups_(limits.max_groups) {}

  std::vector<Group> groups();
  const std::string& problem() const { return in_.problem(); }

 private:
  int integer(std::string_view what) { return static_cast<int>(in_.number(kMaxInt, what)); }
  template <class Enum>
  Enum one_of(Enum last, std::string_view what) {
    return static_cast<Enum>(in_.number(static_cast<std::uint64_t>(last), what));
  }
  /// Takes from what is left of a limit.
  std::size_t within(std::size_t& left, std::size_t count, std::string_view what) {
    if (count > left) return in_.fail("too many " + std::string(what)), 0;
    left -= count;
    return count;
  }
  TokenId token(std::uint64_t value) {
    if (value > kMaxToken) return in_.fail("a token is out of range"), 0;
    return static_cast<TokenId>(value);
  }

  Group group();
  Rollout rollout(const Trajectory& before);
  Trajectory trajectory(const Trajectory& before);
  std::vector<TokenId> tokens(const std::vector<TokenId>& before);
  Choice choice(int last, const std::vector<TokenId>& tokens);
  Usd amount() { return Usd::from_pico(in_.signed_number("an amount")); }

  ByteReader in_;
  std::size_t rollouts_left_, tokens_left_, among_left_, max_groups_;
};

std::vector<TokenId> GroupReader::tokens(const std::vector<TokenId>& before) {
  const auto shared = static_cast<std::size_t>(in_.number(before.size(), "shared tokens"));
  const std::size_t fresh = in_.count(tokens_left_, "tokens");
  const std::size_t all = within(tokens_left_, shared + fresh, "tokens");
  std::vector<TokenId> out;
  if (!in_.ok()) return out;
  out.reserve(all);
  out.assign(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(shared));
  for (std::size_t i = 0; i < fresh && in_.ok(); ++i) out.push_back(token(in_.number(kMaxToken, "a token")));
  return out;
}

Choice GroupReader::choice(int last, const std::vector<TokenId>& tokens) {
  Choice out;
  const std::uint64_t at = static_cast<std::uint64_t>(last) + in_.number(kMaxInt, "a choice");
  if (in_.ok() && (at == static_cast<std::uint64_t>(last) || at >= tokens.size())) in_.fail("a choice lies outside its sequence");
  out.at = static_cast<int>(at);
  const std::size_t count = within(among_left_, in_.count(among_left_, "alternatives"), "alternatives");
  std::uint64_t id = 0;
  for (std::size_t i = 0; i < count && in_.ok(); ++i) {
    const std::uint64_t more = in_.number(kMaxToken, "an alternative");
    if (i > 0 && more == 0) in_.fail("alternatives do not ascend");
    id += more;
    out.among.push_back(token(id));
  }
  const bool holds_chosen =
      out.among.empty() || !in_.ok() || std::binary_search(out.among.begin(), out.among.end(), tokens[static_cast<std::size_t>(out.at)]);
  if (!holds_chosen) in_.fail("a choice is not among its alternatives");
  return out;
}

Trajectory GroupReader::trajectory(const Trajectory& before) {
  Trajectory out;
  out.sequence.tokens = tokens(before.sequence.tokens);
  const std::size_t choices = in_.count(out.sequence.tokens.size(), "choices");
  int last = 0;
  for (std::size_t i = 0; i < choices && in_.ok(); ++i) {
    out.sequence.choices.push_back(choice(last, out.sequence.tokens));
    last = out.sequence.choices.back().at;
    out.logprobs.push_back(in_.real32("a log-prob"));
    out.turns.push_back(integer("a turn"));
  }
  out.prompt_tokens = integer("prompt tokens");
  out.router_tokens = integer("router tokens");
  out.policy_version = in_.text(kMaxName, "a policy version");
  return out;
}

Rollout GroupReader::rollout(const Trajectory& before) {
  Rollout out;
  out.sample = in_.text(kMaxName, "a sample's id");
  out.index = integer("an index");
  out.trajectory = trajectory(before);
  out.verdict = one_of(Verdict::unscored, "a verdict");
  out.score = in_.real("a score");
  out.cost_weight = in_.real("a cost weight");
  for (Usd* cost : {&out.router_cost, &out.target_cost, &out.wasted_cost}) *cost = amount();
  out.cost_known = in_.flag("a flag");
  if (in_.flag("a flag")) out.reference_cost = amount();
  out.seconds = in_.real("a time");
  out.source = one_of(AnswerSource::none, "a source");
  out.final_call = in_.flag("a flag");
  out.stop = one_of(StopReason::calls_failed, "a reason");
  out.cut_off = in_.flag("a flag");
  out.turns = integer("turns");
  const std::size_t calls = in_.count(kMaxInt, "calls");
  for (std::size_t i = 0; i < calls && in_.ok(); ++i) out.calls.push_back(in_.text(kMaxName, "a model"));
  out.refused_calls = integer("refused calls");
  out.failed_calls = integer("failed calls");
  out.first_action = in_.text(kMaxName, "an action");
  out.answer = in_.text(kMaxAnswer, "an answer");
  return out;
}

Group GroupReader::group() {
  Group out;
  out.sample = static_cast<std::size_t>(in_.number(std::numeric_limits<std::size_t>::max(), "a sample"));
  out.drawn_at = in_.number(UINT64_MAX, "a step");
  const std::size_t count = within(rollouts_left_, in_.count(rollouts_left_, "rollouts"), "rollouts");
  const Trajectory nothing;
  for (std::size_t i = 0; i < count && in_.ok(); ++i) out.rollouts.push_back(rollout(i == 0 ? nothing : out.rollouts.back().trajectory));
  return out;
}

std::vector<Group> GroupReader::groups() {
  std::vector<Group> out;
  const std::size_t count = in_.count(max_groups_, "groups");
  for (std::size_t i = 0; i < count && in_.ok(); ++i) out.push_back(group());
  if (in_.ok() && in_.left() > 0) in_.fail("something stands behind the end");
  return out;
}

}  // namespace

std::string encode_groups(const std::vector<Group>& groups) {
  ByteWriter out;
  out.raw(kMagic);
  out.number(groups.size());
  const Trajectory nothing;
  for (const Group& group : groups) {
    out.number(group.sample);
    out.number(group.drawn_at);
    out.number(group.rollouts.size());
    for (std::size_t i = 0; i < group.rollouts.size(); ++i)
      write_rollout(out, group.rollouts[i], i == 0 ? nothing : group.rollouts[i - 1].trajectory);
  }
  return out.take();
}

Result<std::vector<Group>> decode_groups(std::string_view bytes, const GroupBytesLimits& limits) {
  if (bytes.size() > limits.max_bytes)
    return fail(ErrorKind::config, "saved rollouts: more than " + std::to_string(limits.max_bytes) + " bytes");
  if (!bytes.starts_with(kMagic)) return fail(ErrorKind::config, "saved rollouts: not of this version of xrouter");
  GroupReader reader(bytes.substr(kMagic.size()), limits);
  std::vector<Group> groups = reader.groups();
  if (!reader.problem().empty()) return fail(ErrorKind::config, "saved rollouts: " + reader.problem());
  return groups;
}

}  // namespace xrouter::rollout
