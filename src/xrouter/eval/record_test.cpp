#include "xrouter/eval/record.hpp"

#include <gmock/gmock.h>

#include "xrouter/base/rng.hpp"
#include "xrouter/eval/run/sample.hpp"

namespace xrouter::eval {
namespace {

SampleRecord full() {
  SampleRecord record{
      .key = "0123456789abcdef", .task = "t", .system = "model:a", .qid = "q\"1", .rollout = 2, .prompt_hash = "00", .response = "ff"};
  record.source = AnswerSource::selected;
  record.stop = StopReason::turn_limit;
  record.answer_model = "a";
  record.truncated = true;
  record.turns = 2;
  record.calls.push_back({.model = "a",
                          .turn = 1,
                          .status = CallStatus::failed,
                          .error = "upstream_unreachable",
                          .attempts = 2,
                          .in_tokens = 10,
                          .out_tokens = 3,
                          .cached_tokens = 1,
                          .cost = {.known = Usd::from_pico(7), .complete = false, .estimated = true},
                          .price = "2026-01-01 test",
                          .latency = std::chrono::milliseconds(12)});
  record.cost = Cost::exactly(Usd::from_pico(12345678901234));
  record.confidence = 0.1;
  record.latency = std::chrono::nanoseconds(123456789);
  record.grade = {.status = grade::GradeStatus::answer_parse_error,
                  .score = 0,
                  .correct = false,
                  .extracted = "x\n",
                  .normalized = "y",
                  .reason = "z",
                  .parts = {{"loose", 1.0 / 3}},
                  .trusted = false,
                  .grader = "g/1/00"};
  record.recorded_label = true;
  record.tries = 3;
  return record;
}

TEST(SampleRecord, comes_back_from_its_line_unchanged) {
  const SampleRecord record = full();
  const std::string line = to_line(record);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto back = parse_sample(line);
  ASSERT_TRUE(back) << back.error().describe();
  EXPECT_EQ(*back, record);
  EXPECT_EQ(to_line(*back), line);
}

TEST(SampleRecord, is_kept_with_the_numbers_that_its_line_gives_back) {
  SampleRecord record = full();
  Rng rng(1);
  int differ = 0;
  for (int i = 0; i < 2000; ++i) {
    record.confidence = rng.uniform();
    record.grade.score = rng.uniform();
    record.grade.parts[0].second = rng.uniform();
    const SampleRecord read = *parse_sample(to_line(record));
    ASSERT_EQ(as_read_back(record), read);
    differ += read == record ? 0 : 1;
  }
  EXPECT_GT(differ, 0) << "the JSON reader has become exact: as_read_back() is not needed any more";
}

TEST(SampleRecord, a_cut_or_foreign_line_is_refused) {
  const std::string line = to_line(full());
  EXPECT_FALSE(parse_sample(line.substr(0, line.size() - 1)));
  EXPECT_FALSE(parse_sample("{}"));
  std::string other = line;
  other.replace(other.find("selected"), 8, "guessed!");
  EXPECT_THAT(parse_sample(other).error().public_text, testing::HasSubstr("source"));
}

TEST(SampleKey, changes_with_whatever_can_change_answer_or_grade) {
  const SampleId id{.task = "t",
                    .qid = "q",
                    .rollout = 0,
                    .system = "s",
                    .system_fingerprint = "f",
                    .prompt_hash = 1,
                    .settings = "x",
                    .grader = "math/1",
                    .run = "r"};
  std::vector<SampleId> others(9, id);
  others[0].task = "u";
  others[1].qid = "r";
  others[2].rollout = 1;
  others[3].system = "z";
  others[4].system_fingerprint = "g";
  others[5].prompt_hash = 2;
  others[6].settings = "y";
  others[7].grader = "math/2";
  others[8].run = "p";
  EXPECT_EQ(sample_key(id), sample_key(id));
  for (const SampleId& other : others) EXPECT_NE(sample_key(id), sample_key(other));
}

TEST(StatusWithoutAnswer, faults_of_transport_are_unscored_and_the_systems_own_are_zero) {
  using grade::GradeStatus;
  const auto status = [](ErrorKind kind) { return status_without_answer({.kind = kind, .public_text = ""}); };
  EXPECT_EQ(status(ErrorKind::upstream_unreachable), GradeStatus::infrastructure_error);
  EXPECT_EQ(status(ErrorKind::upstream_rate_limited), GradeStatus::infrastructure_error);
  EXPECT_EQ(status(ErrorKind::cancelled), GradeStatus::cancelled);
  EXPECT_EQ(status(ErrorKind::question_not_recorded), GradeStatus::unsupported);
  EXPECT_EQ(status(ErrorKind::no_usable_answer), GradeStatus::no_answer);
  EXPECT_EQ(status(ErrorKind::deadline_exceeded), GradeStatus::no_answer);
}

}  // namespace
}  // namespace xrouter::eval
