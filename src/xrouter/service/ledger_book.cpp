#include "xrouter/service/ledger_book.hpp"

#include <algorithm>

#include "xrouter/policy/router_prompt.hpp"
#include "xrouter/store/ledger_observer.hpp"

namespace xrouter::service {
namespace {

// The most that a language model may spend on one decision: all tries at their worst case, within the
// request's limit.
std::optional<Usd> bound_of_decision(const DecisionPrompt& prompt) {
  const EpisodeSpec& spec = prompt.spec;
  const std::int64_t input = spec.estimator.prompt_tokens(policy::render_router_prompt(prompt));
  const std::optional<Usd> one = spec.router->price.worst_case(input, spec.router_output_tokens);
  const std::optional<Usd> all = one ? one->checked_mul(spec.limits.attempts_per_call) : std::nullopt;
  if (!all || !prompt.cost_left) return all;
  return std::clamp(*prompt.cost_left, Usd::zero(), *all);
}

}  // namespace

std::unique_ptr<EpisodeObserver> LedgerBook::open(const RequestFacts& facts) {
  const bool remote = facts.strategy == "remote";
  const bool takes_its_time = remote || facts.strategy == "local";
  return std::make_unique<store::LedgerObserver>(store_, clock_,
                                                 store::RequestFacts{.request = facts.id,
                                                                     .model = facts.model,
                                                                     .policy = facts.strategy,
                                                                     .policy_bills = remote,
                                                                     .decides_at_once = !takes_its_time,
                                                                     .decision_bound = bound_of_decision,
                                                                     .config_hash = facts.config_hash,
                                                                     .api_key = facts.key_fingerprint});
}

}  // namespace xrouter::service
