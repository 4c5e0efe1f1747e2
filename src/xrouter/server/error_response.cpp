#include "xrouter/server/error_response.hpp"

#include "xrouter/server/response_headers.hpp"
#include "xrouter/wire/openai/codec.hpp"

namespace xrouter::server {
namespace {

using std::chrono::milliseconds;

// The official clients ignore longer waits and come back too early; they are told not to come back.
constexpr milliseconds kLongestWait{60'000};
constexpr milliseconds kWaitWhenOverloaded{1'000};

void add_retry_headers(const Error& error, bool paid, net::Headers& headers) {
  std::optional<milliseconds> wait = error.retry_after;
  if (!wait && error.kind == ErrorKind::overloaded) wait = kWaitWhenOverloaded;
  const bool retry = traits_of(error.kind).should_retry && !paid && wait.value_or(milliseconds(0)) <= kLongestWait;
  headers.add(std::string(header::kShouldRetry), retry ? "true" : "false");
  if (!wait) return;
  headers.add(std::string(header::kRetryAfterMs), std::to_string(wait->count()));
  headers.add(std::string(header::kRetryAfter), std::to_string((wait->count() + 999) / 1000));
}

}  // namespace

Error for_client(Error error) {
  const bool ours = error.kind == ErrorKind::internal || error.kind == ErrorKind::io || error.kind == ErrorKind::config;
  if (ours) {
    error.public_text = "The server had an internal error. The x-request-id header names this request in its log.";
    error.param.clear();
    error.code.clear();
  }
  if (error.public_text.empty()) error.public_text = "The request failed: " + std::string(label_of(error.kind)) + ".";
  return error;
}

net::HttpResponse error_response(const Error& error, bool paid) {
  const Error shown = for_client(error);
  net::HttpResponse response;
  response.head.status = traits_of(shown.kind).http_status;
  response.head.headers.add("content-type", "application/json");
  add_retry_headers(shown, paid, response.head.headers);
  if (shown.kind == ErrorKind::unauthenticated) response.head.headers.add("www-authenticate", "Bearer");
  response.body = wire::openai::render_error(shown);
  return response;
}

}  // namespace xrouter::server
