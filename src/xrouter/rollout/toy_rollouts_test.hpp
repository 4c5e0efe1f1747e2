// For tests: a recorded corpus of three models, samples of it, and routers without weights.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "xrouter/policy_lm/toy_router.hpp"
#include "xrouter/recorded/recorded_pool.hpp"
#include "xrouter/rollout/runner.hpp"
#include "xrouter/testing/fixtures.hpp"
#include "xrouter/testing/scripted.hpp"

namespace xrouter::rollout {

inline ModelSpec recorded_model(const std::string& id, std::int64_t in_pico, std::int64_t out_pico) {
  ModelSpec model = priced_model(id, in_pico, out_pico);
  model.upstream = kRecordedUpstream;
  model.upstream_model = "corpus-" + id;
  return model;
}

inline corpus::RecordedOutcome answer_of(const std::string& model, const std::string& answer, bool correct, std::int64_t out_tok) {
  return {.model = "corpus-" + model,
          .correct = correct,
          .answer = answer,
          .in_tok = 100,
          .out_tok = out_tok,
          .response = "The answer is " + answer + "."};
}

/// Questions 0, 1, 2, ...: strong is always right, mid when the number is even, cheap when it is divisible by four; cheap
/// and mid agree on what they get wrong when the number is divisible by three.
inline corpus::Record toy_record(int number) {
  const std::string text = std::to_string(number), wrong = "-" + text;
  corpus::Record record;
  record.question = {.qid = "toy/" + text,
                     .source = "toy",
                     .domain = "math",
                     .question = "What is " + text + " plus nothing?",
                     .prompt = "Please answer: What is " + text + " plus nothing?",
                     .gold = text,
                     .grader = "numeric"};
  const bool cheap = number % 4 == 0, mid = number % 2 == 0;
  record.outcomes = {answer_of("cheap", cheap ? text : wrong, cheap, 10),
                     answer_of("mid",
                               mid               ? text
                               : number % 3 == 0 ? wrong
                                                 : wrong + "1",
                               mid, 20),
                     answer_of("strong", text, true, 40)};
  return record;
}

/// What the graders of the project would say of these answers.
inline Graded toy_grade(const corpus::Question& question, std::string_view answer) {
  const bool right = answer.find(" " + question.gold + ".") != std::string_view::npos || answer == question.gold;
  return {.verdict = right ? Verdict::right : Verdict::wrong, .score = right ? 1.0 : 0.0};
}

struct ToyRollouts {
  explicit ToyRollouts(int questions = 8) {
    std::vector<corpus::Record> records;
    for (int i = 0; i < questions; ++i) {
      records.push_back(toy_record(i));
      samples::RouterSample sample;
      sample.id = records.back().question.qid + "#0";
      sample.qid = records.back().question.qid;
      for (const char* id : {"cheap", "mid", "strong"}) sample.models.push_back({.model = ModelId(id)});
      samples.push_back(std::move(sample));
    }
    std::vector<corpus::PackedFile> files;
    files.push_back(*corpus::PackedFile::open(corpus::pack(corpus::Header{.corpus = "toy"}, records)));
    corpus = corpus::Corpus::from_files(std::move(files));
    pool = std::make_unique<recorded::RecordedPool>(corpus);
    base.router_output_tokens = 8'000;
  }

  std::shared_ptr<const Task> task(std::size_t index) const {
    auto made = make_task(samples[index], *corpus->read(index), *catalog, base, reference);
    if (!made) ADD_FAILURE() << made.error().describe();
    return *made;
  }
  RunnerParts parts(MakePolicy policy, SyncGenerator* generator = nullptr) {
    return {.task = [this](std::size_t index) -> Result<std::shared_ptr<const Task>> { return task(index); },
            .policy = std::move(policy),
            .grade = toy_grade,
            .pool = other_pool ? *other_pool : *pool,
            .generator = generator};
  }
  std::vector<Group> run(const std::vector<WorkItem>& items, const RunnerParts& with, const RunnerOptions& options = {}) {
    auto groups = run_rollouts(items, with, options);
    if (!groups) ADD_FAILURE() << groups.error().describe();
    return groups ? std::move(*groups) : std::vector<Group>();
  }
  /// The one rollout of a policy that follows a script.
  Rollout run_script(std::size_t sample, std::vector<PolicyReply> script, const RunnerOptions& options = {}) {
    const MakePolicy policy = [&](const EpisodeFacts&) {
      auto scripted = std::make_unique<ScriptedPolicy>();
      for (PolicyReply& reply : script) scripted->then(std::move(reply));
      return scripted;
    };
    return run({{.sample = sample, .cost_weight = 1, .rollouts = 1, .seed = 1}}, parts(policy), options).at(0).rollouts.at(0);
  }

  std::vector<samples::RouterSample> samples;
  std::shared_ptr<const corpus::Corpus> corpus;
  std::shared_ptr<const ModelCatalog> catalog =
      *ModelCatalog::make({recorded_model("cheap", 100'000, 400'000), recorded_model("mid", 1'000'000, 2'000'000),
                           recorded_model("strong", 3'000'000, 15'000'000)});
  EpisodeSpec base;
  ReferenceRule reference{.kind = ReferenceRule::Kind::best, .models = {ModelId("strong"), ModelId("mid"), ModelId("cheap")}};
  std::unique_ptr<ModelPool> pool;
  ModelPool* other_pool = nullptr;
};

/// A router that is a hash of what it has read, stepped by the runner.
struct ToyRouter {
  explicit ToyRouter(std::uint64_t seed, lm::GeneratorOptions options = {}, int max_positions = policy_lm::kToyContext) {
    lm::ToyModelOptions toy{.vocab = static_cast<int>(policy_lm::toy_tokenizer()->size()), .max_positions = max_positions, .seed = seed};
    const lm::TokenId end = policy_lm::toy_tokenizer()->end();
    toy.bias = {{end, 9.0F}, {'<', 4.0F}, {'"', 9.0F}, {'}', 9.0F}};  // texts end, calls happen
    generator = std::make_shared<SyncGenerator>(lm::GenerationModel{std::make_shared<lm::ToyModel>(toy), policy_lm::toy_tokenizer(), {end}},
                                                options);
    auto made = policy_lm::toy_router(generator);
    made->max_positions = max_positions;
    model = std::move(made);
  }
  std::shared_ptr<SyncGenerator> generator;
  std::shared_ptr<const policy_lm::RouterModel> model;
};

}  // namespace xrouter::rollout
