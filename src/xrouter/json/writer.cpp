#include "xrouter/json/writer.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/serializer.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>

#include "xrouter/base/assert.hpp"

namespace xrouter::json {
namespace {

bool needs_escape(std::string_view text) {
  for (unsigned char c : text)
    if (c < 0x20 || c == '"' || c == '\\') return true;
  return false;
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
    text_.append(1, '"').append(text).append(1, '"');
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
  text_ += std::to_string(number);
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
