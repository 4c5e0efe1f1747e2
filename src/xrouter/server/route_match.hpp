// Finding a request's entry in a server's table of routes.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "xrouter/base/result.hpp"

namespace xrouter::server {

enum class Access {
  open,   ///< probes: no key, no limit on requests being answered
  keyed,  ///< a key when keys are configured
};

/// What every row of a table begins with.
struct RouteHead {
  std::string_view method;
  std::string_view path;   ///< ends in '/' for a prefix route, whose rest is the argument
  std::string_view label;  ///< in metrics
  Access access = Access::keyed;

  bool is_prefix() const { return path.ends_with('/'); }
  bool fits(std::string_view wanted) const {
    return is_prefix() ? wanted.size() > path.size() && wanted.starts_with(path) : wanted == path;
  }
  /// The writer leaves the body of an answer to HEAD out.
  bool takes(std::string_view wanted) const { return method == (wanted == "HEAD" ? "GET" : wanted); }
};

/// Of a request's target: without the query.
inline std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }
/// What stands behind a prefix route; bad escapes stay as they are.
std::string argument_of(const RouteHead& route, std::string_view path);
/// Errors: method_not_allowed, not_found.
Error no_such_route(bool known_path);
void append_methods(std::string& methods, const RouteHead& route);

/// The route, and for prefix routes its percent-decoded argument.
template <class Route>
struct MatchOf {
  const Route* route = nullptr;
  std::string argument = {};
};

/// Errors: not_found, method_not_allowed. `path` has no query. HEAD is answered like GET.
template <class Route>
Result<MatchOf<Route>> find_route(std::span<const Route> table, std::string_view method, std::string_view path) {
  bool known_path = false;
  for (const Route& route : table) {
    if (!route.fits(path)) continue;
    known_path = true;
    if (route.takes(method)) return MatchOf<Route>{&route, argument_of(route, path)};
  }
  return fail(no_such_route(known_path));
}

/// "GET, HEAD" for the Allow header; empty when nothing is known under the path.
template <class Route>
std::string methods_of(std::span<const Route> table, std::string_view path) {
  std::string methods;
  for (const Route& route : table)
    if (route.fits(path)) append_methods(methods, route);
  return methods;
}

}  // namespace xrouter::server
