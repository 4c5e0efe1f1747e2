// Names in an order, and single tokens read off a graph.
#include <algorithm>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/fold.hpp"
#include "xrouter/grade/extract/scan.hpp"
#include "xrouter/grade/structured/answer.hpp"
#include "xrouter/grade/structured/rules.hpp"

namespace xrouter::grade::structured {
namespace {

constexpr std::size_t kMaxNames = 10'000;

std::optional<std::vector<std::string>> names_of(const Value& value) {
  const Value::List* list = value.if_list();
  if (!list || list->kind == ListKind::set || list->items.size() > kMaxNames) return std::nullopt;
  std::vector<std::string> names;
  for (const Value& item : list->items) {
    auto name = cell_text(item);
    if (!name) return std::nullopt;
    names.push_back(std::move(*name));
  }
  return names;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size() && parts.size() <= kMaxNames;) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    parts.push_back(extract::folded(extract::undecorated(text.substr(at, end - at))));
    at = end + 1;
  }
  return parts;
}

// "2. sparrow" and "- sparrow" are sparrow.
std::string_view without_bullet(std::string_view line) {
  line = extract::trimmed(line);
  std::size_t at = 0;
  while (at < line.size() && extract::is_digit(line[at])) ++at;
  const bool numbered = at > 0 && at < line.size() && (line[at] == '.' || line[at] == ')');
  const bool dashed = at == 0 && line.size() > 1 && (line[0] == '-' || line[0] == '*') && line[1] == ' ';
  return numbered || dashed ? extract::trimmed(line.substr(at + 1)) : line;
}

// A list as JSON or literal, names in brackets without quotes, one name a line, or (where several are wanted) names
// with commas between them in one line.
std::vector<std::string> listed_names(std::string_view text, std::size_t wanted) {
  if (const auto value = parse_value(text)) {
    if (auto names = names_of(*value)) return *names;
  }
  text = extract::trimmed(text);
  if (text.starts_with('[') && text.ends_with(']') && text.size() > 2) return split(text.substr(1, text.size() - 2), ',');
  const bool one_line = text.find('\n') == std::string_view::npos;
  if (one_line && wanted > 1 && text.find(',') != std::string_view::npos) return split(text, ',');
  std::vector<std::string> names;
  for (std::size_t at = 0; at < text.size() && names.size() <= kMaxNames;) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string name = extract::folded(extract::undecorated(without_bullet(text.substr(at, end - at))));
    if (!name.empty()) names.push_back(std::move(name));
    at = end + 1;
  }
  return names;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

std::optional<std::vector<std::string>> truth_names(const Value& truth) {
  const auto value = parsed_truth(truth);
  auto names = value ? names_of(*value) : std::nullopt;
  return names && !names->empty() ? names : std::nullopt;
}

Result<void> validate_ordering(const Value& truth) {
  if (!truth_names(truth)) return fail(ErrorKind::config, "the ground truth is no list of names");
  return {};
}

GradeResult grade_ordering(std::string_view reply, const Value& truth, const Dialect&) {
  const auto marked = marked_answer(reply);
  const std::vector<std::string> wanted = *truth_names(truth);
  std::vector<std::string> names;
  if (marked) {
    names = listed_names(*marked, wanted.size());
  } else if (const auto value = extract::last_json(reply)) {
    names = names_of(*value).value_or(std::vector<std::string>{});
  } else if (const auto answer = short_answer(reply)) {
    const auto literal = parse_value(*answer);
    if (literal) names = names_of(*literal).value_or(std::vector<std::string>{});
  }
  if (names.empty()) return ungraded(GradeStatus::no_answer, "no list of names");
  if (names.size() > kMaxNames) return ungraded(GradeStatus::answer_limit, "too many names");
  return graded(names == wanted, marked ? std::string(*marked) : joined(names), joined(names));
}

Result<void> validate_graph(const Value& truth) {
  const auto token = cell_text(truth);
  if (!token || token->empty()) return fail(ErrorKind::config, "the ground truth is no text");
  return {};
}

GradeResult grade_graph(std::string_view reply, const Value& truth, const Dialect&) {
  const auto answer = short_answer(reply);
  if (!answer) return ungraded(GradeStatus::no_answer, "no answer is marked");
  const std::string token = extract::folded(*answer);
  return graded(token == *cell_text(truth), std::string(*answer), token);
}

}  // namespace

constinit const Rule kOrdering{.name = "ordering", .validate = validate_ordering, .grade = grade_ordering};
constinit const Rule kGraph{.name = "graph", .validate = validate_graph, .grade = grade_graph};

}  // namespace xrouter::grade::structured
