// What can go wrong, in one table: every kind has one HTTP status, one OpenAI error type and code,
// one retry class and one metric label. A vendor's error becomes a kind in that vendor's adapter
// and nowhere later.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace xrouter {

enum class ErrorKind {
  // The client's request.
  invalid_request,     ///< malformed JSON, a bad field, an unsupported combination
  context_length,      ///< the prompt is too long for every model that may answer it
  unauthenticated,     ///< missing or wrong API key
  permission_denied,   ///< the key is valid but may not do this
  not_found,           ///< unknown route
  model_not_found,     ///< unknown model name
  question_not_recorded,  ///< the recorded pool holds no answer to this question
  method_not_allowed,  ///< known route, wrong method
  request_timeout,     ///< the client was too slow to send its request
  request_too_large,   ///< header, body or field over its limit
  rate_limited,        ///< the client is over its rate
  insufficient_quota,  ///< the cost limit of the request or of the key does not allow the next step
  // An upstream call.
  upstream_unreachable,   ///< refused, reset or cut before an answer; 408, 500, 502, 503, 504
  upstream_rate_limited,  ///< 429 of an upstream
  upstream_credentials,   ///< 401, 402, 403 or an exhausted quota of an upstream
  upstream_rejected,      ///< 400, 404, 413, 422 of an upstream: the same request will fail again
  upstream_invalid,       ///< 200 with an error body, unparsable JSON, an empty answer
  content_filtered,       ///< refused by the upstream's content policy
  attempt_timeout,        ///< one attempt ran over its own limit, the call may still go on
  stream_interrupted,     ///< the upstream failed after bytes had reached the client
  // The server itself.
  overloaded,         ///< a bounded queue is full, or the server drains
  deadline_exceeded,  ///< the request's deadline passed with no usable answer
  cancelled,          ///< the client left
  no_usable_answer,   ///< the policy ended the episode without an answer
  config,             ///< the operator's input: a file, an option, a corpus
  io,                 ///< the local system refused: disk, socket, permission
  internal,           ///< a bug; the text is never shown
};
inline constexpr int kErrorKindCount = static_cast<int>(ErrorKind::internal) + 1;

/// What a retry loop may do about a failed attempt (serving classes; see docs/serving.md).
enum class RetryClass {
  never,             ///< the same attempt will fail again
  transient,         ///< try again with backoff
  busy,              ///< try again after the upstream's own waiting time
  credentials_dead,  ///< this key is dead, another deployment may do
  once,              ///< an upstream fault: at most one more try
};

struct ErrorTraits {
  int http_status;
  std::string_view type;   ///< OpenAI `error.type`
  std::string_view code;   ///< OpenAI `error.code`
  bool should_retry;       ///< the `x-should-retry` header, when nothing was paid
  RetryClass retry;
  std::string_view label;  ///< metric and ledger label
};

/// The one table. Total over ErrorKind.
const ErrorTraits& traits_of(ErrorKind kind) noexcept;
std::string_view label_of(ErrorKind kind) noexcept;
/// The inverse of label_of, for the ledger and for replayed event logs.
std::optional<ErrorKind> error_kind_of(std::string_view label) noexcept;

/// A failure as a value. `public_text` may be shown to a client; `internal_text` is for the log
/// only and may hold upstream text, paths or addresses, never secrets.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string public_text;
  std::string internal_text = {};
  std::string param = {};                                     ///< OpenAI `error.param`, empty = null
  std::string code = {};                                      ///< overrides the table's code when not empty
  std::optional<std::chrono::milliseconds> retry_after = {};  ///< from Retry-After or a rate gate

  std::string_view effective_code() const noexcept { return code.empty() ? traits_of(kind).code : std::string_view(code); }
  /// Both texts on one line, for logs and command-line errors.
  std::string describe() const;
};

}  // namespace xrouter
