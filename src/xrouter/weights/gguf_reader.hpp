// Reads metadata straight through: the first problem sticks, later reads return nothing.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "xrouter/weights/gguf.hpp"
#include "xrouter/weights/refusal.hpp"

namespace xrouter::weights {

class GgufReader {
 public:
  static constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();

  explicit GgufReader(const GgufFile& file) : file_(file) {}

  bool ok() const { return !error_.has_value(); }
  /// Precondition: !ok().
  const Error& error() const { return *error_; }
  void fail_at(const std::string& key, const std::string& what) {
    if (ok()) error_ = refuse(file_.name(), "metadata '" + shown(key) + "' " + what).value();
  }

  std::optional<std::int64_t> integer(const std::string& key, std::int64_t min = 0, std::int64_t max = kLargest) {
    return keep(file_.integer(key, min, max));
  }
  std::optional<double> number(const std::string& key) { return keep(file_.number(key)); }
  std::optional<bool> boolean(const std::string& key) { return keep(file_.boolean(key)); }
  std::optional<std::string> string(const std::string& key) { return keep(file_.string(key)); }
  std::vector<std::string> strings(const std::string& key) { return keep(file_.strings(key)).value_or(std::vector<std::string>()); }
  std::vector<std::int64_t> integers(const std::string& key) {
    return keep(file_.integers(key, std::numeric_limits<std::int32_t>::min(), kLargest)).value_or(std::vector<std::int64_t>());
  }

  std::int64_t required_integer(const std::string& key) {
    const auto value = integer(key, 1);
    if (!value) fail_at(key, "is missing");
    return value.value_or(0);
  }
  /// A number, or a list with the same number for every layer.
  std::optional<std::int64_t> uniform_integer(const std::string& key) {
    const auto found = file_.metadata().find(key);
    if (found == file_.metadata().end() || found->second.kind != GgufKind::array) return integer(key, 1);
    const auto list = integers(key);
    for (const std::int64_t each : list)
      if (each != list.front() || each < 1) fail_at(key, "differs between layers, which is not computed here");
    return ok() && !list.empty() ? std::optional(list.front()) : std::nullopt;
  }

 private:
  template <class T>
  std::optional<T> keep(Result<std::optional<T>> result) {
    if (result && ok()) return std::move(*result);
    if (!result && ok()) error_ = result.error();
    return std::nullopt;
  }

  const GgufFile& file_;
  std::optional<Error> error_;
};

}  // namespace xrouter::weights
