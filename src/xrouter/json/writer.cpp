#include "xrouter/json/writer.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/serializer.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>
#include <cstring>

#include "xrouter/base/assert.hpp"

namespace xrouter::json {
namespace {

bool is_special(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

// Eight bytes at once, by the usual tricks with borrows: a byte's top bit is set where the byte is below `n`, or equal to `c`.
constexpr std::uint64_t kEach = 0x0101010101010101;
constexpr std::uint64_t kTopBits = 0x8080808080808080;
std::uint64_t any_below(std::uint64_t bytes, std::uint64_t n) { return (bytes - kEach * n) & ~bytes & kTopBits; }
std::uint64_t any_equal(std::uint64_t bytes, char c) { return any_below(bytes ^ (kEach * static_cast<unsigned char>(c)), 1); }

bool needs_escape(std::string_view text) {
  for (; text.size() >= sizeof(std::uint64_t); text.remove_prefix(sizeof(std::uint64_t))) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data(), sizeof bytes);
    if ((any_below(bytes, 0x20) | any_equal(bytes, '"') | any_equal(bytes, '\\')) != 0) return true;
  }
  return std::any_of(text.begin(), text.end(), is_special);
}

}  // namespace

void Writer::separate() {
  if (!first_) text_ += ',';
  first_ = false;
}

Writer& Writer::begin_object() {
  separate();
  text_ += '{';
  ++depth_;
  first_ = true;
  return *this;
}

Writer& Writer::end_object() {
  text_ += '}';
  --depth_;
  first_ = false;
  return *this;
}

Writer& Writer::begin_array() {
  separate();
  text_ += '[';
  ++depth_;
  first_ = true;
  return *this;
}

Writer& Writer::end_array() {
  text_ += ']';
  --depth_;
  first_ = false;
  return *this;
}

Writer& Writer::key(std::string_view name) {
  value(name);
  text_ += ':';
  first_ = true;  // the value behind a key takes no comma
  return *this;
}

Writer& Writer::value(std::string_view text) {
  separate();
  if (!needs_escape(text)) {
    text_ += '"';
    text_.append(text);
    text_ += '"';
    return *this;
  }
  boost::json::serializer escape;
  escape.reset(boost::json::string_view(text.data(), text.size()));
  char buffer[4096];
  while (!escape.done()) {
    const auto piece = escape.read(buffer);
    text_.append(piece.data(), piece.size());
  }
  return *this;
}

Writer& Writer::value(std::int64_t number) {
  separate();
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number);
  text_.append(buffer, end.ptr);
  return *this;
}

Writer& Writer::value(double number) {
  if (!std::isfinite(number)) return null();
  separate();
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number);
  text_.append(buffer, end.ptr);
  return *this;
}

Writer& Writer::value(bool flag) {
  separate();
  text_ += flag ? "true" : "false";
  return *this;
}

Writer& Writer::value(const RawJson& raw) {
  separate();
  text_ += raw.text.empty() ? "null" : raw.text;
  return *this;
}

Writer& Writer::null() {
  separate();
  text_ += "null";
  return *this;
}

Writer& Writer::decimal(std::string_view digits) {
  separate();
  text_ += digits;
  return *this;
}

std::string Writer::take() {
  XROUTER_ASSERT(depth_ == 0, "a JSON text is complete when it is taken");
  return std::move(text_);
}

}  // namespace xrouter::json
