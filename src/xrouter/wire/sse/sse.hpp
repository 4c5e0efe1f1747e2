// Server-sent events (WHATWG HTML, 9.2): parsing from any split of the bytes, and writing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"

namespace xrouter::wire::sse {

struct Event {
  std::string name;  ///< `event:`; empty = message
  std::string data;  ///< `data:` lines joined by \n
  bool operator==(const Event&) const = default;
};

/// Incremental. LF, CR and CRLF end a line, comments are skipped, a BOM at the start is skipped,
/// events without data are dropped. Feeding the same bytes in any split gives the same events.
class Parser {
 public:
  explicit Parser(std::size_t max_event_bytes = 8 * 1024 * 1024) : max_event_bytes_(max_event_bytes) {}
  /// Appends finished events to `out`. Error upstream_invalid: one event is over the limit; the
  /// parser is then unusable.
  Result<void> feed(std::string_view bytes, std::vector<Event>& out);
  /// Bytes of an unfinished event are held: the stream was cut inside one.
  bool mid_event() const;

 private:
  std::size_t max_event_bytes_;
  std::string line_;
  Event event_;
  bool has_data_ = false;
  bool after_cr_ = false;
  bool at_start_ = true;
};

/// "data: <text>\n\n"; line breaks inside become several data lines.
std::string data_event(std::string_view text);
inline constexpr std::string_view kDone = "data: [DONE]\n\n";
inline constexpr std::string_view kKeepAlive = ": keep-alive\n\n";

}  // namespace xrouter::wire::sse
