#include "xrouter/store/since.hpp"

#include <charconv>
#include <optional>
#include <string>

namespace xrouter::store {
namespace {

// Takes an unsigned number of exactly `digits` digits (0: any) off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  int value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto length = static_cast<std::size_t>(parsed.ptr - text.data());
  if (parsed.ec != std::errc() || value < 0 || text.front() == '-' || (digits != 0 && length != digits)) return std::nullopt;
  text.remove_prefix(length);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::chrono::seconds> unit(std::string_view text) {
  if (text == "s") return std::chrono::seconds(1);
  if (text == "m") return std::chrono::minutes(1);
  if (text == "h") return std::chrono::hours(1);
  if (text == "d") return std::chrono::days(1);
  return std::nullopt;
}

std::optional<WallTime> ago(std::string_view text, WallTime now) {
  const auto count = take_number(text, 0);
  const auto each = unit(text);
  if (!count || !each) return std::nullopt;
  return now - *count * *each;
}

std::optional<std::chrono::minutes> time_of_day(std::string_view text) {
  if (text.empty()) return std::chrono::minutes(0);
  if (!take(text, 'T')) return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || *minutes > 59 || !text.empty()) return std::nullopt;
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
}

std::optional<WallTime> date(std::string_view text) {
  const auto year = take_number(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day when{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)), std::chrono::day(static_cast<unsigned>(*day))};
  const auto minutes = time_of_day(text);
  if (!when.ok() || !minutes) return std::nullopt;
  return std::chrono::sys_days(when) + *minutes;
}

}  // namespace

Result<WallTime> parse_since(std::string_view text, WallTime now) {
  if (!text.empty()) {
    if (auto when = ago(text, now)) return *when;
    if (auto when = date(text)) return *when;
  }
  return fail(ErrorKind::config, "'" + std::string(text) + "' is no time; write 24h, 7d, 30m or a UTC date such as 2026-11-01 or 2026-11-01T12:30.");
}

}  // namespace xrouter::store
