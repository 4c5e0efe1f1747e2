#include "xrouter/eval/agreement.hpp"

#include <gtest/gtest.h>

namespace xrouter::eval {
namespace {

// Right when the reply is the ground truth; "?" is not scored.
class SameText final : public grade::Grader {
 public:
  grade::GraderInfo info() const override { return {.id = {.name = "same"}}; }
  Result<void> validate(const grade::Value& gold, const grade::Value&) const override {
    if (gold.if_string()) return {};
    return fail(ErrorKind::config, "not a text");
  }
  grade::GradeResult do_grade(const grade::GradeRequest& request, grade::GradeContext&) const override {
    if (request.response == "?") return grade::ungraded(grade::GradeStatus::unsupported, "");
    return grade::graded(request.response == *request.ground_truth.if_string());
  }
};

grade::Registry registry() {
  return *grade::Registry::make({{.key = "same", .match = grade::Match::exact, .make = [](const grade::Dialect&, std::string_view) { return std::make_unique<SameText>(); }, .about = ""}});
}

corpus::Record record(std::string qid, std::string grader, std::vector<std::pair<std::string, bool>> replies) {
  corpus::Record made;
  made.question = {.qid = qid, .source = "s", .domain = "d", .question = qid, .prompt = qid, .gold = "yes", .grader = std::move(grader)};
  for (auto& [text, correct] : replies) made.outcomes.push_back({.model = "m" + std::to_string(made.outcomes.size()), .correct = correct, .response = text});
  return made;
}

std::shared_ptr<const corpus::Corpus> corpus_of(const std::vector<corpus::Record>& records) {
  std::vector<corpus::PackedFile> files;
  files.push_back(*corpus::PackedFile::open(corpus::pack({.corpus = "made"}, records)));
  return corpus::Corpus::from_files(std::move(files));
}

TEST(Agreement, counts_both_directions_and_leaves_out_the_unscored) {
  const auto corpus = corpus_of({record("a", "same", {{"yes", true}, {"yes", false}, {"no", true}, {"no", false}, {"?", true}}), record("b", "recorded_label_only", {{"x", true}})});
  std::vector<Disagreement> differences;
  const auto rows = measure_agreement(*corpus, registry(), {.on_difference = [&](const Disagreement& one) { differences.push_back(one); }});
  ASSERT_TRUE(rows.has_value()) << rows.error().describe();
  ASSERT_EQ(rows->size(), 1U);
  const AgreementRow& row = rows->front();
  EXPECT_EQ(row.replies, 5U);
  EXPECT_EQ(row.agree, 2U);
  EXPECT_EQ(row.only_ours, 1U);
  EXPECT_EQ(row.only_label, 1U);
  EXPECT_EQ(row.unscored, 1U);
  EXPECT_DOUBLE_EQ(row.share(), 0.5);
  ASSERT_EQ(differences.size(), 2U);
  EXPECT_EQ(differences[1].response, "no");
}

TEST(Agreement, an_unknown_grader_is_an_error) {
  EXPECT_FALSE(measure_agreement(*corpus_of({record("a", "smae", {{"x", true}})}), registry(), {}).has_value());
}

}  // namespace
}  // namespace xrouter::eval
