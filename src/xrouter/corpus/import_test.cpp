#include "xrouter/corpus/import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

namespace xrouter::corpus {
namespace {

using ::testing::HasSubstr;

// A source folder in the two published layouts, written anew for every test.
class Import : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "import_" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ + "/responses");
    write("queries.jsonl.gz",
          R"({"qid":"q1","source":"gsm","domain":"math","question":"1+1","gold":"2","grader":"numeric","prompt":"Do 1+1","prompt_tok":3})"
          "\n"
          R"({"qid":"q2","source":"mc","domain":"knowledge","category":"law","question":"Who?","options":["x","y"],"gold":"A","grader":"choice","prompt":"Who? A. x B. y"})"
          "\n");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    gzFile file = gzopen((folder_ + "/" + name).c_str(), "wb");
    ASSERT_NE(file, nullptr);
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
  }
  ImportOptions options(SourceFormat format) const { return {.format = format, .folder = folder_, .models = {{"m@1", "m"}, {"n", "n"}}}; }

  static constexpr std::string_view kInline =
      R"({"qid":"q1","model":"m@1","correct":1,"answer":"2","in_tok":5,"out_tok":7,"cost_usd":0.5,"response":"It is 2"})"
      "\n"
      R"({"qid":"q1","model":"other","correct":1,"answer":"2","in_tok":5,"out_tok":7,"cost_usd":0.5,"response":"no"})"
      "\n"
      R"({"qid":"q2","model":"n","correct":0,"answer":null,"in_tok":5,"out_tok":7,"cost_usd":0.5,"response":"hm"})"
      "\n";
  std::string folder_;
};

TEST_F(Import, reads_the_layout_with_responses_inside_the_outcomes_and_renames_models) {
  write("outcomes.jsonl.gz", std::string(kInline));
  std::size_t last = 0;
  std::size_t total = 0;
  const auto imported = import_outcomes(options(SourceFormat::zeroeval), [&](std::size_t done, std::size_t all) { last = done, total = all; });
  ASSERT_TRUE(imported) << imported.error().describe();
  ASSERT_EQ(imported->records.size(), 2U);
  const RecordedOutcome* outcome = imported->records[0].find("m");
  ASSERT_NE(outcome, nullptr);
  EXPECT_EQ(outcome->response, "It is 2");
  EXPECT_EQ(imported->records[0].outcomes.size(), 1U) << "models that were not named are left out";
  EXPECT_EQ(imported->records[1].question.category, "law");
  EXPECT_EQ(imported->header.licence, "Apache-2.0");
  EXPECT_EQ(imported->header.sources.size(), 2U);
  EXPECT_LE(last, total);
  EXPECT_GT(last, 0U);
}

TEST_F(Import, joins_responses_of_the_layout_that_keeps_them_apart) {
  write("outcomes.jsonl.gz", std::string(kInline));
  write("responses/m@1.jsonl.gz", R"({"qid":"q1","response":"apart"})");
  write("responses/n.jsonl.gz", R"({"qid":"q2","response":"also apart"})");
  const auto imported = import_outcomes(options(SourceFormat::mmlu_pro));
  ASSERT_TRUE(imported) << imported.error().describe();
  EXPECT_EQ(imported->records[0].find("m")->response, "apart");
  EXPECT_EQ(imported->records[1].find("n")->response, "also apart");
}

TEST_F(Import, refuses_an_outcome_without_its_response) {
  write("outcomes.jsonl.gz", std::string(kInline));
  write("responses/m@1.jsonl.gz", R"({"qid":"q1","response":"apart"})");
  write("responses/n.jsonl.gz", "");
  EXPECT_THAT(import_outcomes(options(SourceFormat::mmlu_pro)).error().public_text, HasSubstr("no response"));
}

TEST_F(Import, keeps_only_the_wanted_domain) {
  write("outcomes.jsonl.gz", std::string(kInline));
  ImportOptions only = options(SourceFormat::zeroeval);
  only.domain = "knowledge";
  only.models = {{"n", "n"}};
  const auto imported = import_outcomes(only);
  ASSERT_TRUE(imported) << imported.error().describe();
  ASSERT_EQ(imported->records.size(), 1U);
  EXPECT_EQ(imported->records[0].question.qid, "q2");
}

TEST_F(Import, names_file_and_line_of_a_bad_record) {
  write("outcomes.jsonl.gz", std::string(kInline) + "{\"qid\":\"q1\",\"model\":\"n\",\"correct\":\"yes\"}\n");
  const auto imported = import_outcomes(options(SourceFormat::zeroeval));
  ASSERT_FALSE(imported);
  EXPECT_EQ(imported.error().kind, ErrorKind::config);
  EXPECT_THAT(imported.error().public_text, HasSubstr("outcomes.jsonl.gz:4: "));
  EXPECT_THAT(imported.error().public_text, HasSubstr("correct"));
}

TEST_F(Import, refuses_orphans_and_duplicates) {
  write("outcomes.jsonl.gz", R"({"qid":"q9","model":"n","correct":1,"answer":"2","in_tok":5,"out_tok":7,"response":"x"})");
  EXPECT_THAT(import_outcomes(options(SourceFormat::zeroeval)).error().public_text, HasSubstr("q9"));
  write("outcomes.jsonl.gz", std::string(kInline) + std::string(kInline));
  EXPECT_THAT(import_outcomes(options(SourceFormat::zeroeval)).error().public_text, HasSubstr("second outcome"));
}

TEST_F(Import, refuses_a_model_that_has_no_rows) {
  write("outcomes.jsonl.gz", std::string(kInline));
  ImportOptions wrong = options(SourceFormat::zeroeval);
  wrong.models.push_back({"typo", "typo"});
  EXPECT_THAT(import_outcomes(wrong).error().public_text, HasSubstr("typo"));
}

TEST_F(Import, refuses_a_file_that_is_cut_off) {
  write("outcomes.jsonl.gz", std::string(kInline));
  const std::string path = folder_ + "/outcomes.jsonl.gz";
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 12);
  const auto imported = import_outcomes(options(SourceFormat::zeroeval));
  ASSERT_FALSE(imported);
  EXPECT_THAT(imported.error().public_text, HasSubstr("outcomes.jsonl.gz"));
}

TEST_F(Import, reports_a_missing_source_file) {
  EXPECT_EQ(import_outcomes(options(SourceFormat::zeroeval)).error().kind, ErrorKind::io);
}

TEST_F(Import, reads_function_calls_with_their_lenient_label_and_fills_unknown_tokens) {
  write("queries.jsonl.gz",
        R"~({"qid":"q1","source":"simple","domain":"tool_use","question":"Add 1","functions":{"name":"add"},"gold":{"add":{"x":[1]}},"grader":"bfcl_ast"})~"
        "\n"
        R"~({"qid":"q2","source":"java","domain":"tool_use","question":"Do","functions":[],"gold":null,"grader":"recorded_label_only"})~"
        "\n");
  write("outcomes.jsonl.gz",
        R"~({"qid":"q1","model":"m@1","correct":0,"correct_lenient":1,"in_tok":10,"out_tok":4,"response":"add(x=1)"})~"
        "\n"
        R"~({"qid":"q2","model":"m@1","correct":1,"in_tok":null,"out_tok":null,"response":"Do()"})~"
        "\n");
  ImportOptions chosen{.format = SourceFormat::bfcl, .folder = folder_, .models = {{"m@1", "m"}}, .lenient = true};
  const auto imported = import_outcomes(chosen);
  ASSERT_TRUE(imported) << imported.error().describe();
  const Record& call = imported->records[0];
  EXPECT_TRUE(call.find("m")->correct);
  EXPECT_EQ(call.question.prompt, "Add 1\n\nFunctions:\n{\"name\":\"add\"}");
  EXPECT_EQ(ground_truth_json(call.question), R"~({"add":{"x":[1]}})~");
  EXPECT_EQ(grader_extra_json(call.question), R"~({"source":"simple","functions":{"name":"add"}})~");
  const Record& java = imported->records[1];
  EXPECT_TRUE(java.find("m")->correct) << "the strict label, where there is no lenient one";
  EXPECT_EQ(java.find("m")->in_tok, 10) << "unknown tokens are the model's mean, never free";
  EXPECT_EQ(ground_truth_json(java.question), "null");
  EXPECT_THAT(grader_extra_json(java.question), HasSubstr(R"("language":"java")"));
  EXPECT_EQ(*parse_record(to_line(call)), call);
  EXPECT_EQ(*parse_record(to_line(java)), java);
  chosen.lenient = false;
  EXPECT_FALSE(import_outcomes(chosen)->records[0].find("m")->correct);
}

TEST_F(Import, refuses_a_model_of_which_no_token_count_is_known) {
  write("outcomes.jsonl.gz", R"({"qid":"q1","model":"m@1","correct":0,"response":"x"})");
  const ImportOptions chosen{.format = SourceFormat::bfcl, .folder = folder_, .models = {{"m@1", "m"}}};
  EXPECT_THAT(import_outcomes(chosen).error().public_text, HasSubstr("no outcome has token counts"));
}

}  // namespace
}  // namespace xrouter::corpus
