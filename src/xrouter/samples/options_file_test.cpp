#include "xrouter/samples/options_file.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "xrouter/samples/question_file.hpp"

namespace xrouter::samples {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(SampleOptions, say_what_differs_from_the_defaults) {
  const auto options = parse_options(default_options(corpus::Split::train),
                                     "seed: 7\nhard: {copies: 3}\npools:\n  models: [3, 8]\n  budget: 2\n"
                                     "  fixed: [{name: all, share: 0.5}, {name: cheap, share: 0.25, models: [a, b]}]\ncost_weights: [0, 1.5]\nquestions: [own.jsonl]\norder: easy_first\n",
                                     "folder/samples.yaml", {"disguise.exact_prices=1", "easy.cap_per_source=10"});
  ASSERT_TRUE(options) << options.error().describe();
  EXPECT_EQ(options->seed, 7U);
  EXPECT_EQ(options->of(Stratum::hard).copies, 3);
  EXPECT_EQ(options->of(Stratum::hopeless).cap_per_source, 100U);
  EXPECT_EQ(options->pools.models, (Range{3, 8}));
  EXPECT_EQ(options->pools.budget, (Range{2, 2}));
  ASSERT_EQ(options->pools.fixed.size(), 2U);
  EXPECT_EQ(options->pools.fixed[1], (FixedPool{.name = "cheap", .models = {"a", "b"}, .share = 0.25}));
  EXPECT_EQ(options->cost_weights, (std::vector<double>{0, 1.5}));
  EXPECT_EQ(options->questions, std::vector<std::string>{"folder/own.jsonl"});
  EXPECT_EQ(options->order, Order::easy_first);
  EXPECT_EQ(options->disguise.exact_prices, 1);
  EXPECT_EQ(options->of(Stratum::easy).cap_per_source, 10U);
}

TEST(SampleOptions, show_what_the_file_would_say) {
  const SampleSetOptions defaults = default_options(corpus::Split::train);
  std::vector<std::string> settings;
  for (const auto& [name, value] : effective_options(defaults)) settings.push_back(name + "=" + value);
  const auto back = parse_options(SampleSetOptions{}, "", "", settings);
  ASSERT_TRUE(back) << back.error().describe();
  EXPECT_EQ(effective_options(*back), effective_options(defaults));
}

TEST(SampleOptions, every_slip_is_named_with_its_place) {
  const auto wrong = parse_options(SampleSetOptions{}, "pools:\n  modles: [1, 2]\nseed: -1\nhard: {copies: many}\npools2: 1\n", "s.yaml");
  ASSERT_FALSE(wrong);
  for (const char* part : {"s.yaml:2:3: pools.modles: unknown key; did you mean", "s.yaml:3:7: seed: must be a whole number", "s.yaml:4:16: hard.copies", "pools2"})
    EXPECT_THAT(wrong.error().public_text, HasSubstr(part));
  for (const char* text : {"pools: {models: [2, 1]}", "pools: {models: [1, 2, 3]}", "pools: {models: 0}", "pools: {fixed: [{name: a}]}", "pools: {fixed: [{share: 0.1}]}",
                           "pools: {fixed: [{name: a, share: 2}]}", "order: random", "cost_weights: 1", "cost_weights: [-1]", "- a", "a: ["})
    EXPECT_FALSE(parse_options(SampleSetOptions{}, text, "s.yaml")) << text;
  EXPECT_FALSE(parse_options(SampleSetOptions{}, "", "", {"sede=1"}));
  EXPECT_FALSE(load_options(SampleSetOptions{}, "/nowhere/samples.yaml"));
}

TEST(SampleOptions, the_table_in_the_source_tree_is_the_current_one) {
  std::ifstream file(XROUTER_SOURCE_DIR "/docs/training-data.md");
  std::stringstream written;
  written << file.rdbuf();
  EXPECT_THAT(written.str(), EndsWith(options_documentation())) << "replace the table by: xrouter data samples --list-options";
}

TEST(QuestionFiles, shipped_small_talk_is_sound_and_its_replies_are_short) {
  const auto questions = read_questions(XROUTER_SOURCE_DIR "/data/questions/small_talk.jsonl");
  ASSERT_TRUE(questions) << questions.error().describe();
  EXPECT_GE(questions->size(), 200U);
  for (const OwnQuestion& own : *questions) {
    EXPECT_EQ(own.stratum, Stratum::direct);
    EXPECT_EQ(own.question.grader, "phrase");
    EXPECT_FALSE(own.assumed_reply.empty()) << own.question.qid;
    EXPECT_LT(own.assumed_reply.size(), 80U);
  }
}

TEST(QuestionFiles, need_a_question_a_gold_and_a_grader) {
  const auto questions = parse_questions(R"({"question":"What is 2+3?","gold":"5","grader":"phrase","reply":"5"})" "\n\n"
                                         R"({"qid":"x","question":"Why?","prompt":"Please: why?","gold":["a","b"],"grader":"phrase","source":"mine","stratum":"hard"})" "\n",
                                         "own.jsonl");
  ASSERT_TRUE(questions) << questions.error().describe();
  ASSERT_EQ(questions->size(), 2U);
  EXPECT_EQ((*questions)[0].question.qid, "own.jsonl:1");
  EXPECT_EQ((*questions)[0].question.prompt, "What is 2+3?");
  EXPECT_EQ((*questions)[0].stratum, Stratum::direct);
  EXPECT_EQ((*questions)[1].question.prompt, "Please: why?");
  EXPECT_EQ(corpus::ground_truth_json((*questions)[1].question), R"(["a","b"])");
  EXPECT_EQ((*questions)[1].stratum, Stratum::hard);
}

TEST(QuestionFiles, name_file_and_line_of_what_is_wrong) {
  const std::string good = R"({"qid":"x","question":"q","gold":"5","grader":"phrase"})" "\n";
  for (const char* line : {"{", "[]", R"({"gold":"5","grader":"phrase"})", R"({"question":"q","grader":"phrase"})", R"({"question":"q","gold":"5"})", R"({"question":"","gold":"5","grader":"g"})",
                           R"({"question":"q","gold":"5","grader":"g","stratum":"x"})", R"({"qid":"x","question":"q","gold":"5","grader":"phrase"})"}) {
    const auto wrong = parse_questions(good + line, "own.jsonl");
    ASSERT_FALSE(wrong) << line;
    EXPECT_THAT(wrong.error().public_text, HasSubstr("own.jsonl:2: ")) << line;
  }
  EXPECT_FALSE(parse_questions("\n", "own.jsonl"));
}

}  // namespace
}  // namespace xrouter::samples
