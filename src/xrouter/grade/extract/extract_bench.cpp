// Finding an answer in 100 KB must stay under a millisecond, whichever way it is announced.
#include <benchmark/benchmark.h>

#include "xrouter/grade/extract/extract.hpp"

namespace xrouter::grade::extract {
namespace {

constexpr std::size_t kBytes = 100'000;

std::string reply_of(std::string_view paragraph) {
  std::string text;
  while (text.size() < kBytes) text += paragraph;
  return text + "\n```json\n{\"output\": [1, 2, 3]}\n```\n<answer>[[1, 2]]</answer>\nThe final answer is \\boxed{42}.";
}

const std::string kReply = reply_of(
    "We set $x = \\frac{a}{b}$ and use that {1, 2} is a set, so \"the answer\" depends on f(x) = [x] as in `f`.\n"
    "Then, after all, the value must be at least as large as any of these: 1, 2, 3.\n\n");

void measure(benchmark::State& state, auto extractor) {
  for (auto _ : state) benchmark::DoNotOptimize(extractor(std::string_view(kReply)));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kReply.size()));
}

void extract_boxes(benchmark::State& state) { measure(state, boxes); }
void extract_fences(benchmark::State& state) { measure(state, fences); }
void extract_tagged(benchmark::State& state) {
  measure(state, [](std::string_view text) { return tagged(text, "answer"); });
}
void extract_announced(benchmark::State& state) { measure(state, announced); }
void extract_last_json(benchmark::State& state) { measure(state, last_json); }
void extract_without_thinking(benchmark::State& state) {
  measure(state, [](std::string_view text) { return without_thinking(text, ThinkPolicy::after_last); });
}

BENCHMARK(extract_boxes);
BENCHMARK(extract_fences);
BENCHMARK(extract_tagged);
BENCHMARK(extract_announced);
BENCHMARK(extract_last_json);
BENCHMARK(extract_without_thinking);

}  // namespace
}  // namespace xrouter::grade::extract
