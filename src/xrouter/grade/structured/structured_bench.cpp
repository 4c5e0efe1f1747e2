// Graded answers per second, one source of each kind, behind a kilobyte of reasoning.
#include <benchmark/benchmark.h>

#include "xrouter/grade/structured/rules.hpp"

namespace xrouter::grade::structured {
namespace {

std::string behind_reasoning(std::string_view answer) {
  std::string reply;
  while (reply.size() < 1000) reply += "Then, since the second is taller than the first, we set {x} and [y] aside and go on.\n";
  return reply + std::string(answer);
}

void grade(benchmark::State& state, const Dialect& dialect, const Rule& strict, const Rule* seed, const Value& truth, std::string_view answer) {
  const auto grader = make_rule_grader(dialect, strict, seed);
  const std::string reply = behind_reasoning(answer);
  const Value extra;
  GradeContext context;
  for (auto _ : state) benchmark::DoNotOptimize(grader->grade({.data_source = "bench", .response = reply, .ground_truth = truth, .extra = extra}, context));
  state.SetItemsProcessed(state.iterations());
}

const Value kZebraTruth = parse_json(R"({"header": ["Position", "Job"], "rows": [["1", "plumber"], ["2", "carpenter"]]})").value();
constexpr std::string_view kZebraAnswer = R"(<answer>{"header": ["Position", "Job"], "rows": [["1", "plumber"], ["2", "carpenter"]]}</answer>)";
const Value kGridTruth = parse_json("[[1,2,3,4],[1,2,3,4],[1,2,3,4],[1,2,3,4]]").value();
constexpr std::string_view kGridAnswer = "<answer>[[1,2,3,4],[1,2,3,4],[1,2,3,4],[1,2,3,4]]</answer>";

void zebra(benchmark::State& state) { grade(state, strict(), kZebra, nullptr, kZebraTruth, kZebraAnswer); }
void zebra_seed(benchmark::State& state) { grade(state, xrouter_compat(), kZebra, &kSeedZebra, kZebraTruth, kZebraAnswer); }
void ordering(benchmark::State& state) { grade(state, strict(), kOrdering, nullptr, parse_json(R"(["a", "b", "c"])").value(), "<answer>['a', 'b', 'c']</answer>"); }
void grid(benchmark::State& state) { grade(state, strict(), kGrid, nullptr, kGridTruth, kGridAnswer); }
void grid_seed(benchmark::State& state) { grade(state, xrouter_compat(), kGrid, &kSeedGrid, kGridTruth, kGridAnswer); }
void codeio(benchmark::State& state) { grade(state, strict(), kCodeIo, nullptr, "\"output\": [1, 2.5]", "```json\n{\"output\": [1, 2.5]}\n```"); }
void table(benchmark::State& state) { grade(state, strict(), kTable, nullptr, "$5|10", "\\boxed{10|5}"); }
void table_seed(benchmark::State& state) { grade(state, xrouter_compat(), kTable, &kSeedTable, "$5|10", "\\boxed{10|$5}"); }
void bbeh(benchmark::State& state) { grade(state, strict(), kBbeh, nullptr, "(b)", "The answer is: (B)."); }
void py_literal(benchmark::State& state) { grade(state, strict(), kLiteral, nullptr, "[(4, 1)]", "{\"reasoning\": \"x\", \"answer\": \"[(4, 1)]\"}"); }

BENCHMARK(zebra);
BENCHMARK(zebra_seed);
BENCHMARK(ordering);
BENCHMARK(grid);
BENCHMARK(grid_seed);
BENCHMARK(codeio);
BENCHMARK(table);
BENCHMARK(table_seed);
BENCHMARK(bbeh);
BENCHMARK(py_literal);

}  // namespace
}  // namespace xrouter::grade::structured
