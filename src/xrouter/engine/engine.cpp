// The small functions of the engine's value types.
#include <algorithm>
#include <array>

#include "xrouter/engine/arguments.hpp"
#include "xrouter/engine/ledger.hpp"
#include "xrouter/engine/outcome.hpp"
#include "xrouter/engine/spec.hpp"
#include "xrouter/engine/transcript.hpp"

namespace xrouter {
namespace {

template <class Enum, std::size_t N>
std::optional<Enum> index_of(const std::array<std::string_view, N>& names, std::string_view text) {
  const auto it = std::find(names.begin(), names.end(), text);
  if (it == names.end()) return std::nullopt;
  return static_cast<Enum>(it - names.begin());
}

constexpr std::array<std::string_view, 3> kUsageSources{"reported", "estimated", "none"};
constexpr std::array<std::string_view, 2> kSpenders{"router", "target"};
constexpr std::array<std::string_view, 3> kCallStatuses{"ok", "failed", "refused"};
constexpr std::array<std::string_view, 2> kModes{"agent", "simple"};
constexpr std::array<std::string_view, 5> kAnswerSources{"direct", "selected", "synthesised", "last_reply", "none"};
constexpr std::array<std::string_view, 7> kStopReasons{"answered", "turn_limit", "cost_limit", "deadline", "cancelled", "policy_failed", "calls_failed"};

}  // namespace

std::string_view to_text(UsageSource source) { return kUsageSources[static_cast<std::size_t>(source)]; }
std::optional<UsageSource> usage_source_of(std::string_view text) { return index_of<UsageSource>(kUsageSources, text); }
std::string_view to_text(Spender spender) { return kSpenders[static_cast<std::size_t>(spender)]; }
std::string_view to_text(CallStatus status) { return kCallStatuses[static_cast<std::size_t>(status)]; }
std::string_view to_text(Mode mode) { return kModes[static_cast<std::size_t>(mode)]; }
std::optional<Mode> mode_of(std::string_view text) { return index_of<Mode>(kModes, text); }
std::string_view to_text(AnswerSource source) { return kAnswerSources[static_cast<std::size_t>(source)]; }
std::string_view to_text(StopReason reason) { return kStopReasons[static_cast<std::size_t>(reason)]; }

Cost Ledger::total() const {
  Cost sum;
  for (const CostLine& line : lines_) sum += line.record.cost;
  return sum;
}

Cost Ledger::total(Spender spender) const {
  Cost sum;
  for (const CostLine& line : lines_)
    if (line.spender == spender) sum += line.record.cost;
  return sum;
}

Usage Ledger::usage() const {
  Usage sum;
  for (const CostLine& line : lines_) sum += line.record.usage;
  return sum;
}

bool commits(const PolicyReply& reply) {
  const auto says_final = [](const ToolCall& call) {
    const Result<CallArguments> arguments = parse_call_arguments(call.arguments);
    return arguments && arguments->final;
  };
  return reply.commit || (!reply.tool_calls.empty() && std::all_of(reply.tool_calls.begin(), reply.tool_calls.end(), says_final));
}

int Transcript::calls_made() const {
  int made = 0;
  for (const Turn& turn : turns)
    made += static_cast<int>(std::count_if(turn.calls.begin(), turn.calls.end(), [](const CallRecord& r) { return r.status != CallStatus::refused; }));
  return made;
}

std::vector<const CallRecord*> Transcript::successes() const {
  std::vector<const CallRecord*> found;
  for (const Turn& turn : turns)
    for (const CallRecord& record : turn.calls)
      if (record.status == CallStatus::ok) found.push_back(&record);
  return found;
}

std::int64_t output_cap(const ModelSpec& model, const Sampling& sampling, const EpisodeLimits& limits) {
  const std::int64_t one_choice = std::min(sampling.max_output_tokens.value_or(limits.default_output_tokens), model.max_output_tokens);
  return one_choice * sampling.n.value_or(1);
}

std::vector<OfferedModel> offer(const ModelCatalog& catalog, const std::vector<ModelId>& ids) {
  std::vector<OfferedModel> offered;
  for (const ModelId& id : ids)
    if (const ModelSpec* model = catalog.find(id); model && model->active) offered.push_back({.spec = model, .tool_name = tool_name_of(id)});
  return offered;
}

std::vector<OfferedModel> offer_all(const ModelCatalog& catalog) {
  std::vector<OfferedModel> offered;
  for (const ModelSpec& model : catalog.models())
    if (model.active) offered.push_back({.spec = &model, .tool_name = tool_name_of(model.id)});
  return offered;
}

}  // namespace xrouter
