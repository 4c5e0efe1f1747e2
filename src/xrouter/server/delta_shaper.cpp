#include "xrouter/server/delta_shaper.hpp"

#include <algorithm>

namespace xrouter::server {
namespace {

bool has_role(const ChatDelta& delta) {
  return std::ranges::any_of(delta.choices, [](const ChoiceDelta& choice) { return choice.role.has_value(); });
}
bool finishes(const ChatDelta& delta) {
  return std::ranges::any_of(delta.choices, [](const ChoiceDelta& choice) { return choice.finish_reason.has_value(); });
}
bool says_something(const ChoiceDelta& choice) {
  return choice.content || !choice.tool_calls.empty() || !choice.extra.empty() || !choice.logprobs.empty();
}

ChatDelta single(ChoiceDelta choice, ExtraFields extra) {
  ChatDelta delta;
  delta.choices.push_back(std::move(choice));
  delta.extra = std::move(extra);
  return delta;
}

ChatDelta finish_chunk(std::int64_t index, FinishReason reason) {
  ChoiceDelta last{.index = index};
  last.finish_reason = reason;
  return single(std::move(last), {});
}

}  // namespace

std::vector<ChatDelta> DeltaShaper::shape(const ChatDelta& delta) {
  const auto surplus = [this](const ChoiceDelta& choice) { return !wanted(choice.index); };
  if (std::ranges::any_of(delta.choices, surplus)) {
    ChatDelta rest = delta;
    std::erase_if(rest.choices, surplus);
    return rest.choices.empty() ? std::vector<ChatDelta>() : shape(rest);
  }
  std::vector<ChatDelta> out;
  if (!committed_) {
    // A role opens an answer; a second one means that the upstream was asked again.
    if (has_role(delta)) held_.clear();
    held_.push_back(delta);
    // When the hold is full the answer begins as well: dropping any of it would leave a hole.
    if (!delta.commits() && !finishes(delta) && held_.size() < kMaxHeld) return out;
    committed_ = true;
    for (const ChatDelta& early : std::exchange(held_, {}))
      for (const ChoiceDelta& choice : early.choices) shape_choice(choice, early.extra, out);
    return out;
  }
  for (const ChoiceDelta& choice : delta.choices) shape_choice(choice, delta.extra, out);
  return out;
}

void DeltaShaper::shape_choice(ChoiceDelta choice, const ExtraFields& extra, std::vector<ChatDelta>& out) {
  ChoiceState& state = choices_[choice.index];
  if (state.finished) return;
  const std::optional<FinishReason> finish = std::exchange(choice.finish_reason, std::nullopt);
  choice.role.reset();
  if (!state.role_sent) choice.role = Role::assistant;
  for (ToolCallDelta& tool : choice.tool_calls) {
    const bool first = state.tools.insert(tool.index).second;
    if (first && tool.type.empty()) tool.type = "function";
    if (first) continue;
    tool.id.clear();
    tool.type.clear();
    tool.name.clear();
  }
  const std::int64_t index = choice.index;
  if (says_something(choice) || !state.role_sent) {
    out.push_back(single(std::move(choice), extra));
    state.role_sent = true;
  }
  if (!finish) return;
  state.finished = true;
  out.push_back(finish_chunk(index, *finish));
}

std::vector<ChatDelta> DeltaShaper::close(const ChatReply& reply) {
  std::vector<ChatDelta> out;
  for (const Choice& choice : reply.choices) {
    if (!wanted(choice.index)) continue;
    ChoiceState& state = choices_[choice.index];
    if (std::exchange(state.finished, true)) continue;
    out.push_back(finish_chunk(choice.index, choice.finish_reason));
  }
  return out;
}

}  // namespace xrouter::server
