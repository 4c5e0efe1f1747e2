// The OpenAI chat completions format, both directions, both sides: what clients send us and we send
// upstream, what upstreams answer and we answer. Pure and thread-safe. Basis: the official SDKs
// (docs/serving.md).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "xrouter/base/result.hpp"
#include "xrouter/chat/types.hpp"

namespace xrouter::wire::openai {

struct RequestLimits {
  std::size_t max_messages = 4096;
  std::size_t max_tools = 512;
  std::size_t max_parts = 1024;  ///< of one message
  std::size_t max_depth = 64;
  bool reject_unknown_fields = false;  ///< strict mode
};

/// A client's request. Known fields are checked (type, range), unknown ones are kept in `extra` as
/// they were written. An unknown word where the format lists words (a part type, a reasoning
/// effort) is relayed like an unknown field; strict mode refuses both.
/// The extension object `"xrouter": {"cost_weight": 0.5, "max_cost_usd": "0.01"}` becomes `routing`.
/// `max_completion_tokens` and `max_tokens` mean the same here; giving both is an error.
/// Error: invalid_request with `param`.
Result<ChatRequest> parse_chat_request(std::string_view body, const RequestLimits& limits = {});

/// How the upstream calls the output limit. Which name works is a property of the upstream, not of
/// the caller's words: newer OpenAI models refuse `max_tokens`, while some compatible servers know
/// only that and would silently ignore the other.
enum class TokenLimitName { max_completion_tokens, max_tokens };

struct RenderOptions {
  TokenLimitName token_limit_name = TokenLimitName::max_completion_tokens;
};

/// The body for an upstream that knows the model as `model`. With `stream`, usage is always asked
/// for. `routing` is never written.
std::string render_chat_request(const ChatRequest& request, std::string_view model, bool stream, const RenderOptions& options = {});

/// An upstream's unary answer. Errors: upstream_invalid (not JSON, an error body, no choices, bad
/// types, a name that stands twice in one object, an unknown finish_reason, neither answer nor
/// finish_reason). A missing finish_reason of an answer reads as tool_calls or stop. An
/// answer without content is returned as it is; ChatReply::has_answer() tells.
/// Usage without prompt_tokens, or with counts that cannot be, is no usage: unknown is not zero. A
/// tool call without id gets one. Of members nobody here acts on, only those in relayed.hpp are kept.
Result<ChatReply> parse_chat_reply(std::string_view body);

/// One `data:` payload of an upstream's stream, "[DONE]" excluded. An in-band {"error":...} is
/// upstream_invalid. A tool fragment without index belongs to its position in the list.
Result<ChatDelta> parse_chunk(std::string_view data);

/// What identifies our answer; the same in every chunk.
struct Envelope {
  std::string id;            ///< chatcmpl-...
  std::int64_t created = 0;  ///< Unix seconds
  std::string model;         ///< the public name the client asked for
};

/// Our unary answer. `usage` is everything billed; `metadata` (may be empty) becomes
/// `router_metadata`.
std::string render_chat_reply(const ChatReply& reply, const Envelope& envelope, const Usage& usage, const RawJson& metadata);

/// Our chunk: the JSON text without SSE framing. With `include_usage`, `"usage":null` is written.
std::string render_chunk(const ChatDelta& delta, const Envelope& envelope, bool include_usage);
/// The extra chunk before [DONE]: empty choices and the totals.
std::string render_usage_chunk(const Envelope& envelope, const Usage& usage, const RawJson& metadata);

/// {"error":{"message","type","param","code"}} from the public text only.
std::string render_error(const Error& error);

/// What an upstream's failure means. `body` may be anything; at most its first 2 KiB go into
/// internal_text, with secrets (bearer tokens, sk-..., key=...) masked and control characters
/// replaced. The caller adds `retry_after`, which comes from the headers.
Error classify_failure(int http_status, std::string_view body);

/// How long an upstream wants to be left alone, at most 24 hours. Reads retry-after-ms, else
/// retry-after (seconds, or an HTTP date relative to `now_unix_s`), else x-ratelimit-reset-*
/// ("12ms", "6m0s"). Empty = header absent. nullopt when nothing usable is there; a date in the past
/// is zero.
std::optional<std::chrono::milliseconds> read_retry_after(std::string_view retry_after_ms, std::string_view retry_after,
                                                          std::int64_t now_unix_s, std::string_view ratelimit_reset = {});

}  // namespace xrouter::wire::openai
