// Cells read off tables: numbers by quantity.hpp, texts folded, several answers (joined by bars) in any order.
#include <algorithm>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/fold.hpp"
#include "xrouter/grade/structured/answer.hpp"
#include "xrouter/grade/structured/quantity.hpp"
#include "xrouter/grade/structured/rules.hpp"

namespace xrouter::grade::structured {
namespace {

constexpr std::size_t kMaxCells = 64;

struct Cell {
  std::string text;  ///< folded
  std::optional<Quantity> quantity;
};

// LaTeX's spaces and \text{...} say nothing in a cell: "20\ \text{to}\ 39" is "20 to 39".
std::string plain_text(std::string_view cell) {
  std::string out;
  int in_text = 0;
  for (std::size_t at = 0; at < cell.size();) {
    const std::string_view rest = cell.substr(at);
    if (rest.starts_with("\\text{") || rest.starts_with("\\mathrm{")) {
      ++in_text;
      at += rest.find('{') + 1;
    } else if (rest.starts_with('}') && in_text > 0) {
      --in_text;
      ++at;
    } else if (rest.starts_with("\\ ") || rest.starts_with("\\,") || rest.starts_with("\\;") || rest.starts_with("\\!") || rest.starts_with("~")) {
      out += rest.starts_with("\\!") ? "" : " ";
      at += rest[0] == '~' ? 1 : 2;
    } else if (rest.starts_with("\\%") || rest.starts_with("\\$") || rest.starts_with("\\&") || rest.starts_with("\\#") || rest.starts_with("\\_")) {
      out += rest[1];
      at += 2;
    } else {
      out += rest[0];
      ++at;
    }
  }
  return out;
}

Cell cell_of(std::string_view text) {
  const std::string plain = plain_text(text);
  return {.text = extract::folded(extract::undecorated(plain)), .quantity = quantity_of(extract::undecorated(plain))};
}

bool same_cell(const Cell& answer, const Cell& key, int digits) {
  if (answer.quantity && key.quantity) return same_quantity(*answer.quantity, *key.quantity, digits);
  return answer.text == key.text;
}

std::vector<Cell> cells_of(std::string_view text) {
  std::vector<Cell> cells;
  for (std::size_t at = 0; at <= text.size() && cells.size() <= kMaxCells;) {
    const std::size_t end = std::min(text.find('|', at), text.size());
    cells.push_back(cell_of(text.substr(at, end - at)));
    at = end + 1;
  }
  return cells;
}

// Pairs every key with an answer of its own: tolerances make a greedy choice wrong now and then.
class Pairing {
 public:
  Pairing(const std::vector<Cell>& answers, const std::vector<Cell>& keys, int digits) : answers_(answers), keys_(keys), digits_(digits), key_of_(answers.size()) {}

  bool complete() {
    for (std::size_t key = 0; key < keys_.size(); ++key) {
      std::vector<bool> tried(answers_.size());
      if (!place(key, tried)) return false;
    }
    return true;
  }

 private:
  bool place(std::size_t key, std::vector<bool>& tried) {
    for (std::size_t answer = 0; answer < answers_.size(); ++answer) {
      if (tried[answer] || !same_cell(answers_[answer], keys_[key], digits_)) continue;
      tried[answer] = true;
      if (key_of_[answer] && !place(*key_of_[answer], tried)) continue;
      key_of_[answer] = key;
      return true;
    }
    return false;
  }

  const std::vector<Cell>& answers_;
  const std::vector<Cell>& keys_;
  int digits_;
  std::vector<std::optional<std::size_t>> key_of_;
};

std::string truth_text(const Value& truth) {
  const std::string* text = truth.if_string();
  const Number* number = truth.if_number();
  return text ? *text : number ? number->text : "";
}

Result<void> validate(const Value& truth) {
  const std::string text = truth_text(truth);
  const std::vector<Cell> keys = cells_of(text);
  if (keys.size() > kMaxCells) return fail(ErrorKind::config, "the ground truth has more than 64 cells");
  if (std::ranges::any_of(keys, [](const Cell& key) { return key.text.empty(); })) return fail(ErrorKind::config, "the ground truth has an empty cell");
  return {};
}

GradeResult grade(std::string_view reply, const Value& truth, const Dialect& dialect) {
  const auto answer = short_answer(reply);
  if (!answer) return ungraded(GradeStatus::no_answer, "no answer is marked");
  const std::vector<Cell> answers = cells_of(*answer);
  if (answers.size() > kMaxCells) return ungraded(GradeStatus::answer_limit, "more than 64 cells", std::string(*answer));
  const std::string text = truth_text(truth);
  const std::vector<Cell> keys = cells_of(text);
  const bool same = answers.size() == keys.size() && Pairing(answers, keys, dialect.significant_digits).complete();
  return graded(same, std::string(*answer));
}

}  // namespace

constinit const Rule kTable{.name = "table", .validate = validate, .grade = grade};

}  // namespace xrouter::grade::structured
