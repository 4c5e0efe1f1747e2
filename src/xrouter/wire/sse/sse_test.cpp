#include "xrouter/wire/sse/sse.hpp"

#include <gtest/gtest.h>

#include "xrouter/base/rng.hpp"

namespace xrouter::wire::sse {
namespace {

std::vector<Event> parse_all(std::string_view bytes) {
  Parser parser;
  std::vector<Event> events;
  EXPECT_TRUE(parser.feed(bytes, events));
  return events;
}

std::vector<Event> messages(std::initializer_list<const char*> data) {
  std::vector<Event> events;
  for (const char* text : data) events.push_back({.name = "", .data = text});
  return events;
}

TEST(Sse, line_ends_of_all_three_kinds_are_one_line_end) {
  EXPECT_EQ(parse_all("data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\r\n\n"), messages({"a", "b", "c", "d"}));
}

TEST(Sse, data_lines_are_joined_by_a_line_feed) {
  EXPECT_EQ(parse_all("data: a\ndata\ndata:b\n\n"), messages({"a\n\nb"}));
}

TEST(Sse, only_one_space_behind_the_colon_is_removed) { EXPECT_EQ(parse_all("data:  a \n\ndata:b\n\n"), messages({" a ", "b"})); }

TEST(Sse, comments_ids_retries_and_unknown_fields_are_skipped) {
  EXPECT_EQ(parse_all(": keep-alive\n\n:\nid: 7\nretry: 10\nfoo: bar\nDATA: no\ndata : no\ndata: yes\n\n"), messages({"yes"}));
}

TEST(Sse, an_event_without_data_is_dropped_with_its_name) {
  EXPECT_EQ(parse_all("event: ping\n\ndata: a\n\n"), messages({"a"}));
}

TEST(Sse, an_empty_data_line_is_an_event_with_empty_data) { EXPECT_EQ(parse_all("data:\n\n"), messages({""})); }

TEST(Sse, the_event_name_belongs_to_one_event) {
  const std::vector<Event> expected{{.name = "error", .data = "{}"}, {.name = "", .data = "x"}};
  EXPECT_EQ(parse_all("event: ping\nevent: error\ndata: {}\n\ndata: x\n\n"), expected);
}

TEST(Sse, a_byte_order_mark_is_skipped_at_the_start_only) {
  EXPECT_EQ(parse_all("\xEF\xBB\xBF" "data: a\n\n" "\xEF\xBB\xBF" "data: b\n\n"), messages({"a"}));
}

TEST(Sse, an_unfinished_event_is_seen_and_delivered_on_a_clean_end_only) {
  Parser parser;
  std::vector<Event> events;
  EXPECT_FALSE(parser.mid_event());
  ASSERT_TRUE(parser.feed("data: a\n\ndata: [DO", events));
  EXPECT_TRUE(parser.mid_event());
  EXPECT_EQ(events, messages({"a"}));
  ASSERT_TRUE(parser.feed("NE]", events));
  parser.finish(events);
  EXPECT_EQ(events, messages({"a", "[DONE]"}));
  EXPECT_FALSE(parser.mid_event());
}

TEST(Sse, a_line_over_the_limit_breaks_the_parser_for_good) {
  Parser parser(16);
  std::vector<Event> events;
  ASSERT_TRUE(parser.feed("data: ok\n\ndata: 0123456", events));
  auto result = parser.feed("89012345", events);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::upstream_invalid);
  EXPECT_FALSE(parser.feed("data: x\n\n", events));
  EXPECT_EQ(events, messages({"ok"}));
}

TEST(Sse, an_event_of_many_short_lines_is_bounded_too) {
  Parser parser(64);
  std::vector<Event> events;
  for (int i = 0; i < 65; ++i) ASSERT_TRUE(parser.feed("data:\n", events));
  EXPECT_FALSE(parser.feed("data:\n", events));
  EXPECT_TRUE(events.empty());
}

TEST(Sse, comments_without_end_hold_no_memory_and_no_limit) {
  Parser parser(64);
  std::vector<Event> events;
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(parser.feed(kKeepAlive, events));
  EXPECT_FALSE(parser.mid_event());
}

TEST(Sse, an_event_of_exactly_the_limit_passes) {
  const std::string line = "data: " + std::string(94, 'x');
  std::vector<Event> events;
  EXPECT_TRUE(Parser(100).feed(line + "\n\n", events));
  EXPECT_FALSE(Parser(99).feed(line + "\n\n", events));
  EXPECT_EQ(events.size(), 1U);
}

TEST(Sse, what_data_event_writes_is_read_back) {
  EXPECT_EQ(data_event("{\"a\":1}"), "data: {\"a\":1}\n\n");
  EXPECT_EQ(parse_all(data_event("a\nb\r\nc\rd\n")), messages({"a\nb\nc\nd\n"}));
  EXPECT_EQ(parse_all(kDone), messages({"[DONE]"}));
}

TEST(Sse, every_cut_of_the_bytes_gives_the_same_events) {
  const std::string bytes =
      "\xEF\xBB\xBF: hello\r\n\r\ndata: {\"a\":\"\xC3\xA9\"}\r\ndata: second\r\n\r\nevent: error\rdata: e\r\rdata: x\n\n\r\n\ndata: [DONE]\n\n";
  const auto whole = parse_all(bytes);
  ASSERT_EQ(whole.size(), 4U);
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    for (std::size_t second = first; second <= bytes.size(); ++second) {
      Parser parser;
      std::vector<Event> events;
      ASSERT_TRUE(parser.feed(std::string_view(bytes).substr(0, first), events));
      ASSERT_TRUE(parser.feed(std::string_view(bytes).substr(first, second - first), events));
      ASSERT_TRUE(parser.feed(std::string_view(bytes).substr(second), events));
      ASSERT_EQ(events, whole) << "cut at " << first << " and " << second;
    }
  }
}

TEST(Sse, random_streams_do_not_depend_on_how_they_are_cut) {
  constexpr std::string_view kPieces[] = {"data", ":", " ", "\n", "\r", "\r\n", "event", "id", "x", "\xEF\xBB\xBF", "data: y\n", "\n\n", "[DONE]"};
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Rng rng(seed);
    std::string bytes;
    for (std::uint64_t i = rng.below(40); i > 0; --i) bytes += kPieces[rng.below(std::size(kPieces))];
    Parser parser;
    std::vector<Event> events;
    for (std::string_view rest = bytes; !rest.empty();) {
      const std::size_t size = 1 + rng.below(std::min<std::size_t>(rest.size(), 5));
      ASSERT_TRUE(parser.feed(rest.substr(0, size), events));
      rest.remove_prefix(size);
    }
    EXPECT_EQ(events, parse_all(bytes)) << "seed " << seed;
  }
}

TEST(Sse, a_megabyte_in_one_event_arrives_whole_when_fed_byte_by_byte) {
  const std::string payload(1 << 20, 'z');
  Parser parser;
  std::vector<Event> events;
  for (char c : data_event(payload)) ASSERT_TRUE(parser.feed(std::string_view(&c, 1), events));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].data, payload);
}

}  // namespace
}  // namespace xrouter::wire::sse
