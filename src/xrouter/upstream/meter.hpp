// What an attempt has used and cost, also when it ended badly. Pure.
#pragma once

#include <cstddef>
#include <optional>

#include "xrouter/catalog/model.hpp"
#include "xrouter/engine/ledger.hpp"
#include "xrouter/engine/transcript.hpp"

namespace xrouter::upstream {

/// Everything that is known of an attempt's consumption when it is over.
struct Consumption {
  bool request_sent = false;            ///< the upstream may have begun to work
  int http_status = 0;                  ///< 0: no answer arrived
  std::optional<Usage> reported = {};   ///< by the upstream; kept even when the answer is unusable
  std::size_t output_bytes = 0;         ///< of the answer's text, as far as it arrived
  std::optional<ErrorKind> error = {};  ///< empty: the attempt succeeded
};

/// What text usually takes. A reservation must not be too small and counts half as many bytes per
/// token; a bill made that way would be about twice the truth.
inline constexpr TokenEstimator kBillingRate{.bytes_per_token = 4, .tokens_per_message = 4};

/// Fills usage, usage_source and cost of `record` under the model's price:
///  - reported: what the upstream said, whatever became of the answer;
///  - estimated: a 200 without counts (also one that broke or was cut off): the prompt and the
///    output's bytes that arrived at kBillingRate, at most the call's output cap for each choice;
///  - estimated as well: the whole request was out, but no answer came (we gave up, or the connection
///    broke). A provider bills such a request more often than not and nobody tells us, so the prompt
///    is booked and no output;
///  - none: refused, broken before the whole request was out, or answered with another status than 200.
/// `estimator` is the one the reservation was made with; an estimate never exceeds the reservation.
void bill(AttemptRecord& record, const ModelCall& call, const Consumption& consumption, const TokenEstimator& estimator);

/// Bytes of model output in a streamed piece: text, reasoning, tool calls.
std::size_t output_bytes_of(const ChatDelta& delta);
std::size_t output_bytes_of(const ChatReply& reply);

}  // namespace xrouter::upstream
