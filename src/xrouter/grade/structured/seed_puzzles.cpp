// The seed's zebra, ordering and graph graders, faults included.
#include <algorithm>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/fold.hpp"
#include "xrouter/grade/extract/scan.hpp"
#include "xrouter/grade/structured/rules.hpp"
#include "xrouter/grade/structured/seed_tags.hpp"
#include "xrouter/grade/value/compare.hpp"

namespace xrouter::grade::structured {
namespace {

// value[i] of Python for lists, tuples and dicts; nullptr where it raises.
const Value* subscript(const Value& value, std::size_t i) {
  if (const Value::List* list = value.if_list()) return list->kind != ListKind::set && i < list->items.size() ? &list->items[i] : nullptr;
  const Value::Dict* dict = value.if_dict();
  if (!dict) return nullptr;
  const auto found = std::ranges::find_if(dict->items, [&](const auto& item) { return python_equal(item.first, Value(static_cast<std::int64_t>(i))); });
  return found == dict->items.end() ? nullptr : &found->second;
}

std::optional<Value> literal_or_json(std::string_view text) {
  if (auto value = parse_python(text)) return std::move(*value);
  if (auto value = parse_json(text)) return std::move(*value);
  return std::nullopt;
}

// The share of equal cells; 0 as soon as a cell is missing, because the seed's lookup raises then.
double zebra_share(const Value& answer, const Value& truth) {
  const Value* truth_rows = truth.find("rows");
  const Value* header = truth.find("header");
  const Value* rows = answer.find("rows");
  if (!truth_rows || !truth_rows->if_list() || !header || !header->if_list() || !rows) return 0;
  const std::size_t height = truth_rows->if_list()->items.size();
  const std::size_t width = header->if_list()->items.size();
  if (height * width == 0) return 0;
  std::size_t right = 0;
  for (std::size_t i = 0; i < height; ++i) {
    const Value* row = subscript(*rows, i);
    for (std::size_t j = 0; j < width; ++j) {
      const Value* cell = row ? subscript(*row, j) : nullptr;
      const Value* key = subscript(truth_rows->if_list()->items[i], j);
      if (!cell || !key) return 0;
      right += python_equal(*cell, *key) ? 1 : 0;
    }
  }
  return static_cast<double>(right) / static_cast<double>(height * width);
}

GradeResult grade_zebra(std::string_view reply, const Value& truth, const Dialect&) {
  const auto text = seed_answer(reply, true);
  const auto answer = text ? literal_or_json(*text) : std::nullopt;
  if (!answer || !answer->if_dict()) return graded(false);
  const double share = zebra_share(*answer, truth);
  return graded_share(share, share == 1.0, std::string(*text));
}

// The text between the first brackets that hold only non-empty parts between commas, with the brackets.
std::optional<std::string_view> bracketed_list(std::string_view text) {
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t close = text.find(']', from);
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view before = text.substr(from, close - from);
    // An empty part behind a bracket rules that bracket out, and every one before it.
    const std::size_t empty_part = before.ends_with(',') ? before.size() : before.rfind(",,");
    std::size_t open = before.find('[', empty_part == std::string_view::npos ? 0 : empty_part);
    while (open != std::string_view::npos && (open + 1 == before.size() || before[open + 1] == ',')) open = before.find('[', open + 1);
    if (open != std::string_view::npos) return text.substr(from + open, close + 1 - from - open);
    from = close + 1;
  }
  return std::nullopt;
}

// Runs of letters, digits, underscores and blanks.
std::vector<std::string> word_runs(std::string_view text) {
  std::vector<std::string> runs;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    while (at < text.size() && (extract::is_word(text[at]) || extract::is_blank(text[at]))) ++at;
    std::string run(extract::trimmed(text.substr(start, at - start)));
    std::ranges::transform(run, run.begin(), extract::to_lower);
    if (!run.empty()) runs.push_back(std::move(run));
    if (at == start) ++at;
  }
  return runs;
}

GradeResult grade_ordering(std::string_view reply, const Value& truth, const Dialect&) {
  const auto text = seed_answer(reply, true);
  // Without a list the seed evaluates the text; no text that is not a list can equal one.
  const auto list = text ? bracketed_list(*text) : std::nullopt;
  const Value::List* key = truth.if_list();
  if (!list || !key) return graded(false);
  const std::vector<std::string> names = word_runs(*list);
  const bool same = std::ranges::equal(names, key->items, [](const std::string& name, const Value& item) { return item.if_string() && *item.if_string() == name; });
  return graded(same, std::string(*list));
}

GradeResult grade_graph(std::string_view reply, const Value& truth, const Dialect&) {
  const auto text = seed_answer(reply, true);
  const bool is_token = text && !text->empty() && std::ranges::all_of(*text, extract::is_letter);
  const std::string key = truth.if_string() ? *truth.if_string() : to_python(truth);
  if (!is_token || text->size() != key.size()) return graded(false);
  return graded(std::ranges::equal(*text, key, {}, extract::to_lower, extract::to_lower), std::string(*text));
}

}  // namespace

constinit const Rule kSeedZebra{.name = "seed_zebra", .validate = accept_any, .grade = grade_zebra};
constinit const Rule kSeedOrdering{.name = "seed_ordering", .validate = accept_any, .grade = grade_ordering};
constinit const Rule kSeedGraph{.name = "seed_graph", .validate = accept_any, .grade = grade_graph};

}  // namespace xrouter::grade::structured
