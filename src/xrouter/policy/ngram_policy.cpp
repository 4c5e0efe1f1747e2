#include "xrouter/policy/ngram_policy.hpp"

#include <algorithm>

#include "xrouter/policy/agreement.hpp"
#include "xrouter/policy/decisions.hpp"
#include "xrouter/policy/ngram_plan.hpp"

namespace xrouter::policy {
namespace {

std::size_t bytes_of(const ChatRequest& request) {
  std::size_t bytes = 0;
  for (const Message& message : request.messages) bytes += text_of(message.content).size();
  return bytes;
}

bool affordable(const ModelSpec& model, const DecisionPrompt& prompt) {
  if (!prompt.cost_left) return true;
  const ChatRequest& request = prompt.spec.request;
  const std::int64_t output = output_cap(model, request.sampling, prompt.spec.limits);
  const auto worst = model.price.worst_case(prompt.spec.estimator.prompt_tokens(request), output);
  return worst && *worst <= *prompt.cost_left;
}

bool called(const Transcript& transcript, const ModelSpec* model) {
  for (const Turn& turn : transcript.turns)
    for (const CallRecord& record : turn.calls)
      if (record.model == model) return true;
  return false;
}

bool may_compare(const DecisionPrompt& prompt, const std::string& text) {
  const EpisodeSpec& spec = prompt.spec;
  const EpisodeLimits& limits = spec.limits;
  const bool room = prompt.turn + 1 <= limits.max_turns && limits.max_calls_per_turn >= 2 && prompt.transcript.calls_made() + 3 <= limits.max_calls;
  const bool one_text = spec.request.tools.empty() && spec.request.sampling.n.value_or(1) == 1;
  return spec.mode == Mode::agent && room && one_text && asks_for_an_answer(text);
}

// Everything one decision looks at: the offered models in order, those that may still be called.
class Decision {
 public:
  Decision(const NgramModel& model, const DecisionPrompt& prompt) : model_(model), prompt_(prompt), text_(last_user_text(prompt.spec.request)) {
    std::vector<const ModelSpec*> models;
    for (const OfferedModel& offered : prompt.spec.offered) models.push_back(offered.spec);
    const PlanInput input{.text = text_, .prompt_bytes = bytes_of(prompt.spec.request), .cost_weight = prompt.spec.cost_weight};
    all_ = assess(model, input, models);
    for (const Candidate& candidate : all_) {
      if (called(prompt.transcript, candidate.spec)) continue;
      if (affordable(*candidate.spec, prompt))
        open_.push_back(candidate);
      else
        ++too_dear_;
    }
  }

  PolicyReply reply() const {
    const auto successes = prompt_.transcript.successes();
    if (successes.empty()) return prompt_.may_call ? first_opinion() : give_up(prompt_.transcript);
    if (successes.size() >= 2 && prompt_.transcript.turns.size() == 1) return after_comparison(*successes[0], *successes[1]);
    return take_best(successes);
  }

 private:
  const AgreementModel& agreement() const { return model_.parameters().agreement; }

  PolicyReply first_opinion() const {
    const auto plan = best_plan(agreement(), open_, may_compare(prompt_, text_));
    if (!plan) return too_dear_ == all_.size() ? give_up_for_cost() : give_up(prompt_.transcript);
    const ModelId& first = open_[plan->first].spec->id;
    PolicyReply reply = plan->second ? call_models({first, open_[*plan->second].spec->id}) : commit_to(first);
    reply.confidence = plan->success;
    return reply;
  }

  PolicyReply after_comparison(const CallRecord& left, const CallRecord& right) const {
    const std::size_t a = index_of(left);
    const std::size_t b = index_of(right);
    if (agree(left.reply->text(), right.reply->text())) {
      const bool left_is_cheaper = left.cost.known <= right.cost.known;
      return selecting(left_is_cheaper ? left : right, agreed_success(agreement(), all_[a], all_[b]));
    }
    std::vector<Candidate> candidates{all_[a], all_[b]};
    candidates.insert(candidates.end(), open_.begin(), open_.end());
    const auto third = third_opinion(agreement(), candidates, 0, 1);
    if (!third || !prompt_.may_call) return take_best({&left, &right});
    PolicyReply reply = commit_to(candidates[*third].spec->id);
    reply.confidence = probability_of(candidates[*third].log_odds);
    return reply;
  }

  PolicyReply take_best(const std::vector<const CallRecord*>& successes) const {
    const auto likelier = [&](const CallRecord* a, const CallRecord* b) { return all_[index_of(*a)].log_odds < all_[index_of(*b)].log_odds; };
    const CallRecord& best = **std::max_element(successes.begin(), successes.end(), likelier);
    return selecting(best, probability_of(all_[index_of(best)].log_odds));
  }

  static PolicyReply selecting(const CallRecord& record, double confidence) {
    PolicyReply reply = select(record.id);
    reply.confidence = confidence;
    return reply;
  }

  // Every called model was offered.
  std::size_t index_of(const CallRecord& record) const {
    const auto it = std::find_if(all_.begin(), all_.end(), [&](const Candidate& c) { return c.spec == record.model; });
    return static_cast<std::size_t>(it - all_.begin());
  }

  const NgramModel& model_;
  const DecisionPrompt& prompt_;
  std::string text_;
  std::vector<Candidate> all_;
  std::vector<Candidate> open_;
  std::size_t too_dear_ = 0;  ///< not called, and more than the cost limit leaves
};

}  // namespace

PolicyReply NgramPolicy::decision(const DecisionPrompt& prompt) const { return Decision(*model_, prompt).reply(); }

boost::asio::awaitable<PolicyReply> NgramPolicy::decide(const DecisionPrompt& prompt, CallScope&) { co_return decision(prompt); }

}  // namespace xrouter::policy
