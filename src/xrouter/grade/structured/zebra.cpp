// A table of attributes: {"header": [...], "rows": [[...], ...]} as JSON or as a Python literal.
#include <algorithm>
#include <map>
#include <set>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/structured/answer.hpp"
#include "xrouter/grade/structured/rules.hpp"

namespace xrouter::grade::structured {
namespace {

constexpr std::size_t kMaxCells = 10'000;

struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

// A value that is no text: a cell that equals nothing, itself included.
const std::string kNoCell = std::string(1, '\0');

std::vector<std::string> texts_of(const Value& value) {
  std::vector<std::string> texts;
  const Value::List* list = value.if_list();
  if (!list) return texts;
  for (const Value& item : list->items) texts.push_back(cell_text(item).value_or(kNoCell));
  return texts;
}

std::optional<Table> table_of(const Value& value) {
  const Value* header = value.find("header");
  const Value* rows = value.find("rows");
  if (!header || !rows || !rows->if_list()) return std::nullopt;
  Table table{.header = texts_of(*header), .rows = {}};
  for (const Value& row : rows->if_list()->items) table.rows.push_back(texts_of(row));
  const bool has_names = !table.header.empty() && std::set<std::string>(table.header.begin(), table.header.end()).size() == table.header.size();
  return has_names ? std::optional(std::move(table)) : std::nullopt;
}

std::optional<Table> truth_table(const Value& truth) {
  const auto value = parsed_truth(truth);
  auto table = value ? table_of(*value) : std::nullopt;
  if (!table || table->rows.empty() || table->rows.size() * table->header.size() > kMaxCells) return std::nullopt;
  const auto all_texts = [](const std::vector<std::string>& cells) { return std::ranges::find(cells, kNoCell) == cells.end(); };
  const bool complete =
      all_texts(table->header) && std::ranges::all_of(table->rows, [&](const auto& row) { return row.size() == table->header.size() && all_texts(row); });
  return complete ? table : std::nullopt;
}

Result<void> validate(const Value& truth) {
  if (!truth_table(truth)) return fail(ErrorKind::config, "the ground truth is no table with a header and complete rows");
  return {};
}

// The answer's column for each of the truth's; empty when the headers differ as sets.
std::vector<std::size_t> column_map(const Table& truth, const Table& answer) {
  std::vector<std::size_t> columns;
  if (truth.header.size() != answer.header.size()) return columns;
  for (const std::string& name : truth.header) {
    const auto found = std::ranges::find(answer.header, name);
    if (found == answer.header.end()) return {};
    columns.push_back(static_cast<std::size_t>(found - answer.header.begin()));
  }
  return columns;
}

// A row with more cells than the header has says more than was asked: it has no cell at all.
const std::string& cell_at(const Table& table, std::size_t row, std::size_t column) {
  const bool has_cell = row < table.rows.size() && column < table.rows[row].size() && table.rows[row].size() <= table.header.size();
  return has_cell ? table.rows[row][column] : kNoCell;
}

bool same_cell(const std::string& cell, const std::string& wanted) { return cell == wanted && cell != kNoCell; }

// Row numbers by the text in a column; empty when two rows share one.
std::map<std::string, std::size_t> rows_by(const Table& table, std::size_t column) {
  std::map<std::string, std::size_t> rows;
  for (std::size_t i = 0; i < table.rows.size(); ++i) rows.emplace(cell_at(table, i, column), i);
  return rows.size() == table.rows.size() ? rows : std::map<std::string, std::size_t>{};
}

std::size_t right_cells(const Table& truth, const Table& answer, const std::vector<std::size_t>& columns) {
  const auto truth_keys = rows_by(truth, 0);
  const auto keys = rows_by(answer, columns[0]);
  const bool by_key = !truth_keys.empty() && !keys.empty();
  std::size_t right = 0;
  for (std::size_t i = 0; i < truth.rows.size(); ++i) {
    const auto keyed = keys.find(truth.rows[i][0]);
    const std::size_t row = !by_key ? i : keyed == keys.end() ? answer.rows.size() : keyed->second;
    for (std::size_t j = 0; j < columns.size(); ++j) right += same_cell(cell_at(answer, row, columns[j]), truth.rows[i][j]) ? 1 : 0;
  }
  return right;
}

GradeResult grade(std::string_view reply, const Value& truth_value, const Dialect&) {
  const Table truth = *truth_table(truth_value);
  const auto marked = marked_answer(reply);
  const auto value = marked ? parse_value(*marked) : extract::last_json(reply);
  if (!value) return marked ? ungraded(GradeStatus::answer_parse_error, "no JSON and no literal", std::string(*marked)) : ungraded(GradeStatus::no_answer, "no table");
  const auto answer = table_of(*value);
  if (!answer) return ungraded(GradeStatus::answer_parse_error, "no header and rows", to_json(*value));
  if (answer->rows.size() > kMaxCells) return ungraded(GradeStatus::answer_limit, "too many rows");
  const auto columns = column_map(truth, *answer);
  if (columns.empty()) return graded(false, to_json(*value), {}, "the headers differ");
  const std::size_t cells = truth.rows.size() * columns.size();
  // Surplus rows count as wrong ones: a longer table is not a better one.
  const std::size_t of = std::max(cells, answer->rows.size() * columns.size());
  const std::size_t right = right_cells(truth, *answer, columns);
  return graded_share(static_cast<double>(right) / static_cast<double>(of), right == of, to_json(*value));
}

}  // namespace

constinit const Rule kZebra{.name = "zebra", .validate = validate, .grade = grade};

}  // namespace xrouter::grade::structured
