// One reinforcement-learning step with plain texts, under the commands of bench/train.py: one command a line on standard
// input, one line of JSON back. Started with a model and the prompts that all participants get:
//   training_bench MODEL PROMPTS.json --group N --completion TOKENS [--precision auto|bf16|f32] [--threads N]
// Commands: step SEED | memory
//
// A step: GROUP completions of each prompt, a DAPO update of all weights with group-normalised rewards, and the new weights
// handed to the generator. Rewards are drawn at random, and completions never end early: both sides do the same work.
#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <numeric>
#include <sstream>

#include "xrouter/base/rng.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/lm/scheduler.hpp"
#include "xrouter/rl/loss.hpp"
#include "xrouter/torch_module/loader.hpp"
#include "xrouter/weights/model_files.hpp"

namespace {

using namespace xrouter;
using learner::TokenId;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point start) { return std::chrono::duration<double>(Steady::now() - start).count(); }

struct BenchOptions {
  std::size_t group = 8;
  int completion = 64;
  learner::LearnerOptions learner;
};

std::vector<std::vector<TokenId>> read_prompts(const char* path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  std::vector<std::vector<TokenId>> prompts;
  const auto root = json::parse(text.str()).value();
  for (const auto& prompt : root.as_array()) {
    auto& ids = prompts.emplace_back();
    for (const auto& id : prompt.as_array()) ids.push_back(static_cast<TokenId>(id.as_int64()));
  }
  return prompts;
}

class Completion final : public lm::GenerationSink {
 public:
  void on_finish(Result<lm::Generation> generation) override { generation_ = std::move(generation).value(); }
  const lm::Generation& made() const { return generation_; }

 private:
  lm::Generation generation_;
};

using Group = std::vector<learner::TokenSequence>;

class Bench {
 public:
  Bench(std::shared_ptr<const weights::ModelFiles> files, std::unique_ptr<learner::Learner> learner,
        std::vector<std::vector<TokenId>> prompts, BenchOptions options)
      : files_(std::move(files)), learner_(std::move(learner)), prompts_(std::move(prompts)), options_(options) {
    model_ = learner_->language_model().value();
  }

  std::string step(std::uint64_t seed) {
    seconds_.clear();
    const auto start = Steady::now();
    std::vector<Group> groups;
    timed("rollout", [&] { groups = roll_out(seed); });
    timed("update", [&] { update(groups, seed); });
    timed("optimizer", [&] { learner_->step({.learning_rate = 1e-6, .weight_decay = 0}); });
    // The older copy of the serving weights goes first: one of them is enough.
    model_.reset();
    timed("refresh", [&] { model_ = learner_->language_model().value(); });
    json::Writer out;
    out.begin_object().field("step", seconds_since(start));
    for (const auto& [phase, seconds] : seconds_) out.field(phase, seconds);
    out.field("generated", generated_).field("trained", trained_).field("computed", computed_).end_object();
    return out.take();
  }

 private:
  template <class Work>
  void timed(const char* phase, Work work) {
    const auto start = Steady::now();
    work();
    seconds_[phase] += seconds_since(start);
  }

  std::vector<Group> roll_out(std::uint64_t seed) {
    lm::GeneratorOptions options;
    options.max_batch = static_cast<int>(prompts_.size() * options_.group);
    // Without end tokens no completion ends early.
    lm::Scheduler scheduler({model_, files_->tokenizer(), {}}, options, system_clock());
    std::vector<std::shared_ptr<Completion>> completions;
    for (const auto& prompt : prompts_)
      for (std::size_t i = 0; i < options_.group; ++i) {
        lm::GenerationRequest request;
        request.prompt = prompt;
        request.sampling.seed = seed * 1'000'003 + completions.size();
        request.sampling.max_tokens = options_.completion;
        completions.push_back(std::make_shared<Completion>());
        scheduler.submit(completions.size(), std::move(request), completions.back(), system_clock().now());
      }
    while (scheduler.step()) {
    }
    generated_ = 0;
    std::vector<Group> groups(prompts_.size());
    for (std::size_t c = 0; c < completions.size(); ++c)
      groups[c / options_.group].push_back(sequence_of(prompts_[c / options_.group], completions[c]->made()));
    return groups;
  }

  learner::TokenSequence sequence_of(const std::vector<TokenId>& prompt, const lm::Generation& made) {
    learner::TokenSequence sequence{prompt, {}};
    for (const lm::GeneratedToken& token : made.tokens) {
      sequence.choices.push_back({static_cast<int>(sequence.tokens.size()), {}});
      sequence.tokens.push_back(token.id);
    }
    generated_ += made.tokens.size();
    return sequence;
  }

  void update(const std::vector<Group>& groups, std::uint64_t seed) {
    trained_ = computed_ = 0;
    Rng rng(seed);
    for (const Group& group : groups) {
      std::vector<double> rewards;
      for (std::size_t i = 0; i < group.size(); ++i) rewards.push_back(rng.uniform());
      const double mean = std::accumulate(rewards.begin(), rewards.end(), 0.0) / static_cast<double>(rewards.size());
      const learner::TokenTree tree = learner::make_tree(group);
      for (const auto& sequence : group) trained_ += sequence.tokens.size();
      computed_ += tree.tokens.size();
      learner_->accumulate(tree, [&](const learner::Scores& scores) { return gradients(tree, scores, rewards, mean); });
    }
  }

  // On-policy, as TRL with one iteration: the old log-probs are those of now.
  learner::Gradients gradients(const learner::TokenTree& tree, const learner::Scores& scores, const std::vector<double>& rewards,
                               double mean) const {
    learner::Gradients out{.by_logprob = std::vector<double>(scores.logprobs.size())};
    for (std::size_t s = 0; s < tree.target_of.size(); ++s) {
      std::vector<double> logprobs;
      for (const int target : tree.target_of[s]) logprobs.push_back(scores.logprobs[static_cast<std::size_t>(target)]);
      const auto loss = rl::policy_loss(
          {}, {.logprobs = logprobs, .old_logprobs = logprobs, .advantage = rewards[s] - mean},
          {.tokens = static_cast<std::int64_t>(generated_), .sequences = static_cast<std::int64_t>(prompts_.size() * options_.group)});
      for (std::size_t i = 0; i < logprobs.size(); ++i)
        out.by_logprob[static_cast<std::size_t>(tree.target_of[s][i])] += loss.by_logprob[i];
    }
    return out;
  }

  std::shared_ptr<const weights::ModelFiles> files_;
  std::unique_ptr<learner::Learner> learner_;
  std::vector<std::vector<TokenId>> prompts_;
  BenchOptions options_;
  std::shared_ptr<lm::LanguageModel> model_;
  std::map<std::string, double> seconds_;
  std::size_t generated_ = 0, trained_ = 0, computed_ = 0;
};

long peak_memory_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

void serve(Bench& bench) {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string command;
    std::uint64_t seed = 0;
    words >> command >> seed;
    if (command == "step") std::cout << bench.step(seed) << std::endl;
    if (command == "memory") std::cout << peak_memory_mib() << std::endl;
  }
}

BenchOptions options_of(int count, char** words) {
  BenchOptions options;
  for (int i = 3; i + 1 < count; i += 2) {
    const std::string name = words[i], value = words[i + 1];
    if (name == "--group") options.group = std::stoul(value);
    if (name == "--completion") options.completion = std::stoi(value);
    if (name == "--precision") options.learner.precision = value;
    if (name == "--threads") options.learner.threads = std::stoi(value);
    if (name == "--device") options.learner.device = value;
  }
  return options;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3)
    return std::fprintf(
               stderr,
               "usage: training_bench MODEL PROMPTS.json --group N --completion TOKENS [--precision auto|bf16|f32] [--threads N]\n"),
           2;
  const BenchOptions options = options_of(count, words);
  const auto files = weights::open_model(words[1]);
  if (!files) return std::fprintf(stderr, "%s\n", files.error().describe().c_str()), 1;
  auto learner = torch_module::make_learner(**files, options.learner);
  if (!learner) return std::fprintf(stderr, "%s\n", learner.error().describe().c_str()), 1;
  Bench bench(*files, std::move(*learner), read_prompts(words[2]), options);
  serve(bench);
  return 0;
}
