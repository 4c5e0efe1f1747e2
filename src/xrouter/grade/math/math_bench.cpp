// Graded answers a second, and the tail of the decision: hard proofs and hostile input.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "xrouter/grade/math/compat/graders.hpp"
#include "xrouter/grade/math/decide.hpp"
#include "xrouter/grade/math/strict_grader.hpp"

namespace xrouter::grade::math {
namespace {

struct Pair {
  std::string key, answer;
};

std::string repeated(const std::string& piece, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += piece;
  return text;
}

const std::vector<Pair>& usual() {
  static const std::vector<Pair> pairs = {{"42", "42"},
                                          {"42", "41"},
                                          {"1/2", "0.5"},
                                          {"27000", "\\$27,000"},
                                          {"\\frac{\\sqrt{3}}{3}", "\\frac{1}{\\sqrt{3}}"},
                                          {"(x+2)^2+(y-3)^2", "x^2+y^2+4x-6y+13"},
                                          {"11", "5\\sqrt{2}+3"},
                                          {"(1,2)", "(2,1)"},
                                          {"x \\le 2", "2 \\ge x"},
                                          {"\\{1,2,3\\}", "3,2,1"}};
  return pairs;
}

// What costs most: proofs of equality, and input made to be slow.
const std::vector<Pair>& hard() {
  static const std::vector<Pair> pairs = {
      {"1+\\sqrt2", "\\sqrt{3+2\\sqrt2}"},
      {"3", "\\frac{\\log 8}{\\log 2}"},
      {"\\frac{1+\\sqrt5}{4}", "\\cos 36^\\circ"},
      {"2-\\sqrt3", "\\tan 15^\\circ"},
      {"\\sin 2x", "2\\sin x\\cos x"},
      {"(x+y+z+w)^{12}", "(w+x+y+z)^{11}(x+y+z+w)"},
      {"\\sqrt2+\\sqrt3+\\sqrt5+\\sqrt7+\\sqrt{11}+\\sqrt{13}", "\\sqrt{13}+\\sqrt2+\\sqrt3+\\frac{5}{\\sqrt5}+\\sqrt7+\\sqrt{11}"},
      {"\\pi", "4\\arctan\\frac12+4\\arctan\\frac13"},
      {"7", "9^9^9^9"},
      {"7", "10^{10^{10}}!"},
      {"3", "\\sqrt{9+10^{-60000}}"},
      {"7", repeated("\\frac{", 1'000) + "7"},
      {"7", repeated("\\sqrt{2}+", 900) + "1"},
      {"e^{\\pi\\sqrt{163}}", "262537412640768743.99999999999925"},
      {"\\sqrt[3]{2+\\sqrt5}+\\sqrt[3]{2-\\sqrt5}", "1"}};
  return pairs;
}

void decide_all(benchmark::State& state, const std::vector<Pair>& pairs) {
  const Dialect dialect = strict();
  std::vector<double> times;
  for (auto _ : state) {
    for (const Pair& pair : pairs) {
      const auto begin = std::chrono::steady_clock::now();
      benchmark::DoNotOptimize(decide(pair.key, pair.answer, dialect));
      times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    }
  }
  std::ranges::sort(times);
  state.SetItemsProcessed(static_cast<std::int64_t>(times.size()));
  state.counters["p99_ms"] = times[times.size() * 99 / 100];
  state.counters["max_ms"] = times.back();
}

void decide_usual_answers(benchmark::State& state) { decide_all(state, usual()); }
BENCHMARK(decide_usual_answers);
void decide_hard_answers(benchmark::State& state) { decide_all(state, hard()); }
BENCHMARK(decide_hard_answers)->Unit(benchmark::kMillisecond);

void grade_replies(benchmark::State& state, const Grader& grader) {
  const std::string reply = repeated("We compute $x = \\frac{1}{2}$ and continue. ", 100) + "So the answer is $\\boxed{27{,}000}$.";
  const Value key("27000");
  const Value extra;
  GradeContext context;
  for (auto _ : state)
    benchmark::DoNotOptimize(grader.grade({.data_source = "math", .response = reply, .ground_truth = key, .extra = extra}, context));
  state.SetItemsProcessed(state.iterations());
}

void grade_replies_strictly(benchmark::State& state) { grade_replies(state, *make_strict(strict(), Answers::anywhere)); }
BENCHMARK(grade_replies_strictly);
void grade_replies_as_the_seed_does(benchmark::State& state) {
  grade_replies(state, *compat::make(compat::Rule::naive_dapo, xrouter_compat()));
}
BENCHMARK(grade_replies_as_the_seed_does);

}  // namespace
}  // namespace xrouter::grade::math
