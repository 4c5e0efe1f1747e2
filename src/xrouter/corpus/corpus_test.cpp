#include "xrouter/corpus/corpus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrouter/corpus/text_key.hpp"

namespace xrouter::corpus {
namespace {

using ::testing::HasSubstr;

Record record_of(std::string qid, std::string question, std::string prompt, std::vector<std::string> models = {"strong", "cheap"}) {
  Record record;
  record.question = {.qid = std::move(qid), .source = "gsm", .domain = "math", .question = std::move(question), .prompt = std::move(prompt),
                     .gold = "3", .grader = "numeric"};
  for (std::string& model : models)
    record.outcomes.push_back({.model = model, .correct = model == "strong", .answer = "3", .in_tok = 10, .out_tok = 20,
                               .response = "answer of " + model + " to " + record.question.qid});
  return record;
}

std::shared_ptr<const Corpus> corpus_of(const std::vector<Record>& records) {
  auto file = PackedFile::open(pack(Header{.corpus = "test"}, records));
  EXPECT_TRUE(file) << file.error().describe();
  std::vector<PackedFile> files;
  files.push_back(std::move(*file));
  return Corpus::from_files(std::move(files));
}

TEST(TextKey, ignores_case_and_the_shape_of_white_space) {
  EXPECT_EQ(normalised("  What\tIs \r\n 2+2?\n"), "what is 2+2?");
  EXPECT_EQ(text_key("A  b"), text_key("a\nB "));
  EXPECT_NE(text_key("ab"), text_key("a b"));
  EXPECT_EQ(normalised("\xC3\x84"), "\xC3\x84");
}

TEST(Split, follows_the_normalised_question_only_and_has_the_promised_shares) {
  EXPECT_EQ(split_of("What is it?"), split_of(" what  IS it?"));
  int seen[kSplitCount] = {};
  for (int i = 0; i < 10'000; ++i) ++seen[static_cast<int>(split_of("question " + std::to_string(i)))];
  EXPECT_NEAR(seen[0], 7000, 200);
  EXPECT_NEAR(seen[1], 1000, 120);
  EXPECT_NEAR(seen[2], 2000, 160);
}

TEST(Split, never_changes) {
  // Trained weights and published figures rest on these; a change needs new weights.
  std::string splits;
  for (int i = 1; i <= 30; ++i) splits += std::to_string(static_cast<int>(split_of("What is " + std::to_string(i) + "+" + std::to_string(i) + "?")));
  EXPECT_EQ(splits, "010100001000000201002220000002");
}

TEST(Record, survives_a_round_trip_through_its_line) {
  Record record = record_of("q", "caf\xC3\xA9 \"quoted\"\n", "p");
  record.question.options = {"one", "two"};
  record.question.category = "physics";
  record.outcomes[0].answer.reset();
  const auto back = parse_record(to_line(record));
  ASSERT_TRUE(back) << back.error().describe();
  EXPECT_EQ(*back, record);
}

TEST(Record, names_the_bad_field) {
  const auto bad = parse_record(R"({"qid":"q","source":"s","domain":"d","question":"x","prompt":"x","gold":"x","grader":"g",)"
                                R"("outcomes":{"m":{"correct":2}}})");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind, ErrorKind::config);
  EXPECT_THAT(bad.error().public_text, HasSubstr("outcomes.m.correct"));
}

TEST(Corpus, finds_a_question_by_its_prompt_or_by_its_bare_text) {
  std::vector<Record> records;
  for (int i = 0; i < 40; ++i)
    records.push_back(record_of("q" + std::to_string(i), "Question " + std::to_string(i), "Answer this: Question " + std::to_string(i)));
  const auto corpus = corpus_of(records);
  ASSERT_EQ(corpus->size(), 40U);
  EXPECT_EQ(corpus->find("  answer THIS:\n question 17")->question.qid, "q17");
  EXPECT_EQ(corpus->find("question 39")->question.qid, "q39");
  EXPECT_EQ(corpus->find("Question 39")->find("cheap")->response, "answer of cheap to q39");
  EXPECT_EQ(corpus->find("Question 39")->find("unknown"), nullptr);
}

TEST(Corpus, says_what_to_send_when_a_question_is_unknown) {
  const auto found = corpus_of({record_of("q", "known", "prompt of known")})->find("something else");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::question_not_recorded);
  EXPECT_THAT(found.error().public_text, HasSubstr("xrouter data sample"));
}

TEST(Corpus, asks_for_the_full_prompt_when_a_bare_text_stands_for_several_questions) {
  const auto corpus = corpus_of({record_of("a", "Which?", "Which? A. x"), record_of("b", "Which?", "Which? A. y"), record_of("c", "Same", "P"),
                                 record_of("d", "Same", "P")});
  const auto ambiguous = corpus->find("which?");
  ASSERT_FALSE(ambiguous);
  EXPECT_EQ(ambiguous.error().kind, ErrorKind::question_not_recorded);
  EXPECT_THAT(ambiguous.error().public_text, HasSubstr("full prompt"));
  EXPECT_EQ(corpus->find("Which? A. y")->question.qid, "b");
  EXPECT_EQ(corpus->find("same")->question.qid, "c") << "equal prompts are one question";
}

TEST(Corpus, gives_the_same_records_when_unpacked) {
  const auto corpus = corpus_of({record_of("a", "one", "prompt one"), record_of("b", "two", "prompt two")});
  const auto unpacked = corpus->unpacked();
  ASSERT_TRUE(unpacked);
  for (std::size_t i = 0; i < corpus->size(); ++i) EXPECT_EQ(*(*unpacked)->read(i), *corpus->read(i));
  EXPECT_EQ((*unpacked)->find("two")->question.qid, "b");
  std::vector<std::string> seen;
  const auto visited = (*unpacked)->for_each([&](const Header&, Record record) -> Result<void> {
    seen.push_back(record.question.qid);
    return {};
  });
  EXPECT_TRUE(visited);
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "b"}));
}

TEST(Corpus, refuses_an_empty_user_text) { EXPECT_EQ(corpus_of({record_of("q", "x", "y")})->find(" \n").error().kind, ErrorKind::question_not_recorded); }

TEST(Corpus, visits_every_record_in_order) {
  std::vector<Record> records;
  for (int i = 0; i < 33; ++i) records.push_back(record_of("q" + std::to_string(i), "t" + std::to_string(i), "p" + std::to_string(i)));
  std::vector<Record> seen;
  ASSERT_TRUE(corpus_of(records)->for_each([&](const Header&, Record record) -> Result<void> {
    seen.push_back(std::move(record));
    return {};
  }));
  EXPECT_EQ(seen, records);
}

TEST(CorpusFile, counts_outcomes_and_right_answers_per_model) {
  const auto file = PackedFile::open(pack(Header{.corpus = "c", .licence = "L"}, {record_of("a", "1", "1"), record_of("b", "2", "2", {"cheap"})}));
  ASSERT_TRUE(file);
  EXPECT_EQ(file->header().licence, "L");
  EXPECT_EQ(file->header().outcomes(), 3);
  const std::vector<ModelCount> expected{{"strong", 1, 1}, {"cheap", 2, 0}};
  EXPECT_EQ(file->header().models, expected);
}

TEST(CorpusFile, refuses_every_truncation) {
  const std::string whole = pack(Header{.corpus = "c"}, {record_of("a", "1", "1"), record_of("b", "2", "2")});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto file = PackedFile::open(whole.substr(0, size));
    ASSERT_FALSE(file) << "at " << size << " of " << whole.size();
    ASSERT_EQ(file.error().kind, ErrorKind::config);
  }
  EXPECT_FALSE(PackedFile::open(whole + "x"));
}

TEST(CorpusFile, survives_every_flipped_byte) {
  const std::string whole = pack(Header{.corpus = "c"}, {record_of("a", "1", "1")});
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string bad = whole;
    bad[at] = static_cast<char>(bad[at] ^ 0x41);
    auto file = PackedFile::open(std::move(bad));
    if (!file) continue;
    for (std::size_t frame = 0; frame < file->header().frames.size(); ++frame) static_cast<void>(file->frame_text(frame));
  }
}

TEST(Corpus, reports_a_missing_file_and_a_folder_without_corpora) {
  EXPECT_EQ(Corpus::open({"/nonexistent/x.jsonl.zst"}).error().kind, ErrorKind::io);
  EXPECT_EQ(corpus_files_in("/nonexistent").error().kind, ErrorKind::config);
}

}  // namespace
}  // namespace xrouter::corpus
