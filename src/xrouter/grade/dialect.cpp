#include "xrouter/grade/dialect.hpp"

#include <fmt/format.h>

namespace xrouter::grade {
namespace {

std::string canonical(const Dialect& d) {
  return fmt::format("bug={} in_process={} think={} box={} order={} unwrap={} x100={} digits={} abs={} rel={}", d.bug_compat, d.trust_in_process, static_cast<int>(d.think), d.strict_box,
                     d.order_matters, d.allow_equation_unwrap, d.percent_x100, d.significant_digits, d.abs_tol ? fmt::format("{:a}", *d.abs_tol) : "-",
                     d.rel_tol ? fmt::format("{:a}", *d.rel_tol) : "-");
}

}  // namespace

Dialect strict() { return {}; }

Dialect trusting() { return {.name = "trusting", .trust_in_process = true}; }

Dialect xrouter_compat() { return {.name = "xrouter_compat", .bug_compat = true}; }

std::optional<Dialect> dialect_of(std::string_view name) {
  if (name == "strict") return strict();
  if (name == "trusting") return trusting();
  if (name == "xrouter_compat") return xrouter_compat();
  return std::nullopt;
}

std::uint64_t hash_of(const Dialect& dialect) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : canonical(dialect)) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace xrouter::grade
