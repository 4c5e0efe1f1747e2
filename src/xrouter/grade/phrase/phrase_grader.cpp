#include "xrouter/grade/phrase/phrase_grader.hpp"

#include <algorithm>
#include <vector>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/fold.hpp"

namespace xrouter::grade::phrase {
namespace {

constexpr int kVersion = 1;
constexpr std::size_t kMaxPhrases = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
// Bytes of other scripts count as letters: a phrase never ends inside a word of theirs.
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (static_cast<unsigned char>(c) & 0x80U) != 0; }

/// The length of a number that begins here: a sign, digits, a decimal point and digits. 0 when none does.
std::size_t number_length(std::string_view text, std::size_t at) {
  std::size_t end = at;
  if (text[end] == '-' && (at == 0 || !is_word(text[at - 1]))) ++end;  // the minus of "10-5" is no sign
  const std::size_t digits = end;
  while (end < text.size() && is_digit(text[end])) ++end;
  if (end == digits) return 0;
  if (end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1])) {
    ++end;
    while (end < text.size() && is_digit(text[end])) ++end;
  }
  return end - at;
}

bool is_number(std::string_view text) { return !text.empty() && number_length(text, 0) == text.size(); }

/// "1,000" reads 1000.
std::string without_thousands(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit_at = [&](std::size_t at) { return at < text.size() && is_digit(text[at]); };
    const bool separates = text[i] == ',' && i > 0 && is_digit(text[i - 1]) && digit_at(i + 1) && digit_at(i + 2) && digit_at(i + 3) && !digit_at(i + 4);
    if (!separates) out.push_back(text[i]);
  }
  return out;
}

std::string_view last_number(std::string_view text) {
  std::string_view last;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = number_length(text, at);
    if (length > 0) last = text.substr(at, length);
    at += std::max<std::size_t>(length, 1);
  }
  return last;
}

bool says_words(std::string_view text, std::string_view words) {
  for (std::size_t at = text.find(words); at != std::string_view::npos; at = text.find(words, at + 1)) {
    const std::size_t end = at + words.size();
    const bool begins = at == 0 || !is_word(text[at - 1]);
    const bool ends = end == text.size() || !is_word(text[end]);
    if (begins && ends) return true;
  }
  return false;
}

bool says(const std::string& text, const std::string& phrase) {
  return is_number(phrase) ? last_number(text) == phrase : says_words(text, phrase);
}

/// Empty: the ground truth is not what it must be.
std::vector<std::string> phrases_of(const Value& truth) {
  std::vector<std::string> phrases;
  if (const std::string* one = truth.if_string()) phrases.push_back(extract::folded(*one));
  if (const Value::List* list = truth.if_list()) {
    if (list->items.size() > kMaxPhrases) return {};
    for (const Value& item : list->items) phrases.push_back(item.if_string() ? extract::folded(*item.if_string()) : std::string());
  }
  const bool has_empty = std::find(phrases.begin(), phrases.end(), std::string()) != phrases.end();
  return has_empty ? std::vector<std::string>() : phrases;
}

class PhraseGrader final : public Grader {
 public:
  explicit PhraseGrader(const Dialect& dialect) : dialect_(dialect) {}

  GraderInfo info() const override { return {.id = {.name = "phrase", .version = kVersion, .dialect = hash_of(dialect_)}}; }

  Result<void> validate(const Value& ground_truth, const Value&) const override {
    if (phrases_of(ground_truth).empty()) return fail(ErrorKind::config, "the ground truth must be a phrase or a list of phrases, none empty");
    return {};
  }

  GradeResult do_grade(const GradeRequest& request, GradeContext&) const override {
    const std::vector<std::string> phrases = phrases_of(request.ground_truth);
    if (phrases.empty()) return ungraded(GradeStatus::target_error, "the ground truth is no phrase");
    const auto reply = extract::without_thinking(request.response, dialect_.think);
    if (!reply || extract::trimmed(*reply).empty()) return ungraded(GradeStatus::no_answer, "there is no text");
    if (reply->size() > kMaxReplyBytes) return ungraded(GradeStatus::answer_limit, "the reply is longer than a short answer");
    const std::string text = without_thousands(extract::folded(*reply));
    for (const std::string& phrase : phrases)
      if (says(text, without_thousands(phrase))) return graded(true, phrase, phrase);
    return graded(false, text, text);
  }

 private:
  Dialect dialect_;
};

}  // namespace

std::unique_ptr<Grader> make_phrase(const Dialect& dialect) { return std::make_unique<PhraseGrader>(dialect); }

}  // namespace xrouter::grade::phrase
