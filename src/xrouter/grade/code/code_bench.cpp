// Graded programs per second, and what judging one costs beyond the program itself.
#include <benchmark/benchmark.h>

#include "xrouter/grade/code/code_test_support.hpp"
#include "xrouter/grade/code/output_check.hpp"

namespace xrouter::grade::code {
namespace {

void grade_a_function(benchmark::State& state) {
  std::string tests;
  for (int i = 0; i < state.range(0); ++i) tests += "assert f(" + std::to_string(i) + ") == " + std::to_string(i + 1) + "\n";
  const Value truth = functional(tests);
  const std::string reply = fenced("def f(x): return x + 1");
  for (auto _ : state) {
    if (!grade_with(strict(), "codegen__mbpp", reply, truth).correct) state.SkipWithError("not passed");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(grade_a_function)->Arg(3)->Arg(100)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(grade_a_function)->Arg(3)->Threads(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void grade_a_program(benchmark::State& state) {
  std::vector<std::pair<std::string, std::string>> tests;
  for (int i = 0; i < state.range(0); ++i) tests.emplace_back(std::to_string(i), std::to_string(i + 1));
  const Value truth = stdio(tests);
  const std::string reply = fenced("print(int(input()) + 1)");
  for (auto _ : state) {
    if (!grade_with(strict(), "codegen__livecodebench", reply, truth).correct) state.SkipWithError("not passed");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(grade_a_program)->Arg(1)->Arg(10)->UseRealTime()->Unit(benchmark::kMillisecond);

void compare_output(benchmark::State& state) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += std::to_string(i) + ".50 ";
  std::string other = text;
  for (std::size_t at = 0; (at = other.find(".50 ", at)) != other.npos;) other.replace(at, 4, ".5 ");
  for (auto _ : state) {
    if (!output_matches(other, text, Checker::decimal_tokens, {})) state.SkipWithError("not equal");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(compare_output)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace xrouter::grade::code
