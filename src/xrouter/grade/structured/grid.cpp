// Coloured grids: a list of lists of integers, or rows of digits.
#include <algorithm>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/scan.hpp"
#include "xrouter/grade/structured/answer.hpp"
#include "xrouter/grade/structured/rules.hpp"

namespace xrouter::grade::structured {
namespace {

constexpr std::size_t kMaxSide = 100;

using Grid = std::vector<std::vector<std::int64_t>>;

bool is_rectangle(const Grid& grid) {
  return !grid.empty() && !grid[0].empty() && std::ranges::all_of(grid, [&](const auto& row) { return row.size() == grid[0].size(); });
}

std::optional<std::vector<std::int64_t>> row_of(const Value& value) {
  const Value::List* list = value.if_list();
  if (!list || list->kind == ListKind::set || list->items.size() > kMaxSide) return std::nullopt;
  std::vector<std::int64_t> row;
  for (const Value& cell : list->items) {
    const Number* number = cell.if_number();
    const auto integer = number ? number->to_int64() : std::nullopt;
    if (!integer) return std::nullopt;
    row.push_back(*integer);
  }
  return row;
}

std::optional<Grid> grid_of(const Value& value) {
  const Value::List* list = value.if_list();
  if (!list || list->items.size() > kMaxSide) return std::nullopt;
  Grid grid;
  for (const Value& item : list->items) {
    auto row = row_of(item);
    if (!row) return std::nullopt;
    grid.push_back(std::move(*row));
  }
  return is_rectangle(grid) ? std::optional(std::move(grid)) : std::nullopt;
}

// "0 1 2", "0,1,2", "|0|1|2|" or "012"; empty when the line says anything else.
std::vector<std::int64_t> digits_of(std::string_view line) {
  std::vector<std::int64_t> row;
  for (const char c : line) {
    if (extract::is_digit(c)) {
      row.push_back(c - '0');
    } else if (std::string_view(" ,|\t\r[]").find(c) == std::string_view::npos) {
      return {};
    }
  }
  return row.size() <= kMaxSide ? row : std::vector<std::int64_t>{};
}

// The only block of neighbouring lines of digits.
std::optional<Grid> digit_rows(std::string_view text) {
  Grid grid;
  bool ended = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    auto row = digits_of(text.substr(at, end - at));
    at = end + 1;
    if (row.empty()) {
      ended = true;
      continue;
    }
    if (ended && !grid.empty()) return std::nullopt;
    ended = false;
    if (grid.size() <= kMaxSide) grid.push_back(std::move(row));
  }
  return is_rectangle(grid) && grid.size() <= kMaxSide ? std::optional(std::move(grid)) : std::nullopt;
}

bool has_digits_or_brackets(std::string_view text) { return text.find_first_of("0123456789[]{}") != std::string_view::npos; }

// What is marked as the answer is one grid, be it with a word before it, and no choice of several.
std::optional<Grid> read_grid(std::string_view text) {
  if (const auto value = parse_value(text)) return grid_of(*value);
  const auto json = extract::last_json_text(text);
  if (!json) return digit_rows(text);
  const auto begin = static_cast<std::size_t>(json->data() - text.data());
  if (has_digits_or_brackets(text.substr(0, begin)) || has_digits_or_brackets(text.substr(begin + json->size()))) return std::nullopt;
  const auto value = parse_value(*json);
  return value ? grid_of(*value) : std::nullopt;
}

double cell_share(const Grid& truth, const Grid& answer) {
  if (truth.size() != answer.size() || truth[0].size() != answer[0].size()) return 0;
  std::size_t right = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    for (std::size_t j = 0; j < truth[0].size(); ++j) right += truth[i][j] == answer[i][j] ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(truth.size() * truth[0].size());
}

std::optional<Grid> truth_grid(const Value& truth) {
  const auto value = parsed_truth(truth);
  return value ? grid_of(*value) : std::nullopt;
}

Result<void> validate(const Value& truth) {
  if (!truth_grid(truth)) return fail(ErrorKind::config, "the ground truth is no grid of integers");
  return {};
}

GradeResult grade(std::string_view reply, const Value& truth_value, const Dialect&) {
  const Grid truth = *truth_grid(truth_value);
  const auto marked = marked_answer(reply);
  const std::string_view text = marked.value_or(reply);
  const auto answer = marked ? read_grid(text) : [&]() -> std::optional<Grid> {
    const auto value = extract::last_json(text);
    return value ? grid_of(*value) : std::nullopt;
  }();
  if (!answer) return ungraded(marked && !marked->empty() ? GradeStatus::answer_parse_error : GradeStatus::no_answer, "no grid of integers", std::string(text));
  GradeResult result = graded(*answer == truth, std::string(text));
  result.parts.emplace_back("cell_share", cell_share(truth, *answer));
  return result;
}

}  // namespace

constinit const Rule kGrid{.name = "grid", .validate = validate, .grade = grade};

}  // namespace xrouter::grade::structured
