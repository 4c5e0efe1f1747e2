// The HTTP application of one worker.
#pragma once

#include "xrouter/server/exchange.hpp"

namespace xrouter::server {

/// One per worker, on its thread. Middle of the path of a request: serve_connection -> here ->
/// admission -> endpoint. Refers to its context, which must outlive it.
class Application final : public net::HttpHandler {
 public:
  explicit Application(WorkerContext& worker) : worker_(worker) {}
  boost::asio::awaitable<void> handle(net::HttpRequest request, net::ResponseWriter& response, CallScope& scope) override;
  std::optional<net::HttpResponse> refuse_head(const net::HttpRequest& head) override;
  net::BodyBudget* body_budget() override { return &worker_.shared.bodies; }
  net::HttpResponse reject(const Error& error) override;

 private:
  /// For requests that never become an Exchange.
  net::HttpResponse refusal(const Error& error, const net::Headers& asked, std::string_view route);

  WorkerContext& worker_;
};

}  // namespace xrouter::server
