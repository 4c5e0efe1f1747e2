#include "xrouter/grade/registry.hpp"

#include <algorithm>
#include <set>

#include "xrouter/base/assert.hpp"
#include "xrouter/base/suggest.hpp"

namespace xrouter::grade {
namespace {

const RegistryRow* exact_row(const std::vector<RegistryRow>& rows, std::string_view name) {
  const auto found = std::ranges::find_if(rows, [&](const RegistryRow& row) { return row.match == Match::exact && row.key == name; });
  return found == rows.end() ? nullptr : &*found;
}

const RegistryRow* longest_prefix_row(const std::vector<RegistryRow>& rows, std::string_view name) {
  const RegistryRow* best = nullptr;
  for (const RegistryRow& row : rows) {
    if (row.match == Match::prefix && name.starts_with(row.key) && (!best || row.key.size() > best->key.size())) best = &row;
  }
  return best;
}

std::vector<RegistryRow> all_rows() {
  std::vector<RegistryRow> rows;
  for (const auto family : {math_rows, choice_rows, structured_rows, code_rows, follow_rows, live_rows, calls_rows, judge_rows, phrase_rows}) {
    for (RegistryRow& row : family()) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

Result<Registry> Registry::make(std::vector<RegistryRow> rows) {
  std::set<std::pair<std::string, Match>> seen;
  for (const RegistryRow& row : rows) {
    if (!seen.emplace(row.key, row.match).second) return fail(ErrorKind::config, "two graders claim the data source '" + row.key + "'");
  }
  Registry registry;
  registry.rows_ = std::move(rows);
  return registry;
}

Result<std::unique_ptr<Grader>> Registry::grader_for(std::string_view data_source, const Dialect& dialect) const {
  const RegistryRow* row = exact_row(rows_, data_source);
  if (!row) row = longest_prefix_row(rows_, data_source);
  if (row) return row->make(dialect, data_source);
  std::vector<std::string> keys;
  for (const RegistryRow& known : rows_) keys.push_back(known.key);
  return fail(ErrorKind::config, "no grader for the data source '" + std::string(data_source) + "'" + did_you_mean(data_source, keys));
}

const Registry& builtin_registry() {
  static const Registry registry = [] {
    Result<Registry> made = Registry::make(all_rows());
    XROUTER_ASSERT(made.has_value(), "two graders claim one data source");
    return std::move(*made);
  }();
  return registry;
}

}  // namespace xrouter::grade
