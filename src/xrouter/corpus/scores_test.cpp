#include "xrouter/corpus/scores.hpp"

#include <gtest/gtest.h>

#include "xrouter/corpus/text_key.hpp"

namespace xrouter::corpus {
namespace {

/// Questions of one split and domain; `right` of them are solved by "good", none by "poor".
void add_questions(std::vector<Record>& records, Split split, const std::string& domain, int count, int right) {
  for (int i = 0, made = 0; made < count; ++i) {
    const std::string text = domain + " question " + std::to_string(i);
    if (split_of(text) != split) continue;
    Record record;
    record.question = {.qid = text + std::string(to_text(split)),
                       .source = "s",
                       .domain = domain,
                       .question = text,
                       .prompt = text,
                       .gold = "1",
                       .grader = "numeric"};
    record.outcomes.push_back({.model = "Good-1", .correct = made < right, .response = "x"});
    record.outcomes.push_back({.model = "poor", .correct = false, .response = "x"});
    records.push_back(std::move(record));
    ++made;
  }
}

std::shared_ptr<const ModelCatalog> recorded_catalog() {
  ModelSpec good, poor, live;
  good.id = ModelId("good");
  good.upstream_model = "Good-1";
  poor.id = ModelId("poor");
  live.id = ModelId("Good-1");
  for (ModelSpec* spec : {&good, &poor}) spec->upstream = kRecordedUpstream;
  return ModelCatalog::make({good, poor, live}).value();
}

TEST(Scores, are_shares_of_split_train_drawn_towards_the_mean) {
  std::vector<Record> records;
  add_questions(records, Split::train, "math", 90, 90);
  add_questions(records, Split::test, "math", 50, 0);
  add_questions(records, Split::dev, "math", 50, 0);
  add_questions(records, Split::train, "chess", 9, 9);
  std::vector<PackedFile> files;
  files.push_back(PackedFile::open(pack(Header{.corpus = "test"}, records)).value());
  const auto scores = train_scores(*Corpus::from_files(std::move(files)), *recorded_catalog());
  ASSERT_TRUE(scores) << scores.error().describe();
  using Scores = std::map<std::string, int>;
  ASSERT_EQ(scores->size(), 2u) << "a live model of the same name was not measured";
  EXPECT_EQ(scores->at(ModelId("good")), (Scores{{"math", 95}})) << "(90 + 10 * 0.5) of 100; nine questions are too few to tell";
  EXPECT_EQ(scores->at(ModelId("poor")), (Scores{{"math", 5}}));
}

}  // namespace
}  // namespace xrouter::corpus
