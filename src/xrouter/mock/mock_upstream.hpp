// The scriptable OpenAI-compatible upstream: one object serves every connection of one worker.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "xrouter/mock/script.hpp"
#include "xrouter/mock/stats.hpp"
#include "xrouter/net/byte_stream.hpp"
#include "xrouter/net/http_server.hpp"

namespace xrouter::mock {

struct MockOptions {
  std::size_t recorded_requests = 32;  ///< the newest requests kept for GET /__requests
  net::HttpLimits limits = {};         ///< of what clients send
};

/// Answers POST .../chat/completions as its script says, lists models, and tells what it did:
/// GET /__stats (counters and charges), GET /__requests (what was received), POST /__reset.
/// Single-threaded; outlives its connections.
class MockUpstream {
 public:
  explicit MockUpstream(Script script, MockOptions options = {});

  /// One connection, to its end. Both scopes as in net::serve_connection.
  boost::asio::awaitable<void> serve(std::unique_ptr<net::ByteStream> stream, CallScope& connection, CallScope& accepting);

  const Stats& stats() const { return stats_; }

 private:
  friend class MockConnection;
  /// The plan for a chat request; an error's plan when the request or its inline script is wrong.
  std::shared_ptr<const Plan> plan_for(const net::HttpRequest& request);
  std::shared_ptr<const Plan> make_plan_for(const net::HttpRequest& request, bool& stable);
  void record(net::HttpRequest request);
  std::string recorded_json() const;
  std::string models_json() const;
  void reset();

  ScriptRunner runner_;
  MockOptions options_;
  Stats stats_;
  Rng rng_;
  std::deque<net::HttpRequest> recorded_;
  // Request body -> plan, where the script answers it the same way every time. Keeps the mock out
  // of the way of benchmarks.
  std::unordered_map<std::string, std::shared_ptr<const Plan>> known_;
};

}  // namespace xrouter::mock
