// How one kind of value is read from YAML, checked, and written back. A rule is what a property
// declares besides its name: type, range, unit of the text form.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "xrouter/base/usd.hpp"
#include "xrouter/catalog/model.hpp"
#include "xrouter/config/yaml_tree.hpp"

namespace xrouter::config {

template <class T>
struct Rule {
  using Read = tl::expected<T, Problem>;

  std::string type;  ///< for people: "whole number, 1 to 100"
  std::function<Read(const YamlNode&)> read = {};
  std::function<std::string(const T&)> show = {};  ///< YAML flow text; read(show(x)) == x
};

/// Text in double quotes, escaped so that YAML and JSON read it alike.
std::string quoted(std::string_view text);

namespace rules {

using milliseconds = std::chrono::milliseconds;

template <class T>
Rule<T> whole_number(std::int64_t min, std::int64_t max);
extern template Rule<int> whole_number<int>(std::int64_t, std::int64_t);
extern template Rule<std::int64_t> whole_number<std::int64_t>(std::int64_t, std::int64_t);
extern template Rule<std::size_t> whole_number<std::size_t>(std::int64_t, std::int64_t);

Rule<milliseconds> duration_ms(std::int64_t min, std::int64_t max);
/// A plain decimal such as 0.5; no exponent, no .inf.
Rule<double> decimal(double min, double max);
/// Only `true` and `false`.
Rule<bool> boolean();

/// May be empty when `min_length` is 0.
Rule<std::string> text(std::size_t min_length = 0, std::size_t max_length = 4096);
Rule<std::string> one_of(std::vector<std::string> words);
/// Text that `check` accepts; it returns what is wrong, or "".
Rule<std::string> checked_text(std::string type, std::function<std::string(std::string_view)> check);
Rule<std::vector<std::string>> list_of(Rule<std::string> item, std::size_t max_items);

/// Dollars; `null` = none.
Rule<std::optional<Usd>> optional_usd();
/// Dollars per million tokens in the file, dollars per token in the value; `null` = unknown.
Rule<std::optional<Usd>> usd_per_mtok();
Rule<Tier> tier();

}  // namespace rules
}  // namespace xrouter::config
