// Everything that was spent in one episode, line by line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "xrouter/base/clock.hpp"
#include "xrouter/base/error.hpp"
#include "xrouter/base/ids.hpp"
#include "xrouter/base/usd.hpp"
#include "xrouter/chat/types.hpp"

namespace xrouter {

/// Where a usage comes from.
enum class UsageSource {
  reported,   ///< by the upstream
  estimated,  ///< counted by us from the bytes that arrived: the stream broke or was cancelled
  none,       ///< nothing was billed: the attempt never reached a model
};
std::string_view to_text(UsageSource source);
std::optional<UsageSource> usage_source_of(std::string_view text);

/// One HTTP try (or one look-up of the recorded pool) of a call.
struct AttemptRecord {
  ModelId model;
  std::optional<ErrorKind> error = {};  ///< empty = succeeded
  int http_status = 0;                  ///< 0: none arrived
  Usage usage = {};
  UsageSource usage_source = UsageSource::none;
  Cost cost = {};
  std::string price_version = {};
  std::string upstream_id = {};  ///< the upstream's own request or completion id
  WallTime started = {};
  Duration latency = {};                    ///< to the last byte
  std::optional<Duration> first_token = {}; ///< TTFT of a streamed attempt
  std::string deployment = {};              ///< the upstream that was asked; "name#2" with the second of its keys
};

enum class Spender { router, target };
std::string_view to_text(Spender spender);

struct CostLine {
  Spender spender = Spender::target;
  int turn = 0;         ///< 1-based
  CallId call = {};     ///< empty for router turns
  int attempt = 0;      ///< 1-based within its call or turn
  AttemptRecord record = {};
};

/// Append-only. Not thread-safe; one per episode.
class Ledger {
 public:
  void add(CostLine line) { lines_.push_back(std::move(line)); }
  const std::vector<CostLine>& lines() const { return lines_; }
  Cost total() const;
  Cost total(Spender spender) const;
  /// Sum of all reported and estimated usage, router turns and losing calls included.
  Usage usage() const;

 private:
  std::vector<CostLine> lines_;
};

}  // namespace xrouter
