#include <gtest/gtest.h>

#include "xrouter/grade/choice/chosen.hpp"
#include "xrouter/grade/registry.hpp"

namespace xrouter::grade::choice {
namespace {

Offered letters(std::string text) { return {.letters = std::move(text), .options = {}}; }

std::string chosen(std::string_view reply, const Offered& offered = letters("ABCD")) {
  const auto found = chosen_of(reply, offered, false);
  return found ? found->letters : "-";
}

GradeResult grade(std::string_view source, std::string_view reply, const Value& truth, const Dialect& dialect = strict(), const Value& extra = {}, std::uint64_t seed = 0) {
  const auto rows = Registry::make(choice_rows()).value();
  const auto grader = rows.grader_for(source, dialect).value();
  GradeContext context;
  return grader->grade({.data_source = source, .response = reply, .ground_truth = truth, .extra = extra, .seed = seed}, context);
}

TEST(Choice, reads_the_usual_ways_of_answering) {
  for (const char* reply : {"The answer is B.", "the answer is (B).", "**Answer: B**", "Answer: **B**", "Answer: $B$", "answer: b", "Answer: (b)", "The final answer is \\boxed{B}.",
                            "\\boxed{B}", "\\boxed{\\text{(B)}}", "\\boxed{B. 12 metres}", "Let me see.\n\nB", "B", "(B)", "**B.**", "B\n\nBecause it is so.", "The correct option is B",
                            "Final Answer:\n\n**B**", "The answer is definitely option B because A is too small", "Answer: B, since C fails", "Answer:\nB", "The answer is: B) 12", "B) 12 m",
                            "the correct choice is most likely (B)", "The correct answer is **(B) Paris**.", "Answer: $\\boxed{\\text{B}}$", "The answer is A.\nNo wait, the answer is B.",
                            "The answer is: $\\textbf{(B)}\\ 12$"}) {
    EXPECT_EQ(chosen(reply), "B") << reply;
  }
}

TEST(Choice, prefers_the_more_explicit_announcement) {
  EXPECT_EQ(chosen("The final answer is C. One may think the answer is B."), "C");
  EXPECT_EQ(chosen("\\boxed{A}, so the answer is D."), "D");
  EXPECT_EQ(chosen("B\n\n\\boxed{C}"), "C");
}

TEST(Choice, finds_no_letter_where_none_is_chosen) {
  for (const char* reply : {"", " ", "The answer is not A.", "The answer is Because", "The Answer: Because it is so", "I think a test is best", "The answer is E.", "ABCD", "42",
                            "A. one\nB. two\nC. three\nD. four", "\\boxed{}", "\\boxed{A + B}", "The answer is A = 5", "It cannot be B.", "either A or B", "A large part of it",
                            "The answer is unknown. A good guess would help.", "neither A", "Vitamin B-complex", "<think>the answer is B", "D\xC3\xA9j\xC3\xA0 vu"}) {
    EXPECT_EQ(grade("stem__gpqa", reply, "B").status, GradeStatus::no_answer) << reply;
  }
}

TEST(Choice, takes_only_offered_letters) {
  EXPECT_EQ(chosen("The answer is E. Or rather, the answer is C."), "C");
  EXPECT_EQ(chosen("The answer is E.", letters("ABCDE")), "E");
}

TEST(Choice, takes_the_text_of_exactly_one_option) {
  const Value extra = parse_json(R"({"options": ["Paris", "Rome", "rome", "Oslo"]})").value();
  EXPECT_TRUE(grade("choice", "Paris", "A", strict(), extra).correct);
  EXPECT_TRUE(grade("choice", "The answer is **Oslo**.", "D", strict(), extra).correct);
  EXPECT_TRUE(grade("choice", "\\boxed{\\text{Oslo}}", "D", strict(), extra).correct);
  EXPECT_EQ(grade("choice", "Rome", "B", strict(), extra).status, GradeStatus::no_answer);
  EXPECT_EQ(grade("choice", "The answer is Lima", "B", strict(), extra).status, GradeStatus::no_answer);
  EXPECT_TRUE(grade("choice", "The answer is D", "Oslo", strict(), extra).correct);
}

TEST(Choice, calls_several_letters_wrong_for_one_key) {
  EXPECT_FALSE(grade("choice", "The answer is A or B.", "A").correct);
  EXPECT_FALSE(grade("choice", "Answer: A, B", "B").correct);
  EXPECT_FALSE(grade("choice", "Answer: A/B/C/D", "B").correct);
  EXPECT_TRUE(grade("choice", "The answer is A, B is wrong.", "A").correct);
}

TEST(Choice, takes_a_hedge_for_no_right_answer) {
  for (const char* reply : {"Answer: A B C D",
                            "Answer: [A|B|C|D]",
                            "Answer: A|B",
                            "Answer: A\\B",
                            "Answer: A - B",
                            "Answer: A\xE2\x80\x93"
                            "B",
                            "Answer: A..D",
                            "Answer: A and/or B",
                            "Answer: A or else B",
                            "Answer: A (or B)",
                            "Answer: A \\text{ or } B",
                            "Answer: A? B? C? D?",
                            "Answer: A\nB\nC\nD",
                            "A) yes B) yes C) yes D) yes",
                            "Answer: A. B. C. D.",
                            "answer: a, b",
                            "A\nB\nC\nD",
                            "<answer>A or B</answer>",
                            "Answer: A is wrong",
                            "Answer: A \xE2\x86\x92 D",
                            "Answer: A or d.",
                            "Answer: <b>A</b> or <b>D</b>",
                            "Answer: Option A, Option D",
                            "\\boxed{A} or \\boxed{D}",
                            "<answer>A</answer> or <answer>D</answer>",
                            "Answer: A or answer: D",
                            "The answer is \\boxed{A} or \\boxed{D}.",
                            "Answer: A\xE6\x88\x96"
                            "D",
                            "Answer: A (D also possible)"}) {
    EXPECT_FALSE(grade("stem__gpqa", reply, "A").correct) << reply;
    EXPECT_FALSE(grade("stem__gpqa", reply, "D").correct) << reply;
  }
  for (const char* reply : {"(B) or (C)", "The answer is B, or maybe C"}) EXPECT_FALSE(grade("stem__gpqa", reply, "B").correct) << reply;
}

TEST(Choice, lets_the_reasons_name_other_letters) {
  for (const char* reply :
       {"Answer: B. A and C are wrong.", "Answer: B\n\nA is too small.", "The answer is B, A is wrong", "B. it can't be A or C",
        "The answer is B (A is too small).", "Answer: B\n\nA. one\nC. two", "<answer>B</answer>", "Answer: <answer>B</answer>",
        "Answer: __B__", "I choose B over A", "A is tempting. <answer>\n(B)\n</answer>", "Because B is valid", "Answer: B, and A is wrong",
        "Answer: B, option A is wrong", "The answer is A.\nNo wait, the answer is B.",
        "\\boxed{A} was my first idea, but it is \\boxed{B}"}) {
    EXPECT_EQ(chosen(reply), "B") << reply;
  }
}

TEST(Choice, takes_no_denial_and_no_name_for_the_only_mention) {
  for (const char* reply : {"B is wrong", "Option B is incorrect", "B is incorrect; the answer can't be determined", "B isn't it",
                            "Vitamin B", "Answer: B#", "B cells", "I think that it may well be B somehow"}) {
    EXPECT_EQ(chosen(reply), "-") << reply;
  }
}

TEST(Choice, compares_lists_of_letters_as_sets) {
  const Value truth = parse_json(R"(["A", "C"])").value();
  EXPECT_TRUE(grade("choice", "Answer: C and A", truth).correct);
  EXPECT_TRUE(grade("choice", "Answer: AC", truth).correct);
  EXPECT_FALSE(grade("choice", "Answer: A", truth).correct);
}

TEST(Choice, stops_before_a_question_that_the_model_invents) {
  EXPECT_EQ(chosen("So the answer is (D).\n\nQuestion: next one?\nOptions: ...\nThe answer is (A)."), "D");
  EXPECT_EQ(chosen("Restating it.\nQuestion: which?\nAnswer: B"), "B");
}

TEST(Choice, checks_the_key_when_data_is_loaded) {
  const auto rows = Registry::make(choice_rows()).value();
  const auto grader = rows.grader_for("choice", strict()).value();
  const Value four = parse_json(R"({"n_options": 4})").value();
  EXPECT_TRUE(grader->validate("D", four).has_value());
  EXPECT_FALSE(grader->validate("E", four).has_value());
  EXPECT_FALSE(grader->validate(Value(), four).has_value());
  EXPECT_FALSE(grader->validate("", four).has_value());
  EXPECT_FALSE(grader->validate(Value(1), four).has_value());
  EXPECT_FALSE(grader->validate("A", parse_json(R"({"n_options": 27})").value()).has_value());
  EXPECT_FALSE(grader->validate("A", parse_json(R"({"options": []})").value()).has_value());
  EXPECT_EQ(grade("choice", "A", Value(1)).status, GradeStatus::target_error);
}

TEST(Choice, gives_nothing_for_an_empty_reply_and_everything_for_the_key) {
  for (const char* source : {"choice", "mmlu_pro", "stem__gpqa", "stem__gpqa_diamond_no_box", "stem__supergpqa"}) {
    EXPECT_EQ(grade(source, "", "C").status, GradeStatus::no_answer) << source;
    EXPECT_EQ(grade(source, "", "C").score, 0.0) << source;
    EXPECT_EQ(grade(source, "C", "C").score, 1.0) << source;
  }
}

TEST(Choice, never_draws_a_letter) {
  int right = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) right += grade("stem__supergpqa", "I do not know.", "A", strict(), {}, seed).correct ? 1 : 0;
  EXPECT_EQ(right, 0);
}

TEST(ChoiceCompat, draws_the_seeds_free_letter_from_the_requests_seed) {
  int right = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) right += grade("stem__supergpqa", "I do not know.", "A", xrouter_compat(), {}, seed).correct ? 1 : 0;
  EXPECT_GT(right, 25);
  EXPECT_LT(right, 75);
  EXPECT_EQ(seed_supergpqa_letter("?", 7), seed_supergpqa_letter("?", 7));
}

TEST(ChoiceCompat, repeats_the_seeds_gpqa_rule) {
  EXPECT_EQ(seed_gpqa_letter("The Answer: Because"), 'B');
  EXPECT_EQ(seed_gpqa_letter("ANSWER \t: $d"), 'd');
  EXPECT_EQ(seed_gpqa_letter("Answer: (B)"), 0);
  EXPECT_EQ(seed_gpqa_letter("Answer: E Answer: C Answer: A"), 'C');
}

TEST(ChoiceCompat, repeats_the_seeds_supergpqa_rule) {
  const auto letter = [](std::string_view reply) { return seed_supergpqa_letter(reply, 1); };
  EXPECT_EQ(letter("\\boxed{Because it is D}"), 'B');
  EXPECT_EQ(letter("\\boxed{x{y{z}}J}"), 'J');
  EXPECT_EQ(letter("\\boxed{J} Final Answer: C\n"), 'J');
  EXPECT_EQ(letter("\\boxed{} Final Answer: C\n"), 'C');
  EXPECT_EQ(letter("The answer is: <\nC\n"), 'C');
  EXPECT_EQ(letter("Assistant: \\boxed{J} Assistant: \\boxed{I}"), 'I');
  EXPECT_EQ(letter("<|im_start|>user \\boxed{J}<|im_start|>assistant \\boxed{I}<|im_end|>\\boxed{H}"), 'I');
}

TEST(Published, takes_the_first_answer_is_and_otherwise_the_last_letter) {
  EXPECT_EQ(published_letter("answer is (C). The answer is (D)."), 'C');
  EXPECT_EQ(published_letter("Answer: B or Answer: C\nAnswer: D"), 'C');
  EXPECT_EQ(published_letter("A or \xE2\x80\x9C" "B\xE2\x80\x9D and \xC3\xA9" "C"), 'B');
  EXPECT_EQ(published_letter("nothing"), 0);
}

void grade_everywhere(std::string_view piece, std::size_t bytes) {
  std::string reply;
  while (reply.size() < bytes) reply += piece;
  SCOPED_TRACE(piece);
  for (const Dialect& dialect : {strict(), xrouter_compat()}) {
    for (const char* source : {"choice", "stem__supergpqa", "stem__gpqa_no_box"}) grade(source, reply, "C", dialect);
  }
}

// The published rule once looked for the end of the same line again and again.
TEST(Choice, is_bounded_for_hostile_replies) {
  for (const std::string_view piece : {"answer is ", "\\boxed{", "\\boxed{A} or ", "<answer>A</answer> or ", "A ", "A, ", "answer: A, B, ",
                                       "Question:\n", "(", "A.\n", "The answer is:<", "Answer:"}) {
    grade_everywhere(piece, 100'000);
  }
  grade_everywhere("Final Answer:", 3'000'000);
}

}  // namespace
}  // namespace xrouter::grade::choice
