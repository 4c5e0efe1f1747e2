#include "xrouter/rollout/teacher/seen_result.hpp"

#include "xrouter/json/parse.hpp"
#include "xrouter/policy/agreement.hpp"
#include "xrouter/policy/call_result.hpp"

namespace xrouter::rollout {

SeenResult seen_result(const DecisionPrompt& prompt, const CallRecord& call) {
  std::vector<const CallRecord*> earlier;
  bool found = false;
  for (const Turn& turn : prompt.transcript.turns) {
    for (const CallRecord& record : turn.calls) {
      found = found || &record == &call;
      if (!found) earlier.push_back(&record);
    }
  }
  const policy::ResultContext context{.earlier = earlier,
                                      .one_answer_wanted = policy::asks_for_an_answer(last_user_text(prompt.spec.request))};
  const auto told = json::parse(policy::render_call_result(call, context));
  if (!told || !told->is_object()) return {};
  const boost::json::object& members = told->get_object();
  return {.states_answer = members.contains("final_answer"), .agrees = members.contains("agrees_with")};
}

}  // namespace xrouter::rollout
