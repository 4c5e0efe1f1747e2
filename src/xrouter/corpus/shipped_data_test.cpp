// Counts the shipped corpora anew. The figures were counted independently on the source files.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "xrouter/corpus/corpus.hpp"
#include "xrouter/corpus/text_key.hpp"

namespace xrouter::corpus {
namespace {

namespace fs = std::filesystem;

std::string shipped_folder() { return (fs::path(XROUTER_SOURCE_DIR) / "data/recorded").string(); }

struct Counted {
  std::size_t questions = 0;
  std::map<std::string, std::pair<std::size_t, std::size_t>> right_of;  // model -> (right, outcomes)
  double accuracy(const std::string& model) const {
    const auto& [right, all] = right_of.at(model);
    return 100.0 * static_cast<double>(right) / static_cast<double>(all);
  }
};

class ShippedData : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto files = corpus_files_in(shipped_folder());
    ASSERT_TRUE(files) << files.error().describe();
    auto opened = Corpus::open(*files);
    ASSERT_TRUE(opened) << opened.error().describe();
    corpus_ = *opened;
    const auto counted = corpus_->for_each([&](const Header& header, Record record) -> Result<void> {
      count(header, record);
      return {};
    });
    ASSERT_TRUE(counted) << counted.error().describe();
  }
  static void TearDownTestSuite() { corpus_.reset(); }

  static void count(const Header& header, const Record& record) {
    EXPECT_TRUE(qids_.insert(record.question.qid).second) << record.question.qid;
    Counted& group = counted_[header.corpus.starts_with("mmlu_pro") ? "mmlu_pro" : header.corpus];
    group.questions += 1;
    // As in the published comparison: MMLU-Pro figures are over questions that all eight answered.
    const bool complete = record.outcomes.size() == 8;
    for (const RecordedOutcome& outcome : record.outcomes) {
      ++outcomes_;
      if (record.question.source == "mmlu_pro" && !complete) continue;
      auto& [right, all] = group.right_of[outcome.model];
      right += outcome.correct ? 1 : 0;
      all += 1;
    }
  }

  static inline std::shared_ptr<const Corpus> corpus_;
  static inline std::map<std::string, Counted> counted_;
  static inline std::set<std::string> qids_;
  static inline std::size_t outcomes_ = 0;
};

TEST_F(ShippedData, holds_every_question_and_outcome) {
  EXPECT_EQ(counted_.at("zeroeval").questions, 1979U);
  EXPECT_EQ(counted_.at("mmlu_pro").questions, 6561U);
  EXPECT_EQ(outcomes_, 29'685U + 52'451U);
  EXPECT_EQ(counted_.at("mmlu_pro").right_of.at("gpt-4o-2024-05-13").second, 6524U);
}

TEST_F(ShippedData, has_the_known_accuracies) {
  const std::map<std::string, double> zeroeval{
      {"claude-3-5-sonnet-20241022", 84.23},  {"gpt-4o-2024-08-06", 83.38},      {"gpt-4o-mini-2024-07-18", 78.93}, {"Mistral-Large-2", 78.47},
      {"claude-3-5-haiku-20241022", 75.85},   {"claude-3-opus-20240229", 74.68}, {"deepseek-v2.5-0908", 74.63},     {"gemini-1.5-pro", 72.71},
      {"Meta-Llama-3.1-70B-Instruct", 71.85}, {"gemini-1.5-flash", 69.13},       {"gemma-2-9b-it", 58.92},          {"Meta-Llama-3.1-8B-Instruct", 56.19}};
  const std::map<std::string, double> mmlu_pro{
      {"gemini-3.1-pro-preview", 88.70},      {"gpt-4o-2024-05-13", 78.71}, {"gemini-1.5-pro-002", 73.02},         {"gemini-1.5-flash-002", 69.65},
      {"Meta-Llama-3_1-70B-Instruct", 67.18}, {"deepseek-chat-v2", 64.91},  {"Meta-Llama-3_1-8B-Instruct", 48.08}, {"Mixtral-8x7B-Instruct-v0.1", 46.63}};
  for (const auto& [model, percent] : zeroeval) EXPECT_NEAR(counted_.at("zeroeval").accuracy(model), percent, 0.006) << model;
  for (const auto& [model, percent] : mmlu_pro) EXPECT_NEAR(counted_.at("mmlu_pro").accuracy(model), percent, 0.006) << model;
}

TEST_F(ShippedData, is_found_by_prompt_and_by_bare_question) {
  for (std::size_t index = 0; index < corpus_->size(); index += 97) {
    const auto record = corpus_->read(index);
    ASSERT_TRUE(record);
    const auto found = corpus_->find(record->question.prompt);
    ASSERT_TRUE(found) << record->question.qid;
    EXPECT_EQ(normalised(found->question.prompt), normalised(record->question.prompt));
    const auto bare = corpus_->find(record->question.question);
    if (bare)
      EXPECT_EQ(normalised(bare->question.question), normalised(record->question.question));
    else
      EXPECT_EQ(bare.error().kind, ErrorKind::question_not_recorded);
  }
}

TEST_F(ShippedData, stays_small_enough_for_a_repository) {
  std::uintmax_t total = 0;
  for (const auto& entry : fs::directory_iterator(shipped_folder())) total += entry.file_size();
  EXPECT_LT(total, 25U << 20);
}

}  // namespace
}  // namespace xrouter::corpus
