// The ledger as the book of requests.
#pragma once

#include "xrouter/service/book.hpp"
#include "xrouter/store/ledger_store.hpp"

namespace xrouter::service {

/// Thread-safe; refers to the store, the clock and nothing else.
class LedgerBook final : public RequestBook {
 public:
  LedgerBook(store::LedgerStore& store, const Clock& clock) : store_(store), clock_(clock) {}
  bool accepting() const override { return store_.accepting(); }
  std::unique_ptr<EpisodeObserver> open(const RequestFacts& facts) override;
  std::uint64_t backlog_bytes() const override { return store_.stats().backlog_bytes; }

 private:
  store::LedgerStore& store_;
  const Clock& clock_;
};

}  // namespace xrouter::service
