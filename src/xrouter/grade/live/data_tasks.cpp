// LiveBench, data analysis: the type of a column, and joining tables.
#include <cmath>
#include <map>
#include <optional>

#include "xrouter/grade/live/task.hpp"
#include "xrouter/grade/value/compare.hpp"

namespace xrouter::grade::live {
namespace {

Text word_characters(TextView text) {
  Text out;
  for (const char32_t c : follow::lowered(text))
    if (follow::is_word(c)) out.push_back(c);
  return out;
}

// The gold name, or anything that ends with it.
Verdict column_type(const Question& question, TextView reply) {
  Text answer(reply);
  if (follow::contains(reply, U"\\boxed{")) {
    const SeedBox box = seed_box(reply);
    if (box.state != SeedBox::State::found) return not_scored(GradeStatus::answer_parse_error);
    answer = without_parts(box.content, {U"\\text{", U"}", U"\\"});
  }
  const Text gold = word_characters(question.gold);
  const Text given = word_characters(answer);
  if (gold.empty() && !question.bug_compat) return not_scored(GradeStatus::target_error);
  return scored((gold.empty() ? given.empty() : given.ends_with(gold)) ? 1 : 0, answer);
}

/// Keys and values by Python's ==; nulls are left out.
using Pairs = std::map<std::string, Value>;

std::optional<Pairs> pairs_of(const Value& value) {
  const Value::Dict* dict = value.if_dict();
  if (dict == nullptr) return std::nullopt;
  Pairs out;
  for (const auto& [key, item] : dict->items) out.insert_or_assign(python_key(key), item);
  std::erase_if(out, [](const auto& pair) { return pair.second.is_null(); });
  return out;
}

std::optional<Value> literal(TextView text) {
  const Result<Value> parsed = parse_python(follow::encode(follow::stripped(text)));
  return parsed ? std::optional<Value>(*parsed) : std::nullopt;
}

// \text{'name'} becomes 'name'.
Text unwrapped_texts(TextView box) {
  const auto is_quote = [](char32_t c) { return c == '\'' || c == '"' || c == '|'; };
  constexpr TextView kOpen = U"\\text{";
  Text out;
  bool may_close = true;  // once none closes, none of the later ones does
  for (std::size_t at = 0; at < box.size();) {
    const std::size_t quote = at + kOpen.size();
    const bool open = may_close && box.substr(at).starts_with(kOpen) && quote < box.size() && is_quote(box[quote]);
    std::size_t close = open ? box.find(U'}', quote + 1) : TextView::npos;
    while (close != TextView::npos && (close < quote + 2 || !is_quote(box[close - 1]))) close = box.find(U'}', close + 1);
    if (close == TextView::npos) {
      may_close = may_close && !open;
      out.push_back(box[at++]);
      continue;
    }
    out.append(U"'").append(box.substr(quote + 1, close - quote - 2)).append(U"'");
    at = close + 1;
  }
  return follow::replaced(out, U"\\", U"");
}

// The last fence with a label, the last fence at all, a box, or the text itself.
Text dict_text(TextView reply) {
  const Text flat = follow::replaced(reply, U"\n", U"");
  for (const TextView open : {TextView(U"```python"), TextView(U"```json"), TextView(U"```")}) {
    const auto fenced = between(flat, open, U"```", Lines::any);
    if (!fenced.empty()) return Text(fenced.back());
  }
  if (follow::contains(flat, U"\\boxed")) {
    const SeedBox box = seed_box(flat);
    if (box.state == SeedBox::State::found) return unwrapped_texts(box.content);
  }
  return Text(reply);
}

std::optional<Pairs> given_pairs(TextView reply) {
  const auto solutions = between(reply, U"<solution>", U"</solution>", Lines::any);
  const TextView text = solutions.empty() ? reply : follow::stripped(solutions.back());
  if (const auto whole = literal(text)) return pairs_of(*whole);
  const auto found = literal(follow::replaced(dict_text(text), U"null", U"None"));
  return found ? pairs_of(*found) : std::nullopt;
}

bool is_falsy(const Value& value) {
  if (const bool* flag = value.if_bool()) return !*flag;
  if (const Number* number = value.if_number()) return number->to_double() == 0;
  if (const std::string* text = value.if_string()) return text->empty();
  if (const Value::List* list = value.if_list()) return list->items.empty();
  if (const Value::Dict* dict = value.if_dict()) return dict->items.empty();
  return true;
}

// F1 over pairs. What is empty counts as absent.
double pairs_f1(const Pairs& gold, const Pairs& given) {
  double right = 0, surplus = 0, missing = 0;
  for (const auto& [key, value] : given) {
    const auto wanted = gold.find(key);
    if (wanted == gold.end() || is_falsy(wanted->second)) {
      surplus += 1;
    } else if (python_equal(wanted->second, value)) {
      right += 1;
    } else {
      surplus += 1;
      missing += 1;
    }
  }
  for (const auto& [key, value] : gold) {
    const auto found = given.find(key);
    if (found == given.end() || is_falsy(found->second)) missing += 1;
  }
  return 2 * right / (2 * right + surplus + missing);
}

Verdict table_join(const Question& question, TextView reply) {
  std::optional<Pairs> gold = pairs_of(question.truth);
  if (!gold) {
    const auto parsed = literal(question.gold);
    gold = parsed ? pairs_of(*parsed) : std::nullopt;
  }
  if (!gold || gold->empty()) return not_scored(GradeStatus::target_error);
  const auto given = given_pairs(reply);
  if (!given || given->empty()) return not_scored(GradeStatus::no_answer);
  const double f1 = pairs_f1(*gold, *given);
  // Rounding would call 0.995 right.
  return scored(question.bug_compat ? std::rint(f1 * 100) / 100 : f1, {});
}

constexpr Task kTasks[] = {{"cta", column_type}, {"tablejoin", table_join, true}};

}  // namespace

std::span<const Task> data_tasks() { return kTasks; }

}  // namespace xrouter::grade::live
