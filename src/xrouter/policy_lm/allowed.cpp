#include "xrouter/policy_lm/allowed.hpp"

#include <algorithm>
#include <bit>

#include "xrouter/engine/arguments.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/policy/router_prompt.hpp"

namespace xrouter::policy_lm {
namespace {

// The engine refuses a direct answer of more than four bytes for each token that the caller allows. Rounded down to a
// power of two, so that requests with many different limits share few grammars.
int longest_answer(const EpisodeSpec& spec, int otherwise) {
  constexpr std::uint64_t kBytesPerToken = 4;
  const auto cap = static_cast<std::uint64_t>(std::max<std::int64_t>(spec.request.sampling.max_output_tokens.value_or(otherwise), 1));
  return static_cast<int>(std::bit_floor(std::min<std::uint64_t>(cap, static_cast<std::uint64_t>(otherwise) / kBytesPerToken) * kBytesPerToken));
}

RawJson selection_schema(const std::vector<const CallRecord*>& successes) {
  json::Writer schema;
  schema.begin_object().field("type", "object").key("properties").begin_object();
  schema.key(kCallIdArgument).begin_object().field("type", "string").key("enum").begin_array();
  for (const CallRecord* success : successes) schema.value(std::string_view(success->id.value));
  schema.end_array().end_object().end_object();
  schema.key("required").begin_array().value(kCallIdArgument).end_array().field("additionalProperties", false).end_object();
  return RawJson{schema.take()};
}

}  // namespace

Result<Allowed> allowed_now(const DecisionPrompt& prompt, chat_format::Thinking thinking) {
  const EpisodeSpec& spec = prompt.spec;
  const std::vector<const CallRecord*> successes = prompt.transcript.successes();
  Allowed allowed;
  if (prompt.may_call)
    for (const OfferedModel& model : spec.offered) allowed.tools.push_back(policy::call_tool(model, spec.mode));
  if (spec.mode == Mode::agent && !successes.empty()) {
    allowed.tools.push_back(policy::select_tool());
    allowed.tools.back().parameters = selection_schema(successes);
  }
  allowed.rules.thinking = thinking;
  allowed.rules.may_answer = prompt.may_answer;
  allowed.rules.max_text_bytes = longest_answer(spec, allowed.rules.max_text_bytes);
  allowed.rules.min_calls = prompt.may_answer ? 0 : 1;
  allowed.rules.max_calls = std::max(1, policy::calls_allowed(prompt));  // a selection is one, too
  if (allowed.tools.empty()) allowed.rules.max_calls = 0;
  if (allowed.tools.empty() && !prompt.may_answer)
    return fail(ErrorKind::no_usable_answer, "The router may neither answer nor call a model.");
  return allowed;
}

}  // namespace xrouter::policy_lm
