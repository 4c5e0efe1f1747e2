#include "xrouter/store/records.hpp"

#include <gtest/gtest.h>

#include "xrouter/store/record_text.hpp"
#include "xrouter/store/test_support.hpp"

namespace xrouter::store {
namespace {

// Text -> record -> text is the same text: every written field is read.
void expect_round_trip(const Record& record) {
  const std::string text = to_json(record);
  auto back = parse_record(text);
  ASSERT_TRUE(back) << text << "\n" << back.error().describe();
  EXPECT_EQ(to_json(*back), text);
}

TEST(Records, survive_the_way_through_the_journal) {
  expect_round_trip(PoolRecord{.pool = "p", .offers = {{.model = ModelId("a"), .tier = "premium", .input = Usd::from_pico(5), .price_version = "v"}}});
  StartedRecord start = started("r1");
  start.max_cost = Usd::from_pico(7);
  start.cost_weight = 0.1;
  start.stream = start.policy_bills = true;
  expect_round_trip(start);
  expect_round_trip(TurnReservedRecord{.request = RequestId("r1"), .turn = 2, .model = ModelId("m"), .at = kNoon, .amount = Usd::from_pico(5), .price_version = "v"});
  expect_round_trip(reserved("r1", "c1", 9'223'372'036'854'775'807));
  TurnRecord turn{.request = RequestId("r1"), .turn = 2, .error = ErrorKind::overloaded, .tool_calls = 3, .committed = true, .confidence = 0.75, .latency = Duration(5)};
  turn.attempts = {attempt_costing(3), attempt_costing(4)};
  turn.attempts[1].usage = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  turn.attempts[1].first_token = Duration(77);
  turn.attempts[1].error = ErrorKind::attempt_timeout;
  turn.attempts[1].cost = Cost::unknown();
  turn.first_attempt = 33;
  expect_round_trip(turn);
  expect_round_trip(settled("r1", "c1", 12));
  expect_round_trip(finished("r1", 12));
  expect_round_trip(AbandonedRecord{.request = RequestId("r1")});
}

TEST(Records, keep_every_token_bucket_and_amount) {
  SettledRecord record = settled("r", "c", -5);
  record.attempts[0].usage = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  auto back = parse_record(to_json(record));
  ASSERT_TRUE(back);
  const AttemptRecord& attempt = std::get<SettledRecord>(*back).attempts[0];
  EXPECT_EQ(attempt.usage, record.attempts[0].usage);
  EXPECT_EQ(attempt.cost, record.attempts[0].cost);
  EXPECT_EQ(attempt.started, kNoon);
}

TEST(Records, hostile_texts_stay_readable_and_bounded) {
  SettledRecord record = settled("r", "c", 1);
  for (const std::string& text : {std::string("\xff\xfe\n\"\\"), std::string(5000, 'x'), std::string("\0\x01", 2), std::string("caf\xc3\xa9")}) {
    record.attempts[0].upstream_id = text;
    const std::string json = to_json(record);
    EXPECT_EQ(json.find('\n'), json.npos);
    EXPECT_LT(json.size(), 2000u);
    EXPECT_TRUE(parse_record(json)) << json;
  }
  EXPECT_EQ(clean_text("caf\xc3\xa9"), "caf\xc3\xa9");
  EXPECT_EQ(clean_text("a\xff"), "a?");
  EXPECT_EQ(clean_text(std::string(300, 'x')), std::string(253, 'x') + "...") << "a cut is marked";
}

TEST(Records, refuse_what_they_cannot_have_written) {
  for (const char* bad : {"", "{}", "[]", R"({"kind":"unheard"})", R"({"kind":"settled","request":"r"})", R"({"kind":"reserved","request":"r","call":"c","turn":-1})"})
    EXPECT_FALSE(parse_record(bad)) << bad;
}

}  // namespace
}  // namespace xrouter::store
