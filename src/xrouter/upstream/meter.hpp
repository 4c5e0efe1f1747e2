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
  std::size_t output_bytes = 0;         ///< of the answer, as far as it arrived
  std::optional<ErrorKind> error = {};  ///< empty: the attempt succeeded
};

/// Fills usage, usage_source and cost of `record` under the model's price:
///  - reported: what the upstream said, whatever became of the answer;
///  - estimated: a 200 without counts (also one that broke or was cut off): the prompt by the
///    estimator, the output from the bytes that arrived, at most the call's output cap;
///  - estimated as well: no answer yet, but the request was out when we gave up on it (cancelled,
///    timed out). A provider bills such a request more often than not and nobody tells us, so the
///    prompt is booked and no output;
///  - none: refused, reset before an answer, or answered with another status than 200.
/// Estimates are made like reservations and never exceed them.
void bill(AttemptRecord& record, const ModelCall& call, const Consumption& consumption, const TokenEstimator& estimator);

/// Bytes of model output in a streamed piece: text, reasoning, tool calls.
std::size_t output_bytes_of(const ChatDelta& delta);
std::size_t output_bytes_of(const ChatReply& reply);

}  // namespace xrouter::upstream
