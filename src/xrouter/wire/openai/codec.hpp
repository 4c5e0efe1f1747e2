// The OpenAI chat completions format, both directions, both sides: what clients send us and we send
// upstream, what upstreams answer and we answer. Pure. Basis: the official SDKs (docs/serving.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "xrouter/base/result.hpp"
#include "xrouter/chat/types.hpp"

namespace xrouter::wire::openai {

struct RequestLimits {
  std::size_t max_messages = 4096;
  std::size_t max_tools = 512;
  std::size_t max_parts = 1024;
  std::size_t max_depth = 64;
  bool reject_unknown_fields = false;  ///< strict mode
};

/// A client's request. Known fields are checked (type, range), unknown ones are kept in `extra`.
/// The extension object `"xrouter": {"cost_weight": 0.5, "max_cost_usd": "0.01"}` becomes `routing`.
/// Error: invalid_request with `param`.
Result<ChatRequest> parse_chat_request(std::string_view body, const RequestLimits& limits = {});

/// The body for an upstream that knows the model as `model`. With `stream`, usage is always asked
/// for. `routing` is never written.
std::string render_chat_request(const ChatRequest& request, std::string_view model, bool stream);

/// An upstream's unary answer. Errors: upstream_invalid (not JSON, an error body, no choices, bad
/// types, token counts below zero or above kMaxTokensPerReply). An answer without content is
/// returned as it is; ChatReply::has_answer() tells.
Result<ChatReply> parse_chat_reply(std::string_view body);

/// One `data:` payload of an upstream's stream, "[DONE]" excluded. An in-band {"error":...} is
/// upstream_invalid.
Result<ChatDelta> parse_chunk(std::string_view data);

/// What identifies our answer; the same in every chunk.
struct Envelope {
  std::string id;           ///< chatcmpl-...
  std::int64_t created = 0; ///< Unix seconds
  std::string model;        ///< the public name the client asked for
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
/// internal_text, with secrets (bearer tokens, sk-..., key=...) masked.
/// `retry_after` is what read_retry_after found.
Error classify_failure(int http_status, std::string_view body);

/// From retry-after-ms, retry-after (seconds or HTTP date relative to `now_unix_s`), or
/// x-ratelimit-reset-* ; empty strings = header absent. nullopt when nothing usable is there.
std::optional<std::chrono::milliseconds> read_retry_after(std::string_view retry_after_ms, std::string_view retry_after,
                                                          std::int64_t now_unix_s);

}  // namespace xrouter::wire::openai
