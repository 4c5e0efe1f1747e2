// Money. Integers only: a price is parsed from decimal text, never through double.
#pragma once

#include <cstdint>
#include <compare>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "xrouter/base/result.hpp"

namespace xrouter {

/// An amount of money in pico-dollars (10^-12 USD), int64: about +-9.2 million USD.
/// Arithmetic that overflows is a broken invariant: the codecs bound every token count
/// (kMaxTokensPerReply) and the catalogue bounds every price, so sums of an episode fit.
class Usd {
 public:
  constexpr Usd() = default;
  static constexpr Usd from_pico(std::int64_t pico) { return Usd(pico); }
  static constexpr Usd zero() { return Usd(0); }
  static constexpr Usd max() { return Usd(std::numeric_limits<std::int64_t>::max()); }

  /// Parses "12", "0.25", "-3.5e-6". More than 12 decimals are rounded half to even;
  /// `rounded` (optional) tells the caller. Errors: ErrorKind::config with what is wrong.
  static Result<Usd> parse(std::string_view decimal_usd, bool* rounded = nullptr);

  constexpr std::int64_t pico() const { return pico_; }
  constexpr auto operator<=>(const Usd&) const = default;

  Usd operator+(Usd other) const;
  Usd operator-(Usd other) const;
  Usd operator-() const;
  Usd& operator+=(Usd other) { return *this = *this + other; }
  Usd& operator-=(Usd other) { return *this = *this - other; }
  /// nullopt on overflow.
  std::optional<Usd> checked_mul(std::int64_t factor) const;
  std::optional<Usd> checked_add(Usd other) const;

  /// Exact decimal dollars without trailing zeros: "0.000003402".
  std::string to_decimal() const;
  /// For plots, rewards and JSON numbers only; never feeds back into money.
  double to_double() const { return static_cast<double>(pico_) * 1e-12; }

 private:
  explicit constexpr Usd(std::int64_t pico) : pico_(pico) {}
  std::int64_t pico_ = 0;
};

/// A cost limit in decimal US dollars as somebody typed it: not negative, exact to the pico-dollar.
/// Error: invalid_request, whose text goes behind the name of the parameter or option.
Result<Usd> parse_cost_limit(std::string_view decimal_usd);

/// A sum of charges of which some may be unknown. The total is `known` when `complete`;
/// otherwise the total is null and `known` is a lower bound.
struct Cost {
  Usd known = Usd::zero();
  bool complete = true;    ///< false: a price or a token count was unknown
  bool estimated = false;  ///< true: some token counts were counted by us, not reported

  static Cost unknown() { return {.known = Usd::zero(), .complete = false, .estimated = false}; }
  static Cost exactly(Usd amount) { return {.known = amount, .complete = true, .estimated = false}; }
  Cost& operator+=(const Cost& other);
  std::optional<Usd> total() const { return complete ? std::optional(known) : std::nullopt; }
  bool operator==(const Cost&) const = default;
};

}  // namespace xrouter
