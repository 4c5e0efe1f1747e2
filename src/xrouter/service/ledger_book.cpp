#include "xrouter/service/ledger_book.hpp"

#include "xrouter/store/ledger_observer.hpp"

namespace xrouter::service {

LedgerBook::LedgerBook(store::LedgerStore& store, const Clock& clock, const config::Config& config)
    : store_(store), clock_(clock), config_hash_(config.hash) {}

std::unique_ptr<EpisodeObserver> LedgerBook::open(const RequestFacts& facts) {
  return std::make_unique<store::LedgerObserver>(store_, clock_,
                                                 store::RequestFacts{.request = facts.id,
                                                                     .model = facts.model,
                                                                     .policy = facts.strategy,
                                                                     .policy_bills = facts.strategy == "remote",
                                                                     .config_hash = config_hash_,
                                                                     .api_key = facts.key_fingerprint});
}

}  // namespace xrouter::service
