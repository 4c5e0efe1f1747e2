#include "xrouter/grade/choice/grader.hpp"

#include "xrouter/grade/choice/chosen.hpp"
#include "xrouter/grade/choice/offered.hpp"
#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/fold.hpp"

namespace xrouter::grade::choice {
namespace {

constexpr int kVersion = 1;

std::string letter_text(char letter) { return letter == '\0' ? std::string() : std::string(1, letter); }

class ChoiceGrader final : public Grader {
 public:
  ChoiceGrader(const Dialect& dialect, int usual) : dialect_(dialect), usual_(usual) {}

  GraderInfo info() const override { return {.id = {.name = "choice", .version = kVersion, .dialect = hash_of(dialect_)}}; }

  Result<void> validate(const Value& ground_truth, const Value& extra) const override {
    const auto offered = offered_of(extra, usual_);
    if (!offered) return fail(offered.error());
    const auto key = key_of(ground_truth, *offered);
    if (!key) return fail(key.error());
    return {};
  }

  GradeResult do_grade(const GradeRequest& request, GradeContext&) const override {
    const auto offered = offered_of(request.extra, usual_);
    if (!offered) return ungraded(GradeStatus::target_error, offered.error().public_text);
    const auto key = key_of(request.ground_truth, *offered);
    if (!key) return ungraded(GradeStatus::target_error, key.error().public_text);
    const auto reply = extract::without_thinking(request.response, dialect_.think);
    if (!reply) return ungraded(GradeStatus::no_answer, "the thinking never ends");
    return key->letters.empty() ? grade_text(*reply, *key) : grade_letters(*reply, *key, *offered);
  }

 private:
  static GradeResult grade_letters(std::string_view reply, const Key& key, const Offered& offered) {
    const auto chosen = chosen_of(reply, offered, key.several);
    if (!chosen) return ungraded(GradeStatus::no_answer, "no letter is chosen");
    return graded(chosen->letters == key.letters, std::string(chosen->from), chosen->letters, std::string(chosen->rule));
  }

  static GradeResult grade_text(std::string_view reply, const Key& key) {
    const std::string answer = extract::folded(extract::undecorated(stated(reply)));
    if (answer.empty()) return ungraded(GradeStatus::no_answer, "nothing is stated");
    return graded(answer == key.text, answer, answer, "text");
  }

  Dialect dialect_;
  int usual_;
};

// A rule that turns a reply into one letter, or 0, and compares it as text.
class SeedGrader final : public Grader {
 public:
  SeedGrader(const Dialect& dialect, SeedRule rule) : dialect_(dialect), rule_(rule) {}

  GraderInfo info() const override {
    static constexpr std::string_view kNames[] = {"seed_gpqa", "seed_supergpqa", "published_mmlu_pro"};
    return {.id = {.name = std::string(kNames[static_cast<int>(rule_)]), .version = kVersion, .dialect = hash_of(dialect_)},
            .deterministic = rule_ != SeedRule::supergpqa};
  }

  Result<void> validate(const Value& ground_truth, const Value&) const override {
    if (!ground_truth.if_string()) return fail(ErrorKind::config, "the ground truth is no letter");
    return {};
  }

  GradeResult do_grade(const GradeRequest& request, GradeContext&) const override {
    const std::string* key = request.ground_truth.if_string();
    if (!key) return ungraded(GradeStatus::target_error, "the ground truth is no letter");
    const std::string letter = letter_text(letter_of(request));
    if (letter.empty()) return ungraded(GradeStatus::no_answer, "no letter is found");
    return graded(letter == *key, letter, letter, "as the seed");
  }

 private:
  char letter_of(const GradeRequest& request) const {
    switch (rule_) {
      case SeedRule::gpqa: return seed_gpqa_letter(request.response);
      case SeedRule::supergpqa: return seed_supergpqa_letter(request.response, request.seed);
      case SeedRule::mmlu_pro: return published_letter(request.response);
    }
    return 0;
  }

  Dialect dialect_;
  SeedRule rule_;
};

}  // namespace

std::unique_ptr<Grader> make_choice(const Dialect& dialect, int usual, SeedRule seed) {
  if (dialect.bug_compat) return std::make_unique<SeedGrader>(dialect, seed);
  return std::make_unique<ChoiceGrader>(dialect, usual);
}

}  // namespace xrouter::grade::choice
