#include <gmock/gmock.h>

#include <fstream>

#include "xrouter/eval/load/benchmark_file.hpp"
#include "xrouter/eval/load/line_fields.hpp"
#include "xrouter/eval/load/questions.hpp"
#include "xrouter/eval/run/grading.hpp"
#include "xrouter/eval/test_support.hpp"

namespace xrouter::eval {
namespace {

using testing::HasSubstr;

constexpr std::string_view kYaml = R"(
name: letters
title: "Letters"
domain: knowledge
source: "example.org"
licence: MIT
fields: {id: meta.id, question: q, gold: answer, options: choices, subset: kind, extra_fields: ["unit=meta.unit"]}
gold_form: index_to_letter
prompt: "{question} in {unit}\n{options}\nWrite \\boxed{X}."
data_source: toy
chance: 0.25
)";

BenchmarkSpec letters() { return *parse_benchmark(kYaml, "letters.yaml"); }

std::string file_with(const toy::TempFolder& folder, const std::string& name, const std::string& text) {
  std::ofstream(folder / name) << text;
  return folder / name;
}

TEST(BenchmarkFile, reads_every_field) {
  const auto spec = parse_benchmark(kYaml, "letters.yaml");
  ASSERT_TRUE(spec) << spec.error().describe();
  EXPECT_EQ(spec->loader, Loader::jsonl);
  EXPECT_EQ(spec->gold_form, GoldForm::index_to_letter);
  EXPECT_EQ(spec->chance, 0.25);
  EXPECT_EQ(spec->fields.extra_fields, (std::vector<std::pair<std::string, std::string>>{{"unit", "meta.unit"}}));
}

TEST(BenchmarkFile, tells_every_slip_with_its_place) {
  const auto spec = parse_benchmark("name: x\ntitel: y\nloader: parquet\nfields: {gold: a}\n", "x.yaml");
  ASSERT_FALSE(spec);
  const std::string text = spec.error().describe();
  EXPECT_THAT(text, HasSubstr("x.yaml:2:1: titel: unknown key; did you mean 'title'?"));
  EXPECT_THAT(text, HasSubstr("loader"));
  EXPECT_THAT(text, HasSubstr("licence: is missing"));
}

TEST(BenchmarkFile, an_unknown_name_gets_the_nearest_one) {
  EXPECT_THAT(find_benchmark({letters()}, "leters").error().public_text, HasSubstr("did you mean 'letters'"));
}

TEST(LineFields, reach_into_objects_and_lists) {
  const auto line = *grade::parse_json(R"({"a": {"b": ["x", {"c": 7}]}})");
  EXPECT_EQ(text_of_value(*value_at(line, "a.b.1.c")), "7");
  EXPECT_EQ(text_of_value(*value_at(line, "a.b.0")), "x");
  EXPECT_EQ(value_at(line, "a.b.2"), nullptr);
  EXPECT_EQ(value_at(line, "a.x.c"), nullptr);
}

TEST(LineFields, take_the_gold_in_every_form) {
  const auto gold = [](const char* json, GoldForm form) {
    const auto made = gold_of(*grade::parse_json(json), form);
    return made ? text_of_value(*made) : "error: " + made.error().public_text;
  };
  EXPECT_EQ(gold(R"("42")", GoldForm::as_is), "42");
  EXPECT_EQ(gold(R"(["a", "b"])", GoldForm::first), "a");
  EXPECT_EQ(gold(R"("2+2=4\n#### 1,004 ")", GoldForm::after_hashes), "1,004");
  EXPECT_EQ(gold(R"("so \\boxed{1} or \\boxed{\\frac{1}{2}}.")", GoldForm::last_boxed), "\\frac{1}{2}");
  EXPECT_EQ(gold("3", GoldForm::index_to_letter), "D");
  EXPECT_EQ(gold(R"("{\"a\": [1]}")", GoldForm::text_as_json), R"({"a":[1]})");
  EXPECT_THAT(gold("[]", GoldForm::first), HasSubstr("error"));
  EXPECT_THAT(gold(R"("no box")", GoldForm::last_boxed), HasSubstr("error"));
  EXPECT_THAT(gold("26", GoldForm::index_to_letter), HasSubstr("error"));
}

TEST(LineFields, fill_in_knows_its_own_blanks_only) {
  EXPECT_EQ(fill_in("{a} \\boxed{x} {b} {", {{"a", "1"}, {"b", "{a}"}}), "1 \\boxed{x} {a} {");
}

TEST(Questions, are_made_of_json_lines) {
  toy::TempFolder folder;
  const std::string file =
      file_with(folder, "letters.jsonl",
                R"({"q": "How long?", "answer": 1, "choices": ["2", "3"], "kind": "k", "meta": {"id": "a", "unit": "m"}})"
                "\n\n"
                R"({"q": "How long?", "answer": 0, "choices": ["5", "6"], "kind": "k", "meta": {"id": "a", "unit": "m"}})"
                "\n");
  QuestionSet set;
  const auto added = add_benchmark(set, {.spec = letters(), .file = file}, nullptr, {});
  ASSERT_TRUE(added) << added.error().describe();
  ASSERT_EQ(set.questions.size(), 2U);
  const Question& first = set.questions[0];
  EXPECT_EQ(first.prompt, "How long? in m\nA. 2\nB. 3\nWrite \\boxed{X}.");
  EXPECT_EQ(text_of_value(first.gold), "B");
  EXPECT_EQ(first.subset, "k");
  EXPECT_EQ(text_of_value(*first.extra.find("unit")), "m");
  EXPECT_EQ(set.questions[1].qid, "a#2") << "a repeated id is made unique";
  EXPECT_EQ(first.cluster, set.questions[1].cluster) << "the same text is one cluster";
}

TEST(Questions, name_file_line_and_field_of_a_fault) {
  toy::TempFolder folder;
  QuestionSet set;
  const std::string file =
      file_with(folder, "bad.jsonl", "{\"q\": \"x\", \"answer\": 0, \"choices\": [\"1\"]}\n{\"q\": \"x\", \"choices\": [\"1\"]}\n");
  EXPECT_THAT(add_benchmark(set, {.spec = letters(), .file = file}, nullptr, {}).error().public_text,
              HasSubstr("bad.jsonl:2: the line has no gold at 'answer'"));
  EXPECT_THAT(add_benchmark(set, {.spec = letters(), .file = folder / "x.parquet"}, nullptr, {}).error().public_text,
              HasSubstr("parquet_to_jsonl.py"));
  EXPECT_THAT(add_benchmark(set, {.spec = letters()}, nullptr, {}).error().public_text, HasSubstr("--benchmark letters=FILE"));
  EXPECT_THAT(add_benchmark(set, {.spec = letters(), .file = file_with(folder, "empty.jsonl", "")}, nullptr, {}).error().public_text,
              HasSubstr("no questions"));
}

TEST(Questions, a_limit_takes_them_from_all_over_the_file) {
  toy::TempFolder folder;
  std::string text;
  for (int i = 0; i < 100; ++i) text += "{\"q\": \"" + std::to_string(i) + "\", \"answer\": 0, \"choices\": [\"1\"]}\n";
  QuestionSet set;
  ASSERT_TRUE(add_benchmark(set, {.spec = letters(), .file = file_with(folder, "l.jsonl", text)}, nullptr, {.limit = 4}));
  ASSERT_EQ(set.questions.size(), 4U);
  EXPECT_EQ(set.questions[3].bare, "75");
}

TEST(Grading, finds_unknown_graders_bad_golds_and_golds_that_do_not_score) {
  grade::GradeContext context;
  QuestionSet set = toy::questions(3);
  set.benchmarks[0].spec.gold_reply = "{gold}";
  set.questions[1].gold = grade::Value(7);
  auto grading = Grading::make(set, toy::registry(), grade::strict());
  ASSERT_TRUE(grading);
  const auto faults = (*grading)->check(context);
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].question, 1U);
  EXPECT_THAT(faults[0].what, HasSubstr("bad ground truth"));
  set.benchmarks[0].spec.gold_reply = "the answer is {gold}";
  EXPECT_THAT((*grading)->check(context).front().what, HasSubstr("does not score 1"));
  set.questions[2].data_source = "unknown";
  EXPECT_FALSE(Grading::make(set, toy::registry(), grade::strict()));
}

}  // namespace
}  // namespace xrouter::eval
