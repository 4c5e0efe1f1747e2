// One request on its way through one of our servers: what `serve` and `host` have in common.
#pragma once

#include <string>
#include <string_view>

#include "xrouter/base/ids.hpp"
#include "xrouter/config/config.hpp"
#include "xrouter/net/http_server.hpp"

namespace xrouter::server {

/// Every answer leaves through an exchange, which adds the headers that all answers have and
/// remembers the status for the metrics.
class HttpExchange {
 public:
  /// `response`, `connection` and `config` outlive the exchange.
  HttpExchange(net::HttpRequest request, net::ResponseWriter& response, CallScope& connection, RequestId id,
               const config::ServerConfig& config);

  const net::HttpRequest& request() const { return request_; }
  const RequestId& id() const { return id_; }
  CallScope& connection() { return connection_; }
  const config::ServerConfig& server_config() const { return config_; }
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

  net::Headers error_headers = {};  ///< added when the exchange ends in an error
  bool paid = false;                ///< money was spent for this request

 protected:
  ~HttpExchange() = default;

 private:
  void add_common_headers(net::Headers& headers) const;

  net::HttpRequest request_;
  net::ResponseWriter& response_;
  CallScope& connection_;
  const config::ServerConfig& config_;
  TimePoint started_;
  RequestId id_;
  std::string_view path_;
  int status_ = 0;
};

}  // namespace xrouter::server
