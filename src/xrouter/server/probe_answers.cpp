#include "xrouter/server/probe_answers.hpp"

namespace xrouter::server {

using boost::asio::awaitable;

awaitable<Result<void>> send_health(HttpExchange& exchange) {
  std::string body = R"({"status":"ok"})";
  co_return co_await exchange.send_json(std::move(body));
}

awaitable<Result<void>> send_readiness(HttpExchange& exchange, bool ready) {
  net::Headers headers;
  headers.add("content-type", "application/json");
  std::string body = ready ? R"({"ready":true})" : R"({"ready":false})";
  co_return co_await exchange.send(ready ? 200 : 503, std::move(headers), std::move(body));
}

awaitable<Result<void>> send_metrics(HttpExchange& exchange, std::string text) {
  net::Headers headers;
  headers.add("content-type", "text/plain; version=0.0.4; charset=utf-8");
  co_return co_await exchange.send(200, std::move(headers), std::move(text));
}

}  // namespace xrouter::server
