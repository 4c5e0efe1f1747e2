// The seed's grader of grids: a missing answer is [[0]], cells become integers by force.
#include <algorithm>
#include <cmath>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/structured/answer.hpp"
#include "xrouter/grade/structured/rules.hpp"
#include "xrouter/grade/structured/seed_tags.hpp"

namespace xrouter::grade::structured {
namespace {

using Grid = std::vector<std::vector<std::int64_t>>;

constexpr std::int64_t kPadding = -1;
constexpr std::size_t kMaxSide = 10'000;  ///< the seed would run out of memory where this refuses

const Value& missing() {
  static const Value value = parse_python("[[0]]").value();
  return value;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t hit = text.find(from); hit != std::string::npos; hit = text.find(from, at)) {
    out.append(text, at, hit - at).append(to);
    at = hit + from.size();
  }
  text = out.append(text, at, std::string::npos);
}

Value answer_of(std::string_view reply) {
  const auto tagged = seed_answer(reply, false);
  if (!tagged) return missing();
  std::string text(*tagged);
  replace_all(text, "\n", "");
  replace_all(text, "...", "-1");
  const std::size_t start = text.find("[[");
  const std::size_t end = start == std::string::npos ? start : text.find("]]", start);
  if (end == std::string::npos) return missing();
  auto value = parse_python(std::string_view(text).substr(start, end + 2 - start));
  const Value::List* list = value ? value->if_list() : nullptr;
  const bool rows = list && std::ranges::all_of(list->items, [](const Value& row) { return row.if_list() && row.if_list()->kind == ListKind::list; });
  return rows ? std::move(*value) : missing();
}

// numpy's astype(int) of one cell. `as_text`: a text among the cells makes all of them texts first.
std::optional<std::int64_t> integer_of(const Value& cell, bool as_text) {
  if (const bool* flag = cell.if_bool()) return as_text ? std::nullopt : std::optional<std::int64_t>(*flag ? 1 : 0);
  if (const std::string* text = cell.if_string()) {
    const auto number = parse_python(extract::trimmed(*text));
    return number && number->if_number() ? number->if_number()->to_int64() : std::nullopt;
  }
  const Number* number = cell.if_number();
  if (!number) return std::nullopt;
  if (number->is_integer() || as_text) return number->to_int64();
  const double value = std::trunc(number->to_double());
  return std::abs(value) < 9e18 ? std::optional(static_cast<std::int64_t>(value)) : std::nullopt;
}

bool holds_text(const Value::List& rows) {
  return std::ranges::any_of(rows.items, [](const Value& row) { return std::ranges::any_of(row.if_list()->items, [](const Value& cell) { return cell.if_string(); }); });
}

// nullopt where stacking or casting fails: the seed goes on with [[0]] then.
std::optional<Grid> stacked(const Value::List& rows) {
  Grid grid;
  const bool as_text = holds_text(rows);
  for (const Value& row : rows.items) {
    std::vector<std::int64_t>& cells = grid.emplace_back();
    for (const Value& cell : row.if_list()->items) {
      const auto integer = integer_of(cell, as_text);
      if (!integer) return std::nullopt;
      cells.push_back(*integer);
    }
    if (cells.size() != grid[0].size()) return std::nullopt;
  }
  return grid;
}

bool is_rows(const Value& value) {
  const Value::List* list = value.if_list();
  return list && !list->items.empty() && std::ranges::all_of(list->items, [](const Value& row) { return row.if_list() != nullptr; });
}

bool is_nested_deeper(const Value::List& rows) {
  return std::ranges::any_of(rows.items, [](const Value& row) { return std::ranges::any_of(row.if_list()->items, [](const Value& cell) { return cell.if_list(); }); });
}

// Right when every cell of the common shape is equal and neither is padding.
bool same_everywhere(const Grid& answer, const Grid& truth, std::size_t height, std::size_t width) {
  const auto at = [](const Grid& grid, std::size_t i, std::size_t j) { return i < grid.size() && j < grid[i].size() ? grid[i][j] : kPadding; };
  for (std::size_t i = 0; i < height; ++i) {
    for (std::size_t j = 0; j < width; ++j) {
      const std::int64_t cell = at(answer, i, j);
      if (cell == kPadding || cell != at(truth, i, j)) return false;
    }
  }
  return true;
}

GradeResult grade(std::string_view reply, const Value& truth_value, const Dialect&) {
  const auto truth_list = parsed_truth(truth_value);
  if (!truth_list || !is_rows(*truth_list)) return seed_raised("TypeError");
  const Value answer_list = answer_of(reply);
  const Value::List& answer_rows = *answer_list.if_list();
  const Value::List& truth_rows = *truth_list->if_list();
  if (is_nested_deeper(answer_rows) || is_nested_deeper(truth_rows)) return seed_raised("ValueError");
  const std::size_t height = std::max(answer_rows.items.size(), truth_rows.items.size());
  const std::size_t width = std::max(answer_rows.items[0].if_list()->items.size(), truth_rows.items[0].if_list()->items.size());
  if (height > kMaxSide || width > kMaxSide) return graded(false, {}, {}, "too large");
  const Grid none = {{0}};
  return graded(same_everywhere(stacked(answer_rows).value_or(none), stacked(truth_rows).value_or(none), height, width), to_json(answer_list));
}

}  // namespace

constinit const Rule kSeedGrid{.name = "seed_grid", .validate = accept_any, .grade = grade};

}  // namespace xrouter::grade::structured
