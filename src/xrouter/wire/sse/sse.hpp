// Server-sent events (WHATWG HTML, 9.2): parsing from any split of the bytes, and writing.
#pragma once

#include <cstddef>
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
/// Not thread-safe.
class Parser {
 public:
  explicit Parser(std::size_t max_event_bytes = 8 * 1024 * 1024) : max_event_bytes_(max_event_bytes) {}
  /// Appends finished events to `out`. Error upstream_invalid: one line or one event is over the
  /// limit; every later feed fails too. Events finished before it are in `out`.
  Result<void> feed(std::string_view bytes, std::vector<Event>& out);
  /// Bytes of an unfinished event are held: the stream was cut inside one.
  bool mid_event() const;
  /// For a stream that ended cleanly: delivers the event whose closing blank line is missing, as
  /// clients do. The standard would discard it, but senders that stop right behind `data: [DONE]` exist.
  void finish(std::vector<Event>& out);

 private:
  bool end_line(std::string_view line, std::vector<Event>& out);
  void dispatch(std::vector<Event>& out);

  std::size_t max_event_bytes_;
  std::string line_;
  Event event_;
  bool has_data_ = false;
  bool after_cr_ = false;
  bool at_start_ = true;
  bool broken_ = false;
};

/// "data: <text>\n\n"; line breaks inside become several data lines.
std::string data_event(std::string_view text);
inline constexpr std::string_view kDone = "data: [DONE]\n\n";
inline constexpr std::string_view kKeepAlive = ": keep-alive\n\n";

}  // namespace xrouter::wire::sse
