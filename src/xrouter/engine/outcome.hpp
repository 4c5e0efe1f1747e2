#pragma once

#include <optional>
#include <string_view>

#include "xrouter/engine/ledger.hpp"
#include "xrouter/engine/transcript.hpp"

namespace xrouter {

enum class AnswerSource {
  direct,       ///< the policy answered without calling a model
  selected,     ///< one model's reply, word for word
  synthesised,  ///< the policy's own text after reading replies
  last_reply,   ///< the latest success, because a limit ended the episode
  none,
};
std::string_view to_text(AnswerSource source);

/// What the caller reads when the limits of cost or tokens allow no call, whoever found that out.
inline constexpr std::string_view kNothingAffordable = "The cost or token limit of this request does not allow the call that would answer it.";

enum class StopReason {
  answered,       ///< the policy answered, selected, or committed to a reply
  turn_limit,
  cost_limit,
  deadline,
  cancelled,      ///< the client left
  policy_failed,  ///< error, empty turn or nonsense from the policy
  calls_failed,   ///< every call of the last decision failed
};
std::string_view to_text(StopReason reason);

/// How an episode ended. `answer` is present exactly when `source != none`; `error` exactly when
/// it is none.
struct Outcome {
  std::optional<ChatReply> answer = {};
  AnswerSource source = AnswerSource::none;
  StopReason stop = StopReason::answered;
  CallId answer_call = {};        ///< the call whose reply is the answer, if one is
  std::optional<Error> error = {};
  int turns_used = 0;
  bool relayed = false;           ///< the answer has been streamed to the client already
};

}  // namespace xrouter
