#include "xrouter/samples/sample_set.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "xrouter/samples/test_corpus.hpp"

namespace xrouter::samples {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class SampleSetFiles : public ::testing::Test {
 protected:
  SampleSetFiles() : folder_(fs::temp_directory_path() / ("xrouter_samples_" + std::to_string(::getpid()) + "_" + ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(folder_);
  }
  ~SampleSetFiles() override { fs::remove_all(folder_); }

  BuiltSet write(const BuildInputs& inputs) {
    SampleSetOptions options = default_options(corpus::Split::train);
    BuiltSet set = built(options, inputs);
    const auto written = write_set(folder_.string(), options, inputs, set);
    EXPECT_TRUE(written) << written.error().describe();
    return set;
  }
  Result<std::shared_ptr<const SampleSet>> open(const BuildInputs& inputs) const { return SampleSet::open(folder_.string(), inputs.corpus, inputs.catalog); }
  std::string error_of(const BuildInputs& inputs) const {
    const auto set = open(inputs);
    EXPECT_FALSE(set);
    return set ? std::string() : set.error().public_text;
  }
  std::string read(std::string_view name) const {
    std::ifstream in(folder_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void overwrite(std::string_view name, const std::string& text) const { std::ofstream(folder_ / name, std::ios::trunc) << text; }

  fs::path folder_;
};

TEST_F(SampleSetFiles, hold_the_samples_and_how_they_were_made) {
  const BuildInputs inputs = test_inputs();
  const BuiltSet made = write(inputs);
  const auto set = open(inputs);
  ASSERT_TRUE(set) << set.error().describe();
  ASSERT_EQ((*set)->size(), made.samples.size());
  for (std::size_t i = 0; i < made.samples.size(); ++i) {
    EXPECT_EQ((*set)->sample(i), made.samples[i]);
    const std::string& qid = made.samples[i].question ? made.samples[i].question->qid : made.samples[i].qid;
    EXPECT_EQ((*set)->question(i).qid, qid);
    for (const SampleModel& model : made.samples[i].models) EXPECT_NE((*set)->outcome(i, model.model), nullptr) << qid;
  }
  ASSERT_TRUE((*set)->made());
  EXPECT_EQ((*set)->made()->split, corpus::Split::train);
  EXPECT_EQ((*set)->made()->samples_fnv1a64, (*set)->fingerprint());
  for (const char* part : {"\"by_stratum\":{", "\"left_out\":{", "\"pools.models\":\"[2, 20]\"", "\"corpora\":[{\"corpus\":\"test\""}) EXPECT_THAT(read(kRecordFile), HasSubstr(part));
}

TEST_F(SampleSetFiles, are_the_same_bytes_when_made_again) {
  write(test_inputs());
  const std::string samples = read(kSamplesFile), record = read(kRecordFile);
  write(test_inputs());
  EXPECT_EQ(read(kSamplesFile), samples);
  EXPECT_EQ(read(kRecordFile), record);
}

TEST_F(SampleSetFiles, bring_answers_to_their_small_talk_along) {
  const BuildInputs inputs = test_inputs();
  write(inputs);
  const auto set = open(inputs).value();
  int talk = 0;
  for (std::size_t i = 0; i < set->size(); ++i) {
    if (set->sample(i).stratum != Stratum::direct) continue;
    ++talk;
    const auto found = set->corpus()->find(set->question(i).prompt);
    ASSERT_TRUE(found) << found.error().describe();
    ASSERT_NE(found->find("Best-1"), nullptr);
    EXPECT_EQ(found->find("Best-1")->response, "Hi!");
    EXPECT_GT(found->find("Best-1")->out_tok, 0);
  }
  EXPECT_GT(talk, 5);
  EXPECT_TRUE(set->corpus()->find("Asked: Question number 3?"));
}

TEST_F(SampleSetFiles, are_refused_with_other_corpora) {
  BuildInputs inputs = test_inputs();
  write(inputs);
  inputs.corpus = test_corpus(299);
  EXPECT_THAT(error_of(inputs), HasSubstr("other corpus files"));
}

TEST_F(SampleSetFiles, are_refused_when_they_were_changed_and_may_go_without_a_record) {
  const BuildInputs inputs = test_inputs();
  write(inputs);
  std::string text = read(kSamplesFile);
  text = text.substr(0, text.find('\n') + 1);
  overwrite(kSamplesFile, text);
  EXPECT_THAT(error_of(inputs), HasSubstr("samples.json"));
  fs::remove(folder_ / kRecordFile);
  const auto set = open(inputs);
  ASSERT_TRUE(set) << set.error().describe();
  EXPECT_EQ((*set)->size(), 1U);
  EXPECT_FALSE((*set)->made());
}

TEST_F(SampleSetFiles, name_file_and_line_of_what_is_wrong) {
  const BuildInputs inputs = test_inputs();
  fs::create_directories(folder_);
  const std::string good = R"({"id":"t/1#0","qid":"t/1","stratum":"easy","pass_rate":1,"models":[{"model":"best"}]})" "\n";
  const auto line = [](const std::string& id, const std::string& qid, const std::string& model) {
    return R"({"id":")" + id + R"(","qid":")" + qid + R"(","stratum":"easy","pass_rate":1,"models":[{"model":")" + model + "\"}]}\n";
  };
  overwrite(kSamplesFile, good + "{\n");
  EXPECT_THAT(error_of(inputs), HasSubstr("samples.jsonl:2: "));
  overwrite(kSamplesFile, good + good);
  EXPECT_THAT(error_of(inputs), HasSubstr("samples.jsonl:2: the id t/1#0 occurs twice"));
  overwrite(kSamplesFile, good + line("x", "t/9999", "best"));
  EXPECT_THAT(error_of(inputs), HasSubstr("samples.jsonl:2: the corpora have no question t/9999"));
  overwrite(kSamplesFile, good + line("x", "t/2", "nobody"));
  EXPECT_THAT(error_of(inputs), HasSubstr("samples.jsonl:2: the catalogue has no model nobody"));
  overwrite(kSamplesFile, good + line("x", "t/2", "stranger"));
  EXPECT_THAT(error_of(inputs), HasSubstr("samples.jsonl:2: no answer of stranger"));
  overwrite(kSamplesFile, "");
  EXPECT_THAT(error_of(inputs), HasSubstr("holds no sample"));
  fs::remove(folder_ / kSamplesFile);
  EXPECT_FALSE(open(inputs));
}

TEST_F(SampleSetFiles, of_one_split_hold_no_question_of_another) {
  const BuildInputs inputs = test_inputs();
  write(inputs);
  std::string record = read(kRecordFile);
  record.replace(record.find("\"train\""), 7, "\"test\"");
  overwrite(kRecordFile, record);
  EXPECT_THAT(error_of(inputs), HasSubstr("does not belong to the split test"));
}

TEST_F(SampleSetFiles, an_unwritable_folder_is_an_error_that_names_it) {
  std::ofstream(folder_.string()) << "a file, not a folder";
  const BuildInputs inputs = test_inputs();
  const SampleSetOptions options = default_options(corpus::Split::train);
  const auto written = write_set(folder_.string(), options, inputs, built(options, inputs));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::io);
  EXPECT_THAT(written.error().describe(), HasSubstr(folder_.string()));
}

}  // namespace
}  // namespace xrouter::samples
