#include "xrouter/server/route_match.hpp"

namespace xrouter::server {
namespace {

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

std::string argument_of(const RouteHead& route, std::string_view path) {
  return route.is_prefix() ? percent_decoded(path.substr(route.path.size())) : std::string();
}

Error no_such_route(bool known_path) {
  if (known_path)
    return {.kind = ErrorKind::method_not_allowed,
            .public_text = "This URL does not support the method; the Allow header lists those it does."};
  return {.kind = ErrorKind::not_found,
          .public_text = "Unknown URL. Chat completions are under POST /v1/chat/completions, model names under GET /v1/models."};
}

void append_methods(std::string& methods, const RouteHead& route) {
  methods += (methods.empty() ? "" : ", ") + std::string(route.method);
  if (route.method == "GET") methods += ", HEAD";
}

}  // namespace xrouter::server
