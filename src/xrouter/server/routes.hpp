// The one table of what the server answers.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <span>
#include <string>
#include <string_view>

#include "xrouter/base/result.hpp"

namespace xrouter::server {

class Exchange;

enum class Access {
  open,    ///< probes: no key, no limit on requests being answered
  keyed,   ///< a key when keys are configured
};

/// Returns an error for the error boundary to send, unless the exchange has begun its answer.
using Endpoint = boost::asio::awaitable<Result<void>> (*)(Exchange&);

struct Route {
  std::string_view method;
  std::string_view path;    ///< ends in '/' for a prefix route, whose rest is the argument
  std::string_view label;   ///< in metrics
  Access access = Access::keyed;
  bool takes_chat = false;  ///< the body is a chat request; the ledger must accept
  Endpoint endpoint = nullptr;

  bool is_prefix() const { return path.ends_with('/'); }
};

std::span<const Route> routes();
/// Of a request's target: without the query.
inline std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

/// The route, and for prefix routes its percent-decoded argument. Errors: not_found,
/// method_not_allowed. `path` has no query. HEAD is answered like GET.
struct Match {
  const Route* route = nullptr;
  std::string argument = {};
};
Result<Match> match_route(std::string_view method, std::string_view path);
/// "GET, HEAD" for the Allow header; empty when nothing is known under the path.
std::string allowed_methods(std::string_view path);

// The endpoints, each in its own file.
boost::asio::awaitable<Result<void>> chat_completions(Exchange& exchange);
boost::asio::awaitable<Result<void>> list_models(Exchange& exchange);
boost::asio::awaitable<Result<void>> show_model(Exchange& exchange);
boost::asio::awaitable<Result<void>> show_health(Exchange& exchange);
boost::asio::awaitable<Result<void>> show_readiness(Exchange& exchange);
boost::asio::awaitable<Result<void>> show_metrics(Exchange& exchange);

}  // namespace xrouter::server
