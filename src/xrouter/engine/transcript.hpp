// What has happened in an episode, and what the policy is shown of it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "xrouter/engine/ledger.hpp"
#include "xrouter/engine/spec.hpp"
#include "xrouter/engine/token_trace.hpp"

namespace xrouter {

inline constexpr std::string_view kSelectTool = "select_response";

/// A decision of the policy, in the words of the protocol: text, tool calls, or both (text beside
/// tool calls is thinking and is not shown to anybody).
struct PolicyReply {
  std::string text = {};
  std::vector<ToolCall> tool_calls = {};
  FinishReason finish_reason = FinishReason::stop;  ///< of the text: an answer that was cut off says so
  /// The policy takes the first successful reply of this turn as the answer; no turn follows.
  /// It is what lets a single call be relayed live. Ignored without calls.
  bool commit = false;
  std::optional<double> confidence = {};  ///< in [0, 1], when the policy has one
  std::optional<Error> error = {};        ///< the policy itself failed; the rest is then ignored
  std::vector<AttemptRecord> attempts = {};  ///< what deciding has cost, failures included
  std::shared_ptr<const TokenTrace> trace = {};  ///< of a policy that is a language model in this process
};

/// Whether the first success of the reply's calls is the answer: its policy commits to it, or every one of its calls says
/// `final`. One call that does not say it means that the policy wants to read what came back, and then it reads all.
bool commits(const PolicyReply& reply);

/// One model call as the pool gets it: a complete request, ready to be sent.
struct ModelCall {
  CallId id;
  int turn = 0;
  const ModelSpec* model = nullptr;
  ChatRequest request;            ///< router prompt, sampling and caps merged in; `stream` is the pool's business
  int max_attempts = 1;
  std::optional<Usd> reserved = {};  ///< worst case of all attempts; empty when a price is unknown
  int depth = 0;                     ///< EpisodeSpec::depth, for the recursion header
};

/// What came back of a call: a reply or an error, and every attempt that was made for it.
struct ModelReply {
  CallId call;
  Result<ChatReply> reply = fail(ErrorKind::internal, "not called");
  std::vector<AttemptRecord> attempts = {};
  bool relayed = false;  ///< bytes of it have reached the client: there is no way back
};

enum class CallStatus {
  ok,
  failed,    ///< executed, no usable reply
  refused,   ///< not executed: unknown tool, malformed arguments, a limit
};

std::string_view to_text(CallStatus status);

/// One tool call of the policy and what became of it.
struct CallRecord {
  CallId id;
  ToolCall asked;                       ///< as the policy wrote it, with `id` replaced by ours
  const ModelSpec* model = nullptr;     ///< null when the tool is unknown or select_response
  CallStatus status = CallStatus::refused;
  std::string message = {};             ///< for the policy, when not ok
  std::optional<ErrorKind> error = {};
  std::optional<ChatReply> reply = {};  ///< when ok
  Cost cost = {};
  Duration latency = {};                ///< of all attempts together
  std::optional<std::chrono::milliseconds> retry_after = {};
  bool relayed = false;                 ///< bytes of it have reached the client
};

struct Turn {
  std::string text;  ///< of the policy
  std::vector<CallRecord> calls;
  std::optional<double> confidence;
  bool could_call = true;               ///< DecisionPrompt::may_call when the policy was asked
  std::optional<Usd> cost_left = {};    ///< DecisionPrompt::cost_left then
  std::shared_ptr<const TokenTrace> trace = {};
};

struct Transcript {
  std::vector<Turn> turns;
  int calls_made() const;
  /// Executed and successful, latest last.
  std::vector<const CallRecord*> successes() const;
};

/// Everything a policy may base its decision on. References stay valid during decide().
struct DecisionPrompt {
  const EpisodeSpec& spec;
  const Transcript& transcript;
  int turn = 1;          ///< 1-based number of the decision to be made
  bool may_call = true;  ///< false: turns or calls are used up; answer or select now
  bool may_answer = true;  ///< false: the request asks for what only a pool model can give; call or select now
  std::optional<Usd> cost_left = {};
};

}  // namespace xrouter
