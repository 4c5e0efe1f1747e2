// How the mock answers one request: timing, status, content, usage, framing and faults, as data.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "xrouter/base/clock.hpp"
#include "xrouter/base/result.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/net/http.hpp"

namespace xrouter::mock {

/// A waiting time: fixed, or drawn from a distribution given by some of its percentiles and linear
/// in between. In JSON `20` or `{"p0": 5, "p50": 20, "p99": 80}`, in milliseconds.
class Delay {
 public:
  Delay() = default;
  static Delay fixed(double ms) { return Delay({{0.0, ms}}); }
  /// Precondition: quantiles in [0, 1], both members rising.
  explicit Delay(std::vector<std::pair<double, double>> quantile_and_ms) : points_(std::move(quantile_and_ms)) {}
  bool none() const { return points_.empty() || points_.back().second <= 0; }
  Duration draw(Rng& rng) const;

 private:
  std::vector<std::pair<double, double>> points_;
};

/// How a response breaks off, and where.
struct Cut {
  enum class How { reset, close, half_close, stall };
  enum class Where {
    request,  ///< the request has been read, nothing was sent
    head,     ///< status and headers were sent
    events,   ///< `count` events of a stream were sent
    bytes,    ///< `count` bytes of the body were sent
  };
  How how = How::reset;
  Where where = Where::request;
  std::size_t count = 0;
};

struct MockToolCall {
  std::string name;       ///< "$0" = the first tool the request offers, "$1" the second ...
  std::string arguments;  ///< sent as it is; need not be JSON
  std::string id;         ///< empty = made up
};

/// Where token counts are reported. Unary answers know only `none` and the rest.
enum class UsagePlace {
  asked,     ///< as the protocol says: a chunk of its own when include_usage was set
  separate,  ///< a chunk of its own, asked or not
  last,      ///< inside the chunk with the finish reason
  none,
};

struct MockUsage {
  UsagePlace place = UsagePlace::asked;
  std::optional<std::int64_t> prompt_tokens = {};  ///< any number, also a wrong one; absent = estimated from the text
  std::optional<std::int64_t> completion_tokens = {};
  std::int64_t cached_tokens = 0;
  std::int64_t cache_write_tokens = 0;
  std::int64_t reasoning_tokens = 0;
};

/// The members of `error`; absent ones follow from the status.
struct MockError {
  std::optional<std::string> message = {};
  std::optional<std::string> type = {};
  std::optional<std::string> param = {};
  std::optional<std::string> code = {};
};

enum class LineEnd { lf, crlf, cr };
enum class DoneMark { normal, missing, spaced };

struct Behaviour {
  // Timing.
  Delay delay = {};  ///< before the status line
  Delay ttft = {};   ///< stream: between the headers and the first event
  Delay gap = {};    ///< between two events, or two pieces of a split body
  // Status.
  int status = 200;
  net::Headers headers = {};  ///< added to the usual ones
  MockError error = {};
  // Content.
  std::optional<std::string> body = {};      ///< replaces the whole response body, also of a stream
  std::optional<std::string> raw_http = {};  ///< replaces status line, headers and body
  std::string content_type = {};             ///< empty = the usual one
  std::optional<std::string> text = {};
  bool echo = false;           ///< the last user text comes back
  std::size_t text_bytes = 0;  ///< the text is padded to this length
  std::string reasoning = {};
  std::string refusal = {};
  std::vector<MockToolCall> tool_calls = {};
  std::string finish_reason = {};  ///< empty = stop or tool_calls
  std::size_t chunks = 8;          ///< stream: content events; arguments of a tool call come in at most 4
  MockUsage usage = {};
  // Framing.
  LineEnd line_end = LineEnd::lf;
  DoneMark done = DoneMark::normal;
  bool comments = false;                   ///< an SSE comment before every event
  std::size_t split_every = 0;             ///< the body is written in pieces of this many bytes
  std::vector<std::size_t> split_at = {};  ///< or cut at these offsets
  std::optional<Cut> cut = {};
};

/// Reads the members of `value` over `base`. Errors (invalid_request, param = path): unknown
/// members, wrong types, numbers out of range.
Result<Behaviour> parse_behaviour(const boost::json::value& value, const std::string& path, Behaviour base);

/// Members of `object` that are not in `known` are an error that names the first.
Result<void> only_members(const boost::json::value& value, const std::string& path, std::initializer_list<std::string_view> known);

}  // namespace xrouter::mock
