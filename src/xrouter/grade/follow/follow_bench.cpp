// Answers graded per second.
#include <benchmark/benchmark.h>

#include "xrouter/grade/follow/follow_grader.hpp"
#include "xrouter/grade/follow/language.hpp"
#include "xrouter/grade/follow/punkt.hpp"
#include "xrouter/grade/follow/treebank.hpp"
#include "xrouter/grade/live/live_grader.hpp"

namespace xrouter::grade::follow {
namespace {

// About as long as a usual reply: 1,900 characters.
std::string reply() {
  std::string out;
  while (out.size() < 1'900)
    out += "Dr. Smith, of the U.S., wrote *three* letters on Jan. 5. Were they answered?\n\n* Nobody knows [name].\n";
  return out;
}

Value truth_of(std::vector<Value> kwargs) { return Value::List{.items = std::move(kwargs)}; }
Value extra_of(std::vector<Value> ids) {
  return Value::Dict{{{Value("instruction_id_list"), Value(Value::List{.items = std::move(ids)})}}};
}

void run(benchmark::State& state, const Grader& grader, const Value& truth, const Value& extra) {
  const std::string text = reply();
  GradeContext context;
  for (auto _ : state)
    benchmark::DoNotOptimize(grader.grade({.data_source = "x", .response = text, .ground_truth = truth, .extra = extra}, context).score);
  state.SetItemsProcessed(state.iterations());
}

void three_simple_instructions(benchmark::State& state) {
  const Value keyword =
      Value::Dict{{{Value("keyword"), Value("letters")}, {Value("frequency"), Value(2)}, {Value("relation"), Value("at least")}}};
  const Value bullets = Value::Dict{{{Value("num_bullets"), Value(3)}}};
  run(state, *make_follow_grader(KindSet::ifeval, strict()), truth_of({keyword, bullets, Value()}),
      extra_of({"keywords:frequency", "detectable_format:number_bullet_lists", "punctuation:no_comma"}));
}
BENCHMARK(three_simple_instructions);

void language_strict_and_eight_loose(benchmark::State& state) {
  const Value german = Value::Dict{{{Value("language"), Value("de")}}};
  run(state, *make_follow_grader(KindSet::ifeval, strict()), truth_of({german}), extra_of({"language:response_language"}));
}
BENCHMARK(language_strict_and_eight_loose);

void detect_a_language(benchmark::State& state) {
  const Text text = decode(reply());
  for (auto _ : state) benchmark::DoNotOptimize(detect_language(text));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(detect_a_language);

void split_sentences(benchmark::State& state) {
  const Text text = decode(reply());
  for (auto _ : state) benchmark::DoNotOptimize(punkt_sentences(text));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(split_sentences);

void split_words(benchmark::State& state) {
  const Text text = decode(reply());
  for (auto _ : state) benchmark::DoNotOptimize(word_tokens(text));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(split_words);

void plot_of_twenty_sentences(benchmark::State& state) {
  std::string gold;
  for (int i = 0; i < 20; ++i)
    gold += "Sentence number " + std::to_string(i * 7919) + " tells of a cat that eats fish " + std::to_string(i) + ". ";
  const Value extra = Value::Dict{{{Value("task"), Value("plot_unscrambling")}}};
  const Value truth(gold);
  const auto grader = live::make_live_grader(strict());
  GradeContext context;
  for (auto _ : state)
    benchmark::DoNotOptimize(grader->grade({.data_source = "x", .response = gold, .ground_truth = truth, .extra = extra}, context).score);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(plot_of_twenty_sentences);

}  // namespace
}  // namespace xrouter::grade::follow
