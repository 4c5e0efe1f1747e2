// One request from bytes, without I/O.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "xrouter/base/error.hpp"
#include "xrouter/net/http.hpp"

namespace xrouter::net {

/// Why a request is refused before any handler sees it.
struct Rejection {
  int status = 400;
  Error error;
};

class RequestParser {
 public:
  explicit RequestParser(const HttpLimits& limits);
  ~RequestParser();

  /// Consumes from the front of `bytes` and returns how much. Call again with what is left plus
  /// what came since, until done() or rejection(). Any split of the bytes gives the same result.
  std::size_t feed(std::string_view bytes);
  /// Starts over for the next request of the connection.
  void reset();

  bool started() const;  ///< a byte of this request has been seen
  bool head_done() const;
  bool done() const;
  const std::optional<Rejection>& rejection() const;
  /// After head_done(): the client waits for "100 Continue" before it sends the body.
  bool expects_continue() const;
  bool keep_alive() const;  ///< after head_done(): the client allows another request
  bool is_http_1_1() const;
  const std::string& method() const;
  /// After head_done(): the request, whose body is as long as what has come of it.
  const HttpRequest& so_far() const;
  HttpRequest take();  ///< after done()

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace xrouter::net
