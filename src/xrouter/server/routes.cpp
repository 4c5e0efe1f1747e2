#include "xrouter/server/routes.hpp"

#include <array>
#include <optional>

namespace xrouter::server {
namespace {

// clang-format off
constexpr std::array<Route, 6> kRoutes{{
    {"POST", "/v1/chat/completions", "chat",    Access::keyed, true,  chat_completions},
    {"GET",  "/v1/models",           "models",  Access::keyed, false, list_models},
    {"GET",  "/v1/models/",          "model",   Access::keyed, false, show_model},
    {"GET",  "/health",              "health",  Access::open,  false, show_health},
    {"GET",  "/ready",               "ready",   Access::open,  false, show_readiness},
    {"GET",  "/metrics",             "metrics", Access::keyed, false, show_metrics},
}};
// clang-format on

bool fits(const Route& route, std::string_view path) {
  return route.is_prefix() ? path.size() > route.path.size() && path.starts_with(route.path) : path == route.path;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Bad escapes stay as they are: the name is then simply unknown.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    out += escape ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return out;
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

Result<Match> match_route(std::string_view method, std::string_view path) {
  bool known_path = false;
  for (const Route& route : kRoutes) {
    if (!fits(route, path)) continue;
    known_path = true;
    if (route.method != (method == "HEAD" ? "GET" : method)) continue;  // the writer leaves the body out
    return Match{&route, route.is_prefix() ? percent_decoded(path.substr(route.path.size())) : std::string()};
  }
  if (known_path) return fail(ErrorKind::method_not_allowed, "This URL does not support the method; the Allow header lists those it does.");
  return fail(ErrorKind::not_found, "Unknown URL. Chat completions are under POST /v1/chat/completions, model names under GET /v1/models.");
}

std::string allowed_methods(std::string_view path) {
  std::string methods;
  for (const Route& route : kRoutes) {
    if (!fits(route, path)) continue;
    methods += (methods.empty() ? "" : ", ") + std::string(route.method);
    if (route.method == "GET") methods += ", HEAD";
  }
  return methods;
}

}  // namespace xrouter::server
