#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "xrouter/wire/openai/codec.hpp"

namespace xrouter::wire::openai {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kLongest = std::chrono::hours(24);

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// nullopt for negative and not finite numbers too.
std::optional<double> leading_number(std::string_view& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

milliseconds bounded(double ms) { return ms >= static_cast<double>(kLongest.count()) ? kLongest : milliseconds(static_cast<std::int64_t>(std::ceil(ms))); }

std::optional<milliseconds> read_number(std::string_view text, double unit_ms) {
  text = trimmed(text);
  const auto number = leading_number(text);
  return number && text.empty() ? std::optional(bounded(*number * unit_ms)) : std::nullopt;
}

// "12ms", "1.5s", "6m0s", "1h2m".
std::optional<milliseconds> read_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    double ms;
  };
  constexpr std::array<Unit, 5> kUnits{{{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}, {"d", 86400e3}}};
  text = trimmed(text);
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const auto number = leading_number(text);
    const auto unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& known) { return text.starts_with(known.name); });
    if (!number || unit == kUnits.end()) return std::nullopt;
    total += *number * unit->ms;
    text.remove_prefix(unit->name.size());
  }
  return bounded(total);
}

std::optional<int> whole(std::string_view text, int min, int max) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < min || number > max) return std::nullopt;
  return number;
}

std::optional<unsigned> month_of(std::string_view name) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t at = kMonths.find(name);
  if (name.size() != 3 || at == std::string_view::npos || at % 3 != 0) return std::nullopt;
  return static_cast<unsigned>(at / 3 + 1);
}

std::vector<std::string_view> tokens_of(std::string_view text) {
  constexpr std::string_view kSeparators = " ,-:";
  std::vector<std::string_view> tokens;
  while (tokens.size() < 9) {
    const std::size_t first = text.find_first_not_of(kSeparators);
    if (first == std::string_view::npos) break;
    text.remove_prefix(first);
    tokens.push_back(text.substr(0, text.find_first_of(kSeparators)));
    text.remove_prefix(tokens.back().size());
  }
  return tokens;
}

// RFC 9110, 5.6.7, all three forms: "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"
// and "Sun Nov  6 08:49:37 1994". Unix seconds.
std::optional<std::int64_t> read_http_date(std::string_view text) {
  std::vector<std::string_view> parts = tokens_of(text);
  if (parts.size() == 7 && month_of(parts[1])) parts = {parts[0], parts[2], parts[1], parts[6], parts[3], parts[4], parts[5], "GMT"};
  if (parts.size() != 8 || parts[7] != "GMT") return std::nullopt;
  const auto day = whole(parts[1], 1, 31);
  const auto month = month_of(parts[2]);
  auto year = whole(parts[3], 0, 9999);
  const auto hour = whole(parts[4], 0, 23);
  const auto minute = whole(parts[5], 0, 59);
  const auto second = whole(parts[6], 0, 60);
  if (!day || !month || !year || !hour || !minute || !second) return std::nullopt;
  if (parts[3].size() == 2) *year += *year < 70 ? 2000 : 1900;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month), std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * 86400 + *hour * 3600 + *minute * 60 + *second;
}

std::optional<milliseconds> read_date(std::string_view text, std::int64_t now_unix_s) {
  const auto date = read_http_date(trimmed(text));
  if (!date) return std::nullopt;
  return bounded(static_cast<double>(std::max<std::int64_t>(0, *date - now_unix_s)) * 1000);
}

}  // namespace

std::optional<milliseconds> read_retry_after(std::string_view retry_after_ms, std::string_view retry_after, std::int64_t now_unix_s,
                                             std::string_view ratelimit_reset) {
  if (const auto wait = read_number(retry_after_ms, 1)) return wait;
  if (const auto wait = read_number(retry_after, 1000)) return wait;
  if (const auto wait = read_date(retry_after, now_unix_s)) return wait;
  return read_duration(ratelimit_reset);
}

}  // namespace xrouter::wire::openai
