// How fast a learner is: tokens (nodes of trees) a second of scoring and of accumulating, and what a step and a refresh of the
// serving model cost. A DAPO group is a prompt of 450 tokens with 8 rollouts of two decisions (3 choices each among 9 tokens)
// around a result of 60 tokens; a text is 512 tokens that are all predicted. The floor is the arithmetic of the forward pass
// alone at what one matrix product reaches: 3 floors are what forward and backward could take.
#include <benchmark/benchmark.h>

#include "xrouter/torch_learner/make_learner.hpp"
#include "xrouter/torch_learner/shape_files.hpp"
#include "xrouter/torch_learner/test_trees.hpp"
#include "xrouter/torch_module/environment.hpp"

namespace xrouter::torch_learner {
namespace {

TokenTree group_tree(int vocab) {
  Rng rng(1);
  const auto prompt = random_tokens(rng, 450, vocab);
  std::vector<TokenSequence> group;
  const auto add_decision = [&rng](TokenSequence& to) {
    for (int i = 0; i < 3; ++i) {
      std::vector<TokenId> among(9);
      for (int id = 0; id < 9; ++id) among[static_cast<std::size_t>(id)] = 100 + 10 * id + i;
      to.tokens.push_back(among[rng.below(9)]);
      to.choices.push_back({static_cast<int>(to.tokens.size()) - 1, among});
    }
  };
  for (int i = 0; i < 8; ++i) {
    TokenSequence sequence{prompt, {}};
    add_decision(sequence);
    const auto result = random_tokens(rng, 60, vocab);
    sequence.tokens.insert(sequence.tokens.end(), result.begin(), result.end());
    add_decision(sequence);
    group.push_back(std::move(sequence));
  }
  return learner::make_tree(group);
}

TokenTree text_tree(int vocab) {
  Rng rng(2);
  return learner::make_tree(std::vector<TokenSequence>{text_of(random_tokens(rng, 512, vocab))});
}

enum class Work { score, accumulate, accumulate_checkpointed, text, accumulate_adapter };

std::unique_ptr<learner::Learner> made(const weights::ModelConfig& config, const std::string& precision, Work work) {
  learner::LearnerOptions options;
  options.precision = precision;
  options.checkpoint_activations = work == Work::accumulate_checkpointed;
  if (work == Work::accumulate_adapter) {
    options.lora.emplace();
  } else {
    options.fresh = true;
  }
  return std::move(make_learner(ShapeFiles(config), options).value());
}

learner::Gradients constant(const learner::Scores& scores) { return {std::vector<double>(scores.logprobs.size(), 1e-3)}; }

enum class Model { small_router, smollm2 };
weights::ModelConfig config_of(Model model) { return model == Model::small_router ? small_router_config() : smollm2_config(); }

void pass(benchmark::State& state, Model model, const char* precision, Work work) {
  const auto config = config_of(model);
  const auto learner = made(config, precision, work);
  const TokenTree tree =
      work == Work::text ? text_tree(static_cast<int>(config.vocab_size)) : group_tree(static_cast<int>(config.vocab_size));
  for (auto _ : state) {
    if (work == Work::score) {
      benchmark::DoNotOptimize(learner->score(tree));
    } else {
      benchmark::DoNotOptimize(learner->accumulate(tree, constant));
    }
  }
  const auto body = static_cast<double>(config.parameters() - config.vocab_size * config.hidden_size);
  state.counters["tokens/s"] = benchmark::Counter(static_cast<double>(tree.tokens.size()), benchmark::Counter::kIsIterationInvariantRate);
  state.counters["forward_flop"] = 2 * body * static_cast<double>(tree.tokens.size());
}

/// The serving model of a learner: a prompt of 512 tokens, or one token of 8 sequences behind it.
void serve(benchmark::State& state, Model model, Work work, bool decode) {
  const auto config = config_of(model);
  const auto learner = made(config, "auto", work);
  const auto served = learner->language_model().value();
  Rng rng(3);
  const auto prompt = random_tokens(rng, 512, static_cast<int>(config.vocab_size));
  const std::vector<int> last{511}, only{0};
  lm::Logits logits;
  const auto root = served->new_sequence();
  const lm::ForwardInput whole{root.get(), prompt, {}, last};
  served->forward({&whole, 1}, logits);
  std::vector<std::unique_ptr<lm::KvSequence>> forks;
  for (int i = 0; i < 8; ++i) forks.push_back(root->fork(512));
  for (auto _ : state) {
    if (decode) {
      std::vector<lm::ForwardInput> inputs;
      for (const auto& fork : forks) inputs.push_back({fork.get(), {prompt.data(), 1}, {}, only});
      served->forward(inputs, logits);
      for (const auto& fork : forks) fork->truncate(512);
    } else {
      root->truncate(0);
      served->forward({&whole, 1}, logits);
    }
  }
}

void step(benchmark::State& state, Model model) {
  const auto learner = made(config_of(model), "auto", Work::accumulate);
  for (auto _ : state) {
    for (const auto part : learner->gradients()) part[0] = 1;
    learner->step({.learning_rate = 1e-4, .weight_decay = 0.1});
  }
}

void refresh(benchmark::State& state, Model model) {
  const auto learner = made(config_of(model), "auto", Work::accumulate);
  for (auto _ : state) benchmark::DoNotOptimize(learner->language_model());
}

void add_all() {
  const auto add = [](const std::string& name, auto function) {
    benchmark::RegisterBenchmark(name.c_str(), function)->Unit(benchmark::kMillisecond)->UseRealTime();
  };
  for (const Model model : {Model::small_router, Model::smollm2}) {
    const std::string name = model == Model::small_router ? "7M" : "135M";
    for (const char* precision : {"f32", "bf16"}) {
      const std::string prefix = name + "/" + precision + "/";
      add(prefix + "score", [=](benchmark::State& state) { pass(state, model, precision, Work::score); });
      add(prefix + "accumulate", [=](benchmark::State& state) { pass(state, model, precision, Work::accumulate); });
      add(prefix + "accumulate_checkpointed",
          [=](benchmark::State& state) { pass(state, model, precision, Work::accumulate_checkpointed); });
      add(prefix + "accumulate_adapter", [=](benchmark::State& state) { pass(state, model, precision, Work::accumulate_adapter); });
      add(prefix + "text", [=](benchmark::State& state) { pass(state, model, precision, Work::text); });
    }
    add(name + "/step", [=](benchmark::State& state) { step(state, model); });
    for (const Work work : {Work::accumulate, Work::accumulate_adapter}) {
      const std::string kind = work == Work::accumulate ? "/serve_full/" : "/serve_adapter/";
      add(name + kind + "prompt", [=](benchmark::State& state) { serve(state, model, work, false); });
      add(name + kind + "decode_8", [=](benchmark::State& state) { serve(state, model, work, true); });
    }
    add(name + "/language_model", [=](benchmark::State& state) { refresh(state, model); });
  }
}

}  // namespace
}  // namespace xrouter::torch_learner

int main(int count, char** words) {
  xrouter::torch_module::prepare_environment();
  xrouter::torch_learner::add_all();
  benchmark::Initialize(&count, words);
  benchmark::RunSpecifiedBenchmarks();
}
