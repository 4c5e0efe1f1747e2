// The result of one call as a router language model reads it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/engine/transcript.hpp"

namespace xrouter::policy {

/// What a result is compared with and told. The views live during the call.
struct ResultContext {
  std::span<const CallRecord* const> earlier = {};  ///< calls of the episode in front of this one, successful or not
  bool one_answer_wanted = false;                   ///< the user asks for a final answer: a number at the end of a reply counts as one
  std::string_view note = {};                       ///< of the router; may be empty
};

/// JSON: call_id, model, status, then of a success
///  - final_answer: what the reply states as its answer (agreement.hpp: "answer" in JSON, "answer is", \boxed{}, and the
///    number of the last line where one answer is wanted), in comparable form; left out above 80 bytes and where the
///    reply states none;
///  - agrees_with: ids of the earlier successes that state the same; left out when there are none;
///  - answer: the text;
/// of anything else `error`. A result depends on the calls in front of it alone, so that it never changes.
std::string render_call_result(const CallRecord& record, const ResultContext& context = {});

}  // namespace xrouter::policy
