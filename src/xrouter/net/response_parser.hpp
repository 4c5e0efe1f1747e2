// One response from bytes, without I/O. Internal to net.
#pragma once

#include <memory>
#include <string_view>

#include "xrouter/base/result.hpp"
#include "xrouter/net/http.hpp"

namespace xrouter::net {

class ResponseParser {
 public:
  /// `to_head`: the request was HEAD, so no body follows.
  ResponseParser(std::size_t max_header_bytes, std::size_t max_body_bytes, bool to_head);
  ~ResponseParser();
  ResponseParser(ResponseParser&&) noexcept;

  struct Step {
    std::size_t consumed = 0;
    std::string_view body = {};  ///< a piece of the body, inside the bytes given
    bool need_more = false;      ///< nothing more to be had from these bytes
  };
  /// The next element: the head (interim 1xx heads are skipped), or a piece of the body. Error:
  /// upstream_invalid.
  Result<Step> feed(std::string_view bytes);
  /// The stream has ended. Error: upstream_unreachable when the response is not complete.
  Result<void> feed_end();

  bool started() const;  ///< a byte of the response has been seen
  bool head_done() const;
  bool done() const;
  bool keep_alive() const;  ///< after done()
  const HttpResponseHead& head() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace xrouter::net
