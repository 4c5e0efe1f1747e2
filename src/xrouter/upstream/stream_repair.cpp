#include "xrouter/upstream/stream_repair.hpp"

#include <algorithm>

namespace xrouter::upstream {
namespace {

tl::unexpected<Error> invalid(const char* why) {
  return fail(ErrorKind::upstream_invalid, "The upstream's answer could not be used.", why);
}

void join(ToolCallDelta& opening, ToolCallDelta& fragment) {
  opening.index = fragment.index;
  if (!fragment.id.empty()) opening.id = std::move(fragment.id);
  if (!fragment.type.empty()) opening.type = std::move(fragment.type);
  if (!fragment.name.empty()) opening.name = std::move(fragment.name);
  opening.arguments += fragment.arguments;
  opening.custom = opening.custom || fragment.custom;
  opening.extra.insert(opening.extra.end(), fragment.extra.begin(), fragment.extra.end());
}

}  // namespace

// False: nothing of it may leave yet.
bool StreamRepair::take(Call& call, ToolCallDelta& fragment) {
  if (call.open) {
    fragment.custom = call.opening.custom;
    return true;
  }
  join(call.opening, fragment);
  ToolCallDelta& opening = call.opening;
  if (opening.name.empty()) return false;
  if (opening.id.empty()) opening.id = made_up_call_id(opening.index);
  if (opening.type.empty()) opening.type = opening.custom ? "custom" : "function";
  opening.custom = opening.type == "custom";
  fragment = opening;
  opening.arguments.clear();
  call.open = true;
  return true;
}

void StreamRepair::apply(ChatDelta& delta) {
  std::erase_if(delta.choices, [&](const ChoiceDelta& choice) { return choice.index >= choices_; });
  for (ChoiceDelta& choice : delta.choices) {
    first_choice_ = first_choice_ || choice.index == 0;
    std::vector<ToolCallDelta> ready;
    for (ToolCallDelta& fragment : choice.tool_calls)
      if (take(calls_[{choice.index, fragment.index}], fragment)) ready.push_back(std::move(fragment));
    choice.tool_calls = std::move(ready);
  }
}

Result<void> StreamRepair::complete() const {
  if (!first_choice_) return invalid("the stream has no first choice");
  const bool named = std::all_of(calls_.begin(), calls_.end(), [](const auto& entry) { return entry.second.open; });
  if (!named) return invalid("a tool call without a name");
  return {};
}

}  // namespace xrouter::upstream
