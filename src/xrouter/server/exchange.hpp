// One request on its way through the server.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "xrouter/base/rng.hpp"
#include "xrouter/net/body_budget.hpp"
#include "xrouter/net/http_server.hpp"
#include "xrouter/server/metrics.hpp"
#include "xrouter/server/snapshot.hpp"
#include "xrouter/service/book.hpp"

namespace xrouter::server {

/// What all workers share. Thread-safe; owned by the program, outlives every worker.
struct Shared {
  Shared(std::shared_ptr<const config::Config> config, const service::Availability* availability, service::RequestBook* book, KeyRing keys);

  service::ToolAffinity affinity;
  const std::shared_ptr<const Snapshot> initial;  ///< with what the server was started
  Metrics metrics;
  service::RequestBook* book;  ///< null: nothing is recorded
  std::atomic<int> in_flight{0};
  std::atomic<bool> draining{false};
  net::BodyBudget bodies{kMaxBodiesBytes};

  static constexpr std::size_t kMaxBodiesBytes = 256u << 20;  ///< of all requests being read and answered
};

/// What belongs to one worker and is used on its thread only.
struct WorkerContext {
  /// `owner` keeps the backends; null: they outlive the worker.
  WorkerContext(Shared& all, service::Backends backends, Rng random, std::shared_ptr<void> owner = {})
      : shared(all), rng(random), setup(std::make_shared<Setup>(Setup{all.initial, std::move(owner), backends})) {}

  Shared& shared;
  Rng rng;
  std::shared_ptr<const Setup> setup;  ///< for requests to come; a reload replaces it
};

struct Route;

/// Counts a request against the limit of requests being answered, as long as it lives.
class InFlightSlot {
 public:
  InFlightSlot() = default;
  ~InFlightSlot();
  InFlightSlot(const InFlightSlot&) = delete;
  InFlightSlot& operator=(const InFlightSlot&) = delete;
  /// False when the limit is reached.
  bool take(Shared& shared, int limit);

 private:
  Shared* shared_ = nullptr;
};

/// Every answer leaves through an exchange, which adds the headers that all answers have and
/// remembers the status for the metrics.
class Exchange {
 public:
  Exchange(net::HttpRequest request, net::ResponseWriter& response, CallScope& connection, WorkerContext& worker);

  const net::HttpRequest& request() const { return request_; }
  const RequestId& id() const { return id_; }
  CallScope& connection() { return connection_; }
  Shared& shared() const { return worker_.shared; }
  const Snapshot& snapshot() const { return *setup_->snapshot; }
  const config::Config& config() const { return snapshot().config(); }
  const service::Backends& backends() const { return setup_->backends; }
  TimePoint started() const { return started_; }
  Duration elapsed() const { return connection_.now() - started_; }
  std::string_view path() const { return path_; }  ///< without the query
  bool begun() const { return status_ != 0; }
  int status() const { return status_; }

  boost::asio::awaitable<Result<void>> send(int status, net::Headers headers, std::string body);
  boost::asio::awaitable<Result<void>> send_json(std::string body);
  boost::asio::awaitable<Result<void>> send_error(const Error& error);
  /// A chunked answer: status and headers with the first piece, then pieces, then the end.
  boost::asio::awaitable<Result<void>> begin(int status, net::Headers headers, std::string_view first_piece);
  boost::asio::awaitable<Result<void>> write(std::string_view piece);
  boost::asio::awaitable<Result<void>> finish();
  /// ResponseWriter::post, behind a head that is written first when nothing has begun.
  Result<void> post(std::string_view piece, const net::Headers& headers);
  /// Closes the connection; a write under way fails at once.
  void abort() noexcept { response_.abort(); }

  // Filled on the way by admission and endpoints.
  const Route* route = nullptr;
  std::string path_argument = {};             ///< what stands behind a prefix route, decoded
  std::string key_fingerprint = {};           ///< of the caller's API key; empty without keys
  std::optional<ChatRequest> chat = {};       ///< parsed body of chat routes
  service::ClientHints hints = {};
  net::Headers error_headers = {};            ///< added when the exchange ends in an error
  bool paid = false;                          ///< money was spent for this request
  InFlightSlot slot;

 private:
  void add_common_headers(net::Headers& headers) const;

  net::HttpRequest request_;
  net::ResponseWriter& response_;
  CallScope& connection_;
  WorkerContext& worker_;
  const std::shared_ptr<const Setup> setup_;
  TimePoint started_;
  RequestId id_;
  std::string_view path_;
  int status_ = 0;
};

}  // namespace xrouter::server
