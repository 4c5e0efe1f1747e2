#include <gmock/gmock.h>

#include <fstream>

#include "xrouter/rollout/toy_rollouts_test.hpp"
#include "xrouter/trainer/model_data.hpp"
#include "xrouter/trainer/sample_split.hpp"
#include "xrouter/trainer/toy_run_test.hpp"

namespace xrouter::trainer {
namespace {

using corpus::Split;
using ::testing::HasSubstr;

/// A samples file without a record, of the toy questions of these splits.
std::shared_ptr<const samples::SampleSet> set_of(const TemporaryFolder& folder, const std::vector<Split>& splits) {
  const rollout::ToyRollouts toys(64);
  std::ofstream file(folder.path() / "by_hand.jsonl");
  for (int i = 0; i < 64; ++i) {
    const Split split = corpus::split_of(rollout::toy_record(i).question.question);
    if (std::find(splits.begin(), splits.end(), split) != splits.end()) file << samples::to_line(toys.samples[static_cast<std::size_t>(i)]) << '\n';
  }
  file.close();
  auto set = samples::SampleSet::open((folder.path() / "by_hand.jsonl").string(), toys.corpus, toys.catalog);
  EXPECT_TRUE(set) << set.error().describe();
  return set ? *set : nullptr;
}

std::string refusal(const std::vector<Split>& splits, Split expected) {
  const TemporaryFolder folder;
  const auto checked = check_split(*set_of(folder, splits), "data.train", expected);
  return checked ? "" : checked.error().public_text;
}

TEST(SampleSplit, questions_of_the_test_split_are_refused_in_sets_made_by_hand) {
  EXPECT_EQ(refusal({Split::train}, Split::train), "");
  EXPECT_EQ(refusal({Split::dev}, Split::dev), "");
  EXPECT_THAT(refusal({Split::train, Split::test}, Split::train), HasSubstr("data.train: the question of sample toy/"));
  EXPECT_THAT(refusal({Split::train, Split::test}, Split::train), HasSubstr("is of split test, which is for reports alone"));
  EXPECT_THAT(refusal({Split::dev, Split::test}, Split::dev), HasSubstr("is of split test"));
  EXPECT_THAT(refusal({Split::train, Split::dev}, Split::train), HasSubstr("is of split dev, which is for validation"));
}

void put(const std::filesystem::path& file, const std::string& text) { std::ofstream(file) << text; }

std::vector<DataFile> data_of(const std::filesystem::path& path, bool fresh) {
  auto data = data_of_model(path, fresh);
  EXPECT_TRUE(data) << data.error().describe();
  return data.value_or(std::vector<DataFile>());
}

TEST(ModelData, names_every_file_that_a_run_depends_on) {
  const TemporaryFolder folder;
  for (const char* name : {"config.json", "tokenizer.json", "chat_template.jinja", "model.safetensors", "README.md"}) put(folder.path() / name, name);
  const std::vector<DataFile> fresh = data_of(folder.path(), true), whole = data_of(folder.path(), false);
  ASSERT_EQ(fresh.size(), 3U);
  ASSERT_EQ(whole.size(), 4U);
  EXPECT_EQ(whole[0].name, "model chat_template.jinja");
  EXPECT_THAT(whole[0].hash, HasSubstr("sha256:"));
  put(folder.path() / "model.safetensors", "other weights");
  EXPECT_EQ(data_of(folder.path(), true), fresh);
  EXPECT_NE(data_of(folder.path(), false), whole);
}

TEST(ModelData, a_gguf_file_counts_as_a_whole) {
  const TemporaryFolder folder;
  put(folder.path() / "a.gguf", "GGUF one");
  put(folder.path() / "b.gguf", "GGUF one");
  EXPECT_EQ(data_of(folder.path() / "a.gguf", false), data_of(folder.path() / "b.gguf", false)) << "whatever it is called";
  put(folder.path() / "b.gguf", "GGUF two");
  EXPECT_NE(data_of(folder.path() / "a.gguf", false), data_of(folder.path() / "b.gguf", false));
  EXPECT_FALSE(data_of_model(folder.path() / "nothing.gguf", false));
}

}  // namespace
}  // namespace xrouter::trainer
