// What unary answers and chunks have in common: a JSON object from a sender we do not trust.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string_view>

#include "xrouter/base/result.hpp"
#include "xrouter/chat/types.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::wire::openai {

/// The parsed object. upstream_invalid: not JSON, no object, or an error body.
Result<boost::json::value> parse_upstream_document(std::string_view text);

/// Turns the complaint of a reader about an upstream's JSON into what it is: the upstream's fault.
Error upstream_fault(std::string why);
inline Error upstream_fault(const Error& complaint) { return upstream_fault(complaint.public_text); }

/// Absent, null and "" are nullopt. Vendors' words are translated; an unknown word is an error, for
/// those in use ("abort", "error", "insufficient_system_resource") tell of answers that failed.
std::optional<FinishReason> read_finish_reason(json::ObjectReader& choice);

/// The position of a choice or call; `fallback` when absent.
std::int64_t read_index(json::ObjectReader& in, std::size_t fallback, std::size_t limit);

}  // namespace xrouter::wire::openai
