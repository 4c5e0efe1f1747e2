// The orchestration of one user request as a pure state machine: no I/O, no clock, no chance.
//
// start() and on(...) return the next Action; the driver performs it and reports back. Rules, each
// with a test in episode_test.cpp:
//  - A policy decision is a turn. Text alone ends the episode (direct, or synthesised after a success).
//  - Calls of a turn are checked one by one. Unknown tools, malformed arguments and calls over a
//    limit are refused: the policy is told why, and the turn counts. The others are executed.
//  - A valid select_response ends the episode at once; other calls of its turn are not executed.
//    It addresses a call id; failed and unknown calls cannot be selected.
//  - The last turn's calls are executed. Then OnTurnLimit decides.
//  - Simple mode, and a reply that commits() (it says so, or each of its calls says `final`): the first
//    successful reply of the turn (in call order) is the answer. In agent mode a failed commit asks the
//    policy again while turns are left.
//  - An empty decision or a policy error ends the episode: the latest success, else one direct call
//    to the fallback model, else an error. The policy's own text is no answer where the caller asked
//    for what only a model can give (DecisionPrompt::may_answer).
//  - Money is reserved at its worst case before a call and settled with what was really spent. A
//    call that does not fit is refused. Under a cost limit a model without a known price is refused.
//  - When the deadline passes or the client leaves, the latest success is the answer, if any.
#pragma once

#include <variant>

#include "xrouter/engine/arguments.hpp"
#include "xrouter/engine/outcome.hpp"

namespace xrouter {

/// Ask the policy for a decision on Episode::prompt().
struct AskPolicy {};
/// Execute these calls, all at once. `relay`: the single reply may be streamed to the client.
struct CallModels {
  std::vector<ModelCall> calls;
  bool relay = false;
};
struct Finish {
  Outcome outcome;
};
using Action = std::variant<AskPolicy, CallModels, Finish>;

/// The episode's scope ended while the driver was about to act.
struct Expired {
  ErrorKind reason = ErrorKind::deadline_exceeded;  ///< or cancelled
};

class Episode {
 public:
  explicit Episode(EpisodeSpec spec);

  Action start();
  /// Precondition: the last action was AskPolicy.
  Action on(PolicyReply reply);
  /// Precondition: the last action was CallModels; one reply per call, in any order.
  Action on(std::vector<ModelReply> replies);
  /// Instead of performing the last action.
  Action on(Expired expired);

  /// Valid while the last action is AskPolicy.
  DecisionPrompt prompt() const;
  const EpisodeSpec& spec() const { return spec_; }
  const Ledger& ledger() const { return ledger_; }
  const Transcript& transcript() const { return transcript_; }
  bool finished() const { return state_ == State::finished; }

 private:
  enum class State { fresh, asking, calling, finished };

  Action ask_or_stop();
  Action finish(Outcome outcome);
  Action finish_with(const CallRecord& record, StopReason stop, AnswerSource source = AnswerSource::selected);
  /// The latest success is the answer; without one the episode fails with `otherwise`.
  Action finish_with_latest(StopReason stop, Error otherwise);
  Action finish_with_text(std::string text, FinishReason finish_reason);
  Action finish_expired(ErrorKind reason);
  Action finish_cut_off(std::optional<ErrorKind> expired);
  Action after_policy_failure(Error why);
  Action call_models(std::vector<ModelCall> calls);

  const CallRecord* selection(const PolicyReply& reply, Turn& turn);
  std::vector<ModelCall> admit_calls(Turn& turn);
  Result<ModelCall> admit(const CallRecord& record, const CallArguments& arguments);
  void settle(const std::vector<AttemptRecord>& attempts, Spender spender, const CallId& call);
  void record_reply(CallRecord& record, ModelReply reply);

  bool may_call() const;
  CallId next_call_id();
  std::optional<Usd> cost_left() const;
  bool router_turn_fits() const;
  Error failure() const;

  EpisodeSpec spec_;
  State state_ = State::fresh;
  Ledger ledger_;
  Transcript transcript_;
  int turn_ = 0;
  int calls_made_ = 0;
  int calls_named_ = 0;
  std::int64_t tokens_used_ = 0;
  std::int64_t tokens_reserved_ = 0;
  Usd reserved_ = Usd::zero();
  bool commit_ = false;  ///< the first success of the calls under way is the answer
  bool fallback_used_ = false;
};

}  // namespace xrouter
