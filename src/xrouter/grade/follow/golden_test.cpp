// The ports against the Python originals: tests/vectors/language/golden.jsonl, made by make_golden.py beside it.
#include <set>

#include "xrouter/grade/follow/language.hpp"
#include "xrouter/grade/follow/punkt.hpp"
#include "xrouter/grade/follow/python_random.hpp"
#include "xrouter/grade/follow/rule_sentences.hpp"
#include "xrouter/grade/follow/test_support.hpp"
#include "xrouter/grade/follow/treebank.hpp"

namespace xrouter::grade::follow {
namespace {

const std::vector<Value>& golden() {
  static const std::vector<Value> rows = vector_rows(XROUTER_SOURCE_DIR "/tests/vectors/language/golden.jsonl");
  return rows;
}

std::vector<std::string> strings_in(const Value& row, std::string_view name) {
  std::vector<std::string> out;
  for (const Value& item : list_in(row, name)) out.push_back(*item.if_string());
  return out;
}

template <class Range>
std::vector<std::string> encoded(const Range& texts) {
  std::vector<std::string> out;
  for (const auto& text : texts) out.push_back(encode(text));
  return out;
}

TEST(LanguageGolden, has_texts_in_many_languages) {
  std::set<std::string> languages;
  for (const Value& row : golden()) languages.insert(string_in(row, "language"));
  EXPECT_GE(golden().size(), 250U);
  EXPECT_GE(languages.size(), 50U);
}

TEST(LanguageGolden, detects_the_language_and_its_share_as_langdetect_does) {
  for (const Value& row : golden()) {
    const auto detected = detect_language(decode(string_in(row, "text")));
    ASSERT_EQ(detected.has_value(), !row.find("language")->is_null()) << to_json(row);
    if (!detected) continue;
    EXPECT_EQ(detected->code, string_in(row, "language")) << to_json(row);
    EXPECT_NEAR(detected->share, number_in(row, "share"), 1e-12) << to_json(row);
  }
}

TEST(LanguageGolden, splits_sentences_as_punkt_does) {
  for (const Value& row : golden()) {
    const Text text = decode(string_in(row, "text"));
    std::vector<std::string> expected;
    for (const Value& span : list_in(row, "spans")) {
      const auto& ends = span.if_list()->items;
      const auto begin = static_cast<std::size_t>(ends[0].if_number()->to_double());
      expected.push_back(encode(text.substr(begin, static_cast<std::size_t>(ends[1].if_number()->to_double()) - begin)));
    }
    EXPECT_EQ(encoded(punkt_sentences(text)), expected) << to_json(row);
  }
}

TEST(LanguageGolden, splits_sentences_by_rules_as_the_instruction_sets_do) {
  for (const Value& row : golden()) EXPECT_EQ(encoded(rule_sentences(decode(string_in(row, "text")))), strings_in(row, "split"));
}

TEST(LanguageGolden, splits_words_as_the_treebank_tokenizer_does) {
  for (const Value& row : golden()) EXPECT_EQ(encoded(word_tokens(decode(string_in(row, "text")))), strings_in(row, "tokens"));
}

TEST(LanguageGolden, counts_words_and_sees_case_as_python_does) {
  for (const Value& row : golden()) {
    const Text text = decode(string_in(row, "text"));
    EXPECT_EQ(static_cast<double>(words(text).size()), number_in(row, "words")) << to_json(row);
    EXPECT_EQ(all_upper(text), flag_in(row, "upper")) << to_json(row);
    EXPECT_EQ(all_lower(text), flag_in(row, "lower")) << to_json(row);
    if (!row.find("lowered")->is_null()) {
      EXPECT_EQ(encode(lowered(text)), string_in(row, "lowered"));
    }
  }
}

TEST(PythonRandom, draws_the_numbers_of_pythons_seed_0) {
  PythonRandom chance(0);
  EXPECT_DOUBLE_EQ(chance.random(), 0.8444218515250481);
  EXPECT_DOUBLE_EQ(chance.random(), 0.7579544029403025);
}

TEST(LanguageDetection, is_bounded_for_long_and_hostile_texts) {
  EXPECT_FALSE(detect_language(Text(5'000'000, U'@')));
  EXPECT_FALSE(detect_language(Text(5'000'000, U'.')));
  EXPECT_TRUE(detect_language(Text(5'000'000, U'a')));
  EXPECT_FALSE(detect_language(U""));
}

TEST(Sentences, are_found_in_linear_time_in_hostile_texts) {
  Text spaced, brackets;
  for (int i = 0; i < 300'000; ++i) spaced += U". ", brackets += U"?)";
  EXPECT_FALSE(punkt_sentences(spaced).empty());
  EXPECT_FALSE(punkt_sentences(brackets).empty());
  EXPECT_FALSE(punkt_sentences(Text(1'000'000, U'.')).empty());
  EXPECT_FALSE(word_tokens(Text(1'000'000, U'\'')).empty());
  EXPECT_FALSE(rule_sentences(Text(1'000'000, U'.')).empty());
}

}  // namespace
}  // namespace xrouter::grade::follow
