#include "xrouter/baselines/ranking.hpp"

#include <algorithm>

#include "xrouter/policy/decisions.hpp"

namespace xrouter::baselines {
namespace {

bool was_asked(const Transcript& transcript, const ModelSpec* model) {
  return std::any_of(transcript.turns.begin(), transcript.turns.end(), [model](const Turn& turn) {
    return std::any_of(turn.calls.begin(), turn.calls.end(), [model](const CallRecord& record) { return record.model == model; });
  });
}

}  // namespace

Models offered_models(const EpisodeSpec& spec) {
  Models models;
  models.reserve(spec.offered.size());
  for (const OfferedModel& offered : spec.offered) models.push_back(offered.spec);
  return models;
}

std::size_t prompt_bytes_of(const ChatRequest& request) {
  std::size_t bytes = 0;
  for (const Message& message : request.messages) bytes += text_of(message.content).size();
  return bytes;
}

boost::asio::awaitable<PolicyReply> RankedPolicy::decide(const DecisionPrompt& prompt, CallScope&) {
  if (!prompt.may_call) co_return policy::give_up(prompt.transcript);
  const Models offered = offered_models(prompt.spec);
  const std::string text = last_user_text(prompt.spec.request);
  const RankingInput input{.text = text,
                           .prompt_bytes = prompt_bytes_of(prompt.spec.request),
                           .cost_weight = prompt.spec.cost_weight,
                           .seed = seed_,
                           .offered = offered};
  for (const RankedModel& ranked : (*ranking_)(input)) {
    if (was_asked(prompt.transcript, ranked.model)) continue;
    PolicyReply reply = policy::commit_to(ranked.model->id);
    reply.confidence = ranked.success;
    co_return reply;
  }
  co_return policy::give_up(prompt.transcript);
}

}  // namespace xrouter::baselines
