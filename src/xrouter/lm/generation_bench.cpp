// What generation itself costs beside the model: log-softmax, masks, draws and one whole step at a vocabulary of
// 49,152 and a batch of 32. A forward pass takes tens of milliseconds there.
#include <benchmark/benchmark.h>

#include "xrouter/base/rng.hpp"
#include "xrouter/lm/sampler.hpp"
#include "xrouter/lm/scheduler.hpp"
#include "xrouter/lm/softmax.hpp"
#include "xrouter/lm/toy_tokenizer.hpp"

namespace xrouter::lm {
namespace {

// Bell-shaped like a model's logits: a few hundred tokens hold nearly all of the probability.
std::vector<float> random_row(std::int64_t size) {
  Rng rng(1);
  std::vector<float> row;
  for (std::int64_t i = 0; i < size; ++i) row.push_back(static_cast<float>((rng.uniform() + rng.uniform() + rng.uniform() + rng.uniform() - 2) * 8));
  return row;
}

void log_softmax(benchmark::State& state) {
  const std::vector<float> row = random_row(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(sum_exp(row, max_of(row), 1));
}
BENCHMARK(log_softmax)->Arg(49'152)->Arg(151'936)->Unit(benchmark::kMicrosecond);

void draw(benchmark::State& state, const SamplingParams& params) {
  const std::vector<float> row = random_row(state.range(0));
  Sampler sampler;
  std::uint64_t position = 0;
  for (auto _ : state) benchmark::DoNotOptimize(sampler.draw(row, {}, params, position++));
}
BENCHMARK_CAPTURE(draw, greedy, SamplingParams{.temperature = 0})->Arg(49'152)->Arg(151'936)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(draw, free, SamplingParams{})->Arg(49'152)->Arg(151'936)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(draw, temperature, SamplingParams{.temperature = 0.7})->Arg(49'152)->Arg(151'936)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(draw, top_p, SamplingParams{.temperature = 0.7, .top_p = 0.9})->Arg(49'152)->Arg(151'936)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(draw, top_k, SamplingParams{.top_k = 40})->Arg(49'152)->Arg(151'936)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(draw, top_20_logprobs, SamplingParams{.top_logprobs = 20})->Arg(49'152)->Arg(151'936)->Unit(benchmark::kMicrosecond);

// As inside a JSON string: most tokens are allowed, the forbidden ones lie scattered.
void draw_masked(benchmark::State& state) {
  const std::vector<float> row = random_row(state.range(0));
  Rng rng(2);
  grammar::TokenMask mask{.words = std::vector<std::uint64_t>((row.size() + 63) / 64, ~std::uint64_t{0})};
  for (std::size_t i = 0; i < row.size() / 20; ++i) mask.words[rng.below(mask.words.size())] &= ~(std::uint64_t{1} << rng.below(64));
  grammar::Step step;
  step.many = &mask;
  Sampler sampler;
  std::uint64_t position = 0;
  for (auto _ : state) benchmark::DoNotOptimize(sampler.draw(row, {.step = &step}, {}, position++));
}
BENCHMARK(draw_masked)->Arg(49'152)->Arg(151'936)->Unit(benchmark::kMicrosecond);

void draw_few(benchmark::State& state) {
  const std::vector<float> row = random_row(state.range(0));
  grammar::Step step;
  for (TokenId id = 100; id < 112; ++id) step.few.push_back(id);
  Sampler sampler;
  std::uint64_t position = 0;
  for (auto _ : state) benchmark::DoNotOptimize(sampler.draw(row, {.step = &step}, {}, position++));
}
BENCHMARK(draw_few)->Arg(49'152)->Arg(151'936)->Unit(benchmark::kMicrosecond);

/// Gives every row the same logits at no cost but the copy: what a step takes is what generation takes.
class ConstantModel final : public LanguageModel {
 public:
  explicit ConstantModel(int vocab) : shape_{.vocab = vocab, .max_positions = 1 << 20, .parameters = 0, .kv_bytes_per_token = 1}, row_(random_row(vocab)) {}
  const ModelShape& shape() const override { return shape_; }
  std::unique_ptr<KvSequence> new_sequence() override { return std::make_unique<Kv>(); }
  void forward(std::span<const ForwardInput> inputs, Logits& out) override {
    out.vocab = shape_.vocab;
    std::size_t rows = 0;
    for (const ForwardInput& input : inputs) {
      rows += input.logits_at.size();
      static_cast<Kv*>(input.sequence)->tokens += static_cast<int>(input.tokens.size());
    }
    out.values.resize(rows * row_.size());
    if (out.values.data() == filled_) return;
    for (std::size_t i = 0; i < rows; ++i) std::copy(row_.begin(), row_.end(), out.values.begin() + static_cast<std::ptrdiff_t>(i * row_.size()));
    filled_ = out.values.data();
  }

 private:
  struct Kv final : KvSequence {
    int length() const override { return tokens; }
    std::unique_ptr<KvSequence> fork(int length) override {
      auto forked = std::make_unique<Kv>();
      forked->tokens = length;
      return forked;
    }
    void truncate(int length) override { tokens = length; }
    void keep_path(std::span<const int>) override {}
    std::size_t own_bytes() const override { return 0; }
    int tokens = 0;
  };
  ModelShape shape_;
  std::vector<float> row_;
  const float* filled_ = nullptr;
};

struct NoSink final : GenerationSink {
  void on_finish(Result<Generation>) override {}
};

void step_of_32(benchmark::State& state) {
  const auto model = std::make_shared<ConstantModel>(static_cast<int>(state.range(0)));
  Scheduler scheduler({.model = model, .tokenizer = std::make_shared<ToyTokenizer>(), .end_tokens = {256}}, {}, system_clock());
  for (std::uint64_t i = 0; i < 32; ++i) {
    GenerationRequest request;
    request.prompt = {static_cast<TokenId>(i + 1)};
    request.sampling.seed = i;
    request.sampling.max_tokens = 1 << 19;
    request.sampling.stop = {"never this", "nor that"};
    scheduler.submit(i, std::move(request), std::make_shared<NoSink>(), system_clock().now());
  }
  scheduler.step();
  for (auto _ : state) scheduler.step();
  state.counters["running"] = scheduler.stats().running;
}
BENCHMARK(step_of_32)->Arg(49'152)->Arg(151'936)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace xrouter::lm
