// Writes what happens in one episode into the ledger.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "xrouter/engine/ports.hpp"
#include "xrouter/store/ledger_store.hpp"

namespace xrouter::store {

/// What the ledger should know of a request and the episode does not.
struct RequestFacts {
  RequestId request;
  std::string model;          ///< the public name that was asked for
  std::string policy;
  bool policy_bills = false;  ///< deciding can cost money (a remote router model)
  /// The policy decides in this process and at once, so nothing is lost while it does.
  bool decides_at_once = false;
  /// What a decision can cost at most; empty when a price is unknown. Asked when EpisodeSpec::router is set.
  std::function<std::optional<Usd>(const DecisionPrompt&)> decision_bound = {};
  std::string config_hash = {};
  std::string api_key = {};   ///< prefix of the key's hash, never the key; empty without keys
};

/// One per episode, on the episode's thread. Store and clock outlive it. An observer that dies
/// without EpisodeFinished closes the request as lost. Append errors are counted and logged by the
/// store; an episode under way is not stopped for them.
///
/// Records are written together where the episode is about to wait, and never later: before calls and
/// decisions are sent, when a call ends while others are under way, and at the end. In between the
/// driver goes from event to event without waiting, so a record is in memory for that moment only.
class LedgerObserver final : public EpisodeObserver {
 public:
  LedgerObserver(LedgerStore& store, const Clock& clock, RequestFacts facts);
  ~LedgerObserver() override;
  LedgerObserver(const LedgerObserver&) = delete;
  LedgerObserver& operator=(const LedgerObserver&) = delete;

  void on(const EpisodeEvent& event) override;

 private:
  void on_event(const EpisodeStarted& event);
  void on_event(const TurnStarted& event);
  void on_event(const PolicyReplied& event);
  void on_event(const CallStarted& event);
  void on_event(const CallFinished& event);
  void on_event(const EpisodeFinished& event);
  void hold(Record record) { held_.push_back(std::move(record)); }
  void write();

  LedgerStore& store_;
  const Clock& clock_;
  const RequestFacts facts_;
  std::vector<Record> held_;
  bool started_ = false;
  bool finished_ = false;
  TimePoint begin_{};
  std::map<CallId, TimePoint> calls_in_flight_;
  TimePoint waiting_since_{};        ///< while calls are in flight
  Duration waited_ = Duration::zero();  ///< for upstreams
};

}  // namespace xrouter::store
