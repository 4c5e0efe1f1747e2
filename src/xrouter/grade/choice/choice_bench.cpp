// Graded letters per second, for a reply of common length.
#include <benchmark/benchmark.h>

#include "xrouter/grade/choice/grader.hpp"

namespace xrouter::grade::choice {
namespace {

std::string long_reply() {
  std::string reply;
  while (reply.size() < 1500) reply += "We compare the options in turn and see that A is too small while C needs more time than is given. ";
  return reply + "\n\nThe answer is (B).";
}

void grade(benchmark::State& state, const Dialect& dialect, SeedRule rule) {
  const auto grader = make_choice(dialect, 10, rule);
  const std::string reply = long_reply();
  const Value key("B");
  const Value extra;
  GradeContext context;
  for (auto _ : state) benchmark::DoNotOptimize(grader->grade({.data_source = "choice", .response = reply, .ground_truth = key, .extra = extra}, context));
  state.SetItemsProcessed(state.iterations());
}

void choice_strict(benchmark::State& state) { grade(state, strict(), SeedRule::mmlu_pro); }
void choice_published(benchmark::State& state) { grade(state, xrouter_compat(), SeedRule::mmlu_pro); }
void choice_seed_supergpqa(benchmark::State& state) { grade(state, xrouter_compat(), SeedRule::supergpqa); }

BENCHMARK(choice_strict);
BENCHMARK(choice_published);
BENCHMARK(choice_seed_supergpqa);

}  // namespace
}  // namespace xrouter::grade::choice
