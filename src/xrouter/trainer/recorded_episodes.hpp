// Episodes on recorded answers, decided by the language model that learns.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "xrouter/chat_format/chat_format.hpp"
#include "xrouter/replay/replay_pool.hpp"
#include "xrouter/rollout/teacher/outcome_table.hpp"
#include "xrouter/rollout/teacher/teacher_policy.hpp"
#include "xrouter/samples/sample_set.hpp"
#include "xrouter/trainer/config/train_config.hpp"
#include "xrouter/trainer/episodes.hpp"
#include "xrouter/trainer/grading.hpp"
#include "xrouter/trainer/live.hpp"

namespace xrouter::trainer {

/// What a router is beside its weights.
struct RouterParts {
  std::string name;
  std::shared_ptr<const chat_format::ChatFormat> format;
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer;
  std::vector<tokenizer::TokenId> end_tokens;
  std::shared_ptr<const grammar::Vocabulary> vocabulary;
};

struct RecordedEpisodesParts {
  const TrainConfig& config;
  RouterParts router;
  std::shared_ptr<const samples::SampleSet> train;
  std::shared_ptr<const samples::SampleSet> validation;  ///< null: none
  std::shared_ptr<const rollout::OutcomeTable> outcomes;
  const grade::Registry& registry;
  LiveModels* live = nullptr;  ///< null: every offered model is recorded, and time is simulated
  std::shared_ptr<replay::ReplayMemory> replay = {};  ///< keeps what live models answer; null: nobody does
  const std::atomic<bool>* cancel = nullptr;  ///< set: rollouts under way are given up
};

class RecordedEpisodes final : public Episodes {
 public:
  /// Errors: config for a question without a grader, a bad ground truth, a reference model that the catalogue lacks.
  static Result<std::unique_ptr<RecordedEpisodes>> make(RecordedEpisodesParts parts);

  std::size_t size(SampleUse use) const override;
  const samples::RouterSample& sample(SampleUse use, std::size_t index) const override { return set(use).sample(index); }
  std::string source(SampleUse use, std::size_t index) const override;
  std::string benchmark(SampleUse use, std::size_t index) const override;
  bool ordered() const override;
  std::vector<RecordedResult> recorded(SampleUse use, std::size_t index) override;
  Result<std::vector<rollout::Group>> play(std::shared_ptr<lm::LanguageModel> model, std::span<const rollout::WorkItem> items,
                                           const PlayOptions& options) override;
  Result<std::vector<rollout::Group>> teach(std::span<const rollout::WorkItem> items, const PlayOptions& options) override;
  std::uint64_t grader_failures() const override { return grading_.failures(); }

 private:
  /// A sample set and who answers its questions.
  struct Side {
    std::shared_ptr<const samples::SampleSet> set;
    std::unique_ptr<ModelPool> pool;
  };
  explicit RecordedEpisodes(RecordedEpisodesParts parts);
  Result<void> open();
  Result<void> open_side(Side& side, std::shared_ptr<const samples::SampleSet> set);
  Result<void> read_benchmarks(const corpus::Corpus& corpus);
  Result<void> choose_reference();
  const Side& side(SampleUse use) const { return use == SampleUse::train ? train_ : validation_; }
  const samples::SampleSet& set(SampleUse use) const { return *side(use).set; }
  Result<std::shared_ptr<const rollout::Task>> task(SampleUse use, std::size_t index) const;
  std::shared_ptr<policy_lm::RouterModel> router(std::shared_ptr<lm::Generator> generator, int max_positions, const std::string& version) const;
  Result<std::vector<rollout::Group>> run(std::span<const rollout::WorkItem> items, rollout::MakePolicy policy, rollout::SyncGenerator* generator,
                                          const PlayOptions& options);

  RecordedEpisodesParts parts_;
  AnswerGrading grading_;
  EpisodeSpec base_;        // what all episodes have in common
  ModelSpec router_price_;  // base_.router, when deciding costs money
  rollout::ReferenceRule reference_;
  std::shared_ptr<policy_lm::GrammarCache> grammars_;
  std::map<std::string, std::string> benchmark_of_;  // by qid
  Side train_, validation_;
};

}  // namespace xrouter::trainer
