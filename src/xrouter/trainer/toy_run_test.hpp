// For tests: episodes that are one choice between a cheap and a strong model, and a whole run on them without libtorch.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "xrouter/base/rng.hpp"
#include "xrouter/learner/toy_learner.hpp"
#include "xrouter/trainer/config/load.hpp"
#include "xrouter/trainer/trainer.hpp"

namespace xrouter::trainer {

/// Easy questions are answered by both models, hard ones by the strong one alone, which costs five times as much.
class ToyEpisodes final : public Episodes {
 public:
  static constexpr int kVocab = 16;
  static constexpr tokenizer::TokenId kEasy = 1, kHard = 2, kThrifty = 3, kRich = 4, kAsk = 5, kCheap = 6, kStrong = 7, kEnd = 8;

  explicit ToyEpisodes(std::size_t samples = 12) {
    for (std::size_t i = 0; i < samples; ++i) {
      samples::RouterSample sample;
      sample.id = "toy/" + std::to_string(i);
      sample.stratum = is_easy(i) ? samples::Stratum::easy : samples::Stratum::hard;
      samples_.push_back(std::move(sample));
    }
  }

  std::size_t size(SampleUse) const override { return samples_.size(); }
  const samples::RouterSample& sample(SampleUse, std::size_t index) const override { return samples_[index]; }
  std::string source(SampleUse, std::size_t index) const override { return is_easy(index) ? "easy" : "hard"; }
  std::string benchmark(SampleUse, std::size_t) const override { return "toy"; }
  bool ordered() const override { return false; }
  std::vector<RecordedResult> recorded(SampleUse, std::size_t index) override {
    return {{.model = "cheap", .right = is_easy(index), .cost = kCheapCost}, {.model = "strong", .right = true, .cost = kStrongCost}};
  }

  Result<std::vector<rollout::Group>> play(std::shared_ptr<lm::LanguageModel> model, std::span<const rollout::WorkItem> items,
                                           const PlayOptions& options) override {
    if (++plays_ == fail_at_play) return fail(ErrorKind::cancelled, "killed");
    std::vector<rollout::Group> groups;
    for (const rollout::WorkItem& item : items) groups.push_back(group(item, options, [&](const auto& prompt, Rng& rng) { return choose(*model, prompt, rng, options.temperature); }));
    return played(std::move(groups));
  }

  Result<std::vector<rollout::Group>> teach(std::span<const rollout::WorkItem> items, const PlayOptions& options) override {
    if (++plays_ == fail_at_play) return fail(ErrorKind::cancelled, "killed");
    std::vector<rollout::Group> groups;
    for (const rollout::WorkItem& item : items)
      groups.push_back(group(item, options, [&](const auto&, Rng& rng) { return Chosen{.token = rng.chance(0.5) ? kCheap : kStrong, .logprob = 0}; }));
    return played(std::move(groups));
  }

  int plays() const { return plays_; }
  int fail_at_play = 0;  ///< 0: never
  std::function<void(rollout::Rollout&)> change = [](rollout::Rollout&) {};  ///< of every episode
  Usd cost;                    ///< of all episodes
  std::int64_t episodes = 0;
  std::uint64_t failures = 0;  ///< of graders in each play
  std::uint64_t grader_failures() const override { return failures * static_cast<std::uint64_t>(plays_); }

  static bool is_easy(std::size_t index) { return index % 2 == 0; }

 private:
  std::vector<rollout::Group> played(std::vector<rollout::Group> groups) {
    for (rollout::Group& group : groups)
      for (rollout::Rollout& rollout : group.rollouts) {
        change(rollout);
        cost += rollout.router_cost + rollout.target_cost;
        ++episodes;
      }
    return groups;
  }

  static constexpr Usd kCheapCost = Usd::from_pico(1'000'000), kStrongCost = Usd::from_pico(5'000'000);
  struct Chosen {
    tokenizer::TokenId token;
    double logprob;
  };

  static Chosen choose(lm::LanguageModel& model, const std::vector<tokenizer::TokenId>& prompt, Rng& rng, double temperature) {
    const auto sequence = model.new_sequence();
    const int last = static_cast<int>(prompt.size()) - 1;
    const std::vector<lm::ForwardInput> inputs{{.sequence = sequence.get(), .tokens = prompt, .logits_at = std::span(&last, 1)}};
    lm::Logits logits;
    model.forward(inputs, logits);
    const double cheap = static_cast<double>(logits.row(0)[kCheap]), strong = static_cast<double>(logits.row(0)[kStrong]);
    const double share = 1 / (1 + std::exp(strong - cheap));
    const bool takes_cheap = temperature == 0 ? share >= 0.5 : rng.chance(share);
    return {.token = takes_cheap ? kCheap : kStrong, .logprob = std::log(takes_cheap ? share : 1 - share)};
  }

  template <class Choose>
  rollout::Group group(const rollout::WorkItem& item, const PlayOptions& options, Choose decide) const {
    rollout::Group out{.sample = item.sample, .drawn_at = options.drawn_at, .rollouts = {}};
    // The toy learner heeds the last two tokens most.
    const std::vector<tokenizer::TokenId> prompt{kAsk, item.cost_weight > 0.5 ? kThrifty : kRich, is_easy(item.sample) ? kEasy : kHard};
    for (int i = 0; i < item.rollouts; ++i) {
      Rng rng = Rng(item.seed).fork("rollout", static_cast<std::uint64_t>(i));
      const Chosen chosen = decide(prompt, rng);
      rollout::Rollout rollout;
      rollout.sample = samples_[item.sample].id;
      rollout.index = i;
      rollout.trajectory.sequence.tokens = prompt;
      rollout.trajectory.sequence.tokens.insert(rollout.trajectory.sequence.tokens.end(), {chosen.token, kEnd});
      rollout.trajectory.sequence.choices = {{.at = 3, .among = {kCheap, kStrong}}};
      rollout.trajectory.logprobs = {static_cast<float>(chosen.logprob)};
      rollout.trajectory.turns = {1};
      rollout.trajectory.prompt_tokens = 3;
      rollout.trajectory.router_tokens = 2;
      const bool cheap = chosen.token == kCheap;
      const bool right = !cheap || is_easy(item.sample);
      rollout.verdict = right ? rollout::Verdict::right : rollout::Verdict::wrong;
      rollout.score = right ? 1 : 0;
      rollout.cost_weight = item.cost_weight;
      rollout.target_cost = cheap ? kCheapCost : kStrongCost;
      rollout.reference_cost = kStrongCost;
      rollout.source = AnswerSource::selected;
      rollout.final_call = true;
      rollout.turns = 1;
      rollout.calls = {cheap ? "cheap" : "strong"};
      rollout.first_action = rollout.calls.front();
      out.rollouts.push_back(std::move(rollout));
    }
    return out;
  }

  std::vector<samples::RouterSample> samples_;
  int plays_ = 0;
};

inline learner::ToyLearner toy_learner() {
  learner::ToyLearnerOptions options;
  options.vocab = ToyEpisodes::kVocab;
  options.buckets = 256;
  options.max_positions = 16;
  return learner::ToyLearner(options);
}

inline constexpr std::string_view kToyYaml = R"(
model: {folder: toy}
data: {train: toy, validation: toy}
rollout: {group_size: 6, shard_groups: 4}
reward: {reference: strong, cost_weight: 0.5}
cost_weight: {draw: list, values: [0.4, 1]}
selection: {groups: 8}
optimizer: {weight_decay: 0}
validation: {every: 10, samples: 0, cost_weights: [0.4, 1]}
checkpoint: {every: 5}
alarms: {min_entropy: null, max_top_model_share: null, max_reward_drop: null}
stages:
  - {kind: warm_start, steps: 6, batch: 8, learning_rate: 0.05}
  - {kind: dapo, steps: 24, batch: 8, learning_rate: 0.05, warm_up_steps: 2}
)";

inline TrainConfig toy_config(const std::vector<std::string>& settings = {}) {
  auto config = parse_train_config(kToyYaml, "toy.yaml", settings);
  EXPECT_TRUE(config) << config.error().describe();
  return config.value_or(TrainConfig{});
}

/// A folder of its own that is removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "xrouter-trainer-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::unique_ptr<RunFolder> open_toy_folder(const TrainConfig& config, const std::filesystem::path& path, RunMode mode) {
  auto folder = RunFolder::open(path, {.text = config.text, .settings = settings_of(config)}, mode, {.keep_checkpoints = config.checkpoint.keep});
  EXPECT_TRUE(folder) << folder.error().describe();
  return folder ? std::move(*folder) : nullptr;
}

inline std::vector<float> weights_of(learner::ToyLearner& learner) {
  const std::span<float> weights = learner.weights_for_test();
  return {weights.begin(), weights.end()};
}

}  // namespace xrouter::trainer
