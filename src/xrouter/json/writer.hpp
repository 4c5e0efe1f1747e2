// Composes JSON text with raw pieces inside, without building a tree: what the codecs, the ledger
// and the reports write. Strings are escaped by Boost.JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "xrouter/base/raw_json.hpp"

namespace xrouter::json {

/// Appends to its own string. Nesting is the caller's duty and is asserted by take().
///
///   json::Writer out;
///   out.begin_object();
///   out.key("model").value("gpt-4o").key("stop").null();
///   out.end_object();
///   std::string text = out.take();
class Writer {
 public:
  Writer() { text_.reserve(kUsualBytes); }
  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);

  Writer& value(std::string_view text);
  Writer& value(const char* text) { return value(std::string_view(text)); }
  Writer& value(std::int64_t number);
  Writer& value(int number) { return value(static_cast<std::int64_t>(number)); }
  Writer& value(std::size_t number) { return value(static_cast<std::int64_t>(number)); }
  /// Not finite becomes null: JSON has no other word for it.
  Writer& value(double number);
  Writer& value(bool flag);
  Writer& value(const RawJson& raw);
  Writer& null();
  /// A number written as exact decimal text, such as Usd::to_decimal().
  Writer& decimal(std::string_view digits);

  template <class T>
  Writer& field(std::string_view name, const T& content) {
    return key(name).value(content);
  }
  /// Left out when empty.
  template <class T>
  Writer& optional_field(std::string_view name, const std::optional<T>& content) {
    return content ? key(name).value(*content) : *this;
  }

  std::size_t size() const { return text_.size(); }
  /// Precondition: every begin has its end.
  std::string take();

 private:
  static constexpr std::size_t kUsualBytes = 512;  // most texts fit: one allocation instead of seven
  void separate();
  std::string text_;
  int depth_ = 0;
  bool first_ = true;
};

}  // namespace xrouter::json
