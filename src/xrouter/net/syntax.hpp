// The small grammar that both sides of HTTP share. Internal to net.
#pragma once

#include <string>
#include <string_view>

#include "xrouter/base/clock.hpp"
#include "xrouter/net/http.hpp"

namespace xrouter::net {

/// ASCII, without case.
bool same_name(std::string_view left, std::string_view right);
bool is_token(std::string_view text);
/// No control character but tab: it cannot end a line early.
bool is_field_value(std::string_view text);
/// Visible ASCII only, not empty.
bool is_target(std::string_view text);
/// Appends "name: value\r\n". False, with nothing appended, when that would not be one header.
[[nodiscard]] bool append_header(std::string& out, std::string_view name, std::string_view value);
/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(WallTime time);
std::string_view reason_phrase(int status);

/// Finds the end of a head in bytes that arrive bit by bit, and refuses what lenient parsers
/// disagree about: bare CR or LF, control characters, folded lines.
class HeadScanner {
 public:
  enum class State { need_more, complete, malformed };
  /// `bytes` starts where the head starts and has at least the bytes of the last call.
  State scan(std::string_view bytes);
  /// Of the head with its empty line, once complete.
  std::size_t size() const { return position_; }

 private:
  std::size_t position_ = 0;
  std::size_t line_start_ = 0;
};

}  // namespace xrouter::net
