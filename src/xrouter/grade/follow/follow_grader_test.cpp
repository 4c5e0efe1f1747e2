#include "xrouter/grade/follow/follow_grader.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "xrouter/grade/registry.hpp"

namespace xrouter::grade::follow {
namespace {

Value object(std::vector<std::pair<Value, Value>> members) { return Value::Dict{std::move(members)}; }
Value list(std::vector<Value> items) { return Value::List{.items = std::move(items)}; }

/// A question with its instructions, in IFEval's shape.
struct Question {
  std::vector<Value> ids;
  std::vector<Value> kwargs;
  bool patterns = false;

  Question& with(const char* id, std::vector<std::pair<Value, Value>> members = {}) {
    ids.emplace_back(id);
    kwargs.push_back(object(std::move(members)));
    return *this;
  }
  Value truth() const { return list(kwargs); }
  Value extra() const { return object({{"instruction_id_list", list(ids)}, {"keywords_are_patterns", Value(patterns)}}); }
};

GradeResult grade(const Question& question, std::string_view reply, const Dialect& dialect = strict(), KindSet set = KindSet::ifbench) {
  GradeContext context;
  const Value truth = question.truth();
  const Value extra = question.extra();
  return make_follow_grader(set, dialect)
      ->grade({.data_source = "ifeval", .response = reply, .ground_truth = truth, .extra = extra}, context);
}

double part(const GradeResult& result, std::string_view name) {
  for (const auto& [key, value] : result.parts)
    if (key == name) return value;
  return -1;
}

Result<void> validated(const Question& question, const Dialect& dialect = strict()) {
  return make_follow_grader(KindSet::ifeval, dialect)->validate(question.truth(), question.extra());
}

TEST(Follow, reports_the_prompt_and_the_instruction_level_strict_and_loose) {
  Question question;
  question.with("punctuation:no_comma")
      .with("startend:quotation")
      .with("change_case:capital_word_frequency", {{"capital_frequency", 1}, {"capital_relation", "at least"}});
  const GradeResult result = grade(question, "Sure, here it is:\n\"NOTHING but this\"");
  EXPECT_EQ(result.score, 0);
  EXPECT_FALSE(result.correct);
  EXPECT_DOUBLE_EQ(part(result, "instructions_strict"), 1.0 / 3);
  EXPECT_EQ(part(result, "loose"), 1);
  EXPECT_EQ(part(result, "instructions_loose"), 1);
  EXPECT_EQ(result.reason, "fails punctuation:no_comma, startend:quotation");
}

TEST(Follow, tries_every_loose_variant) {
  Question question;
  question.with("startend:quotation");
  for (const char* reply : {"\"a\"\nb", "b\n\"a\"", "b\n\"a\"\nc", "*\"a\"*", "x\n*\"a\"*", "*\"a\"*\nx", "x\n*\"a\"*\nx"}) {
    const GradeResult result = grade(question, reply);
    EXPECT_EQ(result.score, 0) << reply;
    EXPECT_EQ(part(result, "loose"), 1) << reply;
  }
  EXPECT_EQ(part(grade(question, "x\ny\n\"a\""), "loose"), 0);
}

TEST(Follow, empty_replies_are_no_answer_for_every_kind) {
  for (const std::string& id : kind_ids(KindSet::ifbench)) {
    const Kind* kind = find_kind(KindSet::ifbench, id);
    if (kind->check == nullptr) continue;
    Question question;
    std::vector<std::pair<Value, Value>> kwargs;
    for (const ArgSpec& spec : kind->args) {
      if (spec.name.empty() || !spec.required) continue;
      const Value value = spec.type == ArgType::texts                                  ? list({"a"})
                          : spec.type == ArgType::relation                             ? Value("less than")
                          : spec.type == ArgType::text || spec.type == ArgType::letter ? Value("a")
                                                                                       : Value(1);
      kwargs.emplace_back(Value(spec.name), value);
    }
    question.with(id.c_str(), kwargs);
    for (const char* reply : {"", "  \n\t ", "<think>all of it</think>", "<think>without end", "<think>a</think> \n"}) {
      const GradeResult result = grade(question, reply);
      EXPECT_EQ(result.status, GradeStatus::no_answer) << id << ": " << result.reason;
      EXPECT_EQ(result.score, 0);
      EXPECT_EQ(part(result, "loose"), 0);
    }
  }
}

TEST(Follow, ids_stand_once_and_the_sets_have_their_sizes) {
  const auto all = kind_ids(KindSet::ifbench);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
  EXPECT_EQ(kind_ids(KindSet::ifeval).size(), 25U);
  EXPECT_EQ(kind_ids(KindSet::ifmulti).size(), 54U);
}

TEST(Follow, questions_without_instructions_cannot_score) {
  EXPECT_EQ(grade(Question{}, "anything").status, GradeStatus::target_error);
  EXPECT_TRUE(std::isnan(grade(Question{}, "anything").score));
  EXPECT_FALSE(validated(Question{}));
  GradeContext context;
  const auto grader = builtin_registry().grader_for("ood__ifbench", strict()).value();
  for (const char* truth : {"[]", "[{\"instruction_id\": [], \"kwargs\": []}]",
                            "[{\"instruction_id\": [\"punctuation:no_comma\"], \"kwargs\": []}]", "", "12"}) {
    const Value gold(truth);
    EXPECT_EQ(grader->grade({.data_source = "ood__ifbench", .response = "x", .ground_truth = gold, .extra = Value()}, context).status,
              GradeStatus::target_error)
        << truth;
    EXPECT_FALSE(grader->validate(gold, Value()));
  }
}

TEST(Follow, reads_the_shape_of_if_multi_constraints_and_all_its_items) {
  const auto grader = builtin_registry().grader_for("ood__ifbench", strict()).value();
  const Value gold(
      "[{'instruction_id': ['punctuation:punctuation_dot', 'count:count_unique'], 'kwargs': [None, {}]}, "
      "{'instruction_id': ['keywords:palindrome'], 'kwargs': [None]}]");
  ASSERT_TRUE(grader->validate(gold, Value()));
  GradeContext context;
  const auto score = [&](std::string_view reply) {
    return grader->grade({.data_source = "x", .response = reply, .ground_truth = gold, .extra = Value()}, context).score;
  };
  EXPECT_EQ(score("my level best"), 1);
  EXPECT_EQ(score("my very best"), 0);
  EXPECT_EQ(score("my level best level"), 0);
}

TEST(Follow, says_at_load_what_is_wrong_with_the_arguments) {
  using Members = std::vector<std::pair<Value, Value>>;
  const auto error = [](const char* id, Members members) {
    Question question;
    question.with(id, std::move(members));
    const auto result = validated(question);
    return result ? std::string() : result.error().public_text;
  };
  EXPECT_EQ(error("keywords:frequency", {{"keyword", "a"}, {"relation", "at least"}}),
            "keywords:frequency: the argument 'frequency' is missing");
  EXPECT_EQ(error("keywords:frequency", {{"keyword", "a"}, {"frequency", 1}, {"relation", "around"}}),
            "keywords:frequency: the argument 'relation' is not \"less than\" or \"at least\"");
  EXPECT_EQ(error("punctuation:no_comma", {{"keyword", "a"}}), "punctuation:no_comma: unknown argument 'keyword'");
  EXPECT_EQ(error("keywords:existence", {{"keywords", list({})}}), "keywords:existence: the argument 'keywords' is not a list of texts");
  EXPECT_EQ(error("keywords:letter_frequency", {{"letter", "ab"}, {"let_frequency", 1}, {"let_relation", "at least"}}),
            "keywords:letter_frequency: the argument 'letter' is not a letter from a to z");
  EXPECT_EQ(error("no:such", {}), "unknown instruction 'no:such'");
  EXPECT_EQ(error("punctuation:no_comma", {{"keyword", Value()}}), "");
  EXPECT_EQ(error("length_constraints:number_words", {{"num_words", Number{"3.0"}}, {"relation", "at least"}}), "");
}

TEST(Follow, an_unknown_kind_or_a_missing_resource_leaves_the_reply_unscored) {
  Question question;
  question.with("punctuation:no_comma").with("ratio:stop_words", {{"percentage", 5}});
  EXPECT_EQ(grade(question, "text").status, GradeStatus::unsupported);
  EXPECT_EQ(grade(question, "text", strict(), KindSet::ifeval).reason, "unknown instruction 'ratio:stop_words'");
}

TEST(Follow, takes_keywords_as_texts_unless_the_data_says_they_are_patterns) {
  Question question;
  question.with("keywords:existence", {{"keywords", list({"C++", "a.c"})}});
  EXPECT_EQ(grade(question, "c++ and A.C").score, 1);
  EXPECT_EQ(grade(question, "c++ and abc").score, 0);
  EXPECT_EQ(grade(question, "ccc and abc", xrouter_compat()).score, 1);
  question.kwargs = {object({{"keywords", list({"a.c"})}})};
  EXPECT_EQ(grade(question, "abc", xrouter_compat()).score, 1);
  question.patterns = true;
  EXPECT_EQ(grade(question, "abc").score, 1);
  question.kwargs = {object({{"keywords", list({"(a"})}})};
  EXPECT_EQ(grade(question, "abc").status, GradeStatus::target_error);
  EXPECT_EQ(validated(question).error().public_text, "keywords:existence: an argument is not a regular expression");
}

TEST(Follow, forbidden_words_are_whole_words_in_any_case) {
  Question question;
  question.with("keywords:forbidden_words", {{"forbidden_words", list({"house", "über"})}});
  EXPECT_EQ(grade(question, "The HOUSE.").score, 0);
  EXPECT_EQ(grade(question, "Household, hausÜber").score, 1);
  EXPECT_EQ(grade(question, "ÜBER alles").score, 0);
}

TEST(Follow, gives_up_on_patterns_that_would_run_forever) {
  Question question;
  question.patterns = true;
  question.with("keywords:frequency", {{"keyword", "(a+)+$"}, {"frequency", 1}, {"relation", "at least"}});
  const std::string reply = std::string(5'000, 'a') + "!";
  const GradeResult result = grade(question, reply);
  EXPECT_EQ(result.status, GradeStatus::answer_timeout);
  EXPECT_EQ(result.score, 0);
  question.patterns = false;
  EXPECT_EQ(grade(question, reply).score, 0);
}

TEST(Follow, survives_hostile_replies) {
  Question question;
  question.with("detectable_format:json_format")
      .with("detectable_format:title")
      .with("detectable_format:number_highlighted_sections", {{"num_highlights", 3}})
      .with("detectable_content:number_placeholders", {{"num_placeholders", 3}})
      .with("detectable_format:number_bullet_lists", {{"num_bullets", 3}})
      .with("length_constraints:number_paragraphs", {{"num_paragraphs", 3}})
      .with("detectable_content:postscript", {{"postscript_marker", "P.P.S"}});
  for (const std::string_view part : {"[", "*", "<<", "\n", "- \n", "p.", "\xff\xfe", "***", "{\"a\":"}) {
    std::string reply(1, '\0');
    while (reply.size() < 200'000) reply += part;
    EXPECT_TRUE(is_scored(grade(question, reply).status));
  }
}

TEST(Follow, a_reply_of_over_256_kibibytes_is_over_the_limit) {
  Question question;
  question.with("punctuation:no_comma");
  EXPECT_EQ(grade(question, std::string(256 << 10, 'a')).score, 1);
  const GradeResult result = grade(question, std::string((256 << 10) + 1, 'a'));
  EXPECT_EQ(result.status, GradeStatus::answer_limit);
  EXPECT_EQ(result.score, 0);
}

TEST(Follow, a_text_in_no_language_is_in_the_wanted_one_only_for_the_seed) {
  Question question;
  question.with("language:response_language", {{"language", Value("de")}});
  EXPECT_EQ(grade(question, "12345 !!!").score, 0);
  EXPECT_EQ(grade(question, "12345 !!!", xrouter_compat()).score, 1);
  EXPECT_EQ(grade(question, "Das ist ein deutscher Satz und noch einer.").score, 1);
}

TEST(Follow, a_reply_that_nobody_can_see_is_no_answer) {
  Question question;
  question.with("punctuation:no_comma");
  for (const char* reply : {"\u200b", "\ufeff", " \u200b\u2060\n"}) {
    EXPECT_EQ(grade(question, reply).status, GradeStatus::no_answer);
    EXPECT_EQ(grade(question, reply, xrouter_compat()).score, 1);
  }
  EXPECT_EQ(part(grade(question, "a, b\n\u200b"), "loose"), 0);
}

TEST(Follow, the_seed_reads_between_the_first_two_ends_of_thinking) {
  Question question;
  question.with("punctuation:no_comma");
  const char* reply = "a,</think>b</think>c,";
  EXPECT_EQ(grade(question, reply, xrouter_compat(), KindSet::ifeval).score, 1);
  EXPECT_EQ(grade(question, reply, xrouter_compat(), KindSet::ifmulti).score, 0);
  EXPECT_EQ(grade(question, reply).score, 0);
}

}  // namespace
}  // namespace xrouter::grade::follow
