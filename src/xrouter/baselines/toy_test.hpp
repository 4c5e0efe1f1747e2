// For tests: a small world of recorded outcomes with a rule to be learned, and a bench that runs a baseline in it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "xrouter/baselines/baseline.hpp"
#include "xrouter/corpus/text_key.hpp"
#include "xrouter/engine/drive.hpp"
#include "xrouter/testing/scripted.hpp"
#include "xrouter/testing/world.hpp"

namespace xrouter::baselines {

inline ModelSpec toy_model(std::string id, std::int64_t pico, Tier tier = Tier::standard) {
  ModelSpec model;
  model.id = ModelId(std::move(id));
  model.tier = tier;
  model.upstream = kRecordedUpstream;
  model.price = {.input = Usd::from_pico(pico), .output = Usd::from_pico(pico), .source = "test"};
  return model;
}

/// "sum" questions are easy for everybody. Of "poem" questions, "poet" knows all and "strong" nine in ten; of "proof"
/// questions only "strong" knows any. "strong" costs a hundred times as much as "small", "poet" five times.
inline std::shared_ptr<const FitData> toy_data(bool flip_test_labels = false) {
  auto data = std::make_shared<FitData>();
  data->catalog = *ModelCatalog::make({toy_model("strong", 100'000'000), toy_model("small", 1'000'000), toy_model("poet", 5'000'000)});
  for (const ModelSpec& model : data->catalog->models()) data->models.push_back(&model);
  data->groups = {"toy"};
  const char* const kinds[] = {"add the numbers of this list", "write verses about spring and roses", "prove the lemma on compact spaces"};
  for (int i = 0; i < 900; ++i) {
    const int kind = i % 3;
    const bool right[] = {kind != 1 || i % 10 != 1, kind == 0, kind != 2};
    const std::string text = "item w" + std::to_string(i) + ": " + kinds[kind];
    train::Example example{.qid = "q" + std::to_string(i), .group = 0, .split = corpus::split_of(text), .prompt = text, .bare = text, .rows = {}};
    const bool flip = flip_test_labels && example.split == corpus::Split::test;
    for (std::size_t m = 0; m < 3; ++m) {
      const std::int64_t tokens = right[m] ? 50 : 200;
      train::OutcomeRow row{.model = m, .correct = right[m] != flip, .in_tok = 20, .out_tok = tokens, .cost = {}, .final_answer = right[m] ? "yes" : "no " + std::to_string(m)};
      row.cost = data->models[m]->price.cost_of({.prompt_tokens = 20, .completion_tokens = tokens}).known;
      example.rows.push_back(std::move(row));
    }
    data->examples.push_back(std::move(example));
  }
  return data;
}

/// Answers with the outcomes of `data`.
class OutcomePool final : public ModelPool {
 public:
  explicit OutcomePool(const FitData& data) : data_(data) {
    for (const train::Example& example : data.examples) by_text_.emplace(example.prompt, &example);
  }
  std::vector<std::string> asked = {};

  boost::asio::awaitable<ModelReply> call(const ModelCall& call, CallScope&, DeltaSink*) override {
    asked.push_back(call.model->id.value);
    ModelReply out{.call = call.id};
    const train::Example& example = *by_text_.at(last_user_text(call.request));
    for (const train::OutcomeRow& row : example.rows) {
      if (data_.models[row.model]->id != call.model->id) continue;
      const Usage usage{.prompt_tokens = row.in_tok, .completion_tokens = row.out_tok};
      out.reply = text_reply("The answer is " + row.final_answer, usage);
      out.attempts.push_back({.model = call.model->id, .usage = usage, .usage_source = UsageSource::reported, .cost = Cost::exactly(row.cost)});
    }
    co_return out;
  }

 private:
  const FitData& data_;
  std::unordered_map<std::string_view, const train::Example*> by_text_;
};

struct Nobody final : EpisodeObserver {
  void on(const EpisodeEvent&) override {}
};

struct Asked {
  std::vector<std::string> models = {};
  std::string answer = {};
  std::optional<double> confidence = {};  ///< of the last decision that had one
  Usd cost = {};
};

struct ToyBench {
  std::shared_ptr<const FitData> data = toy_data();
  World world;
  OutcomePool pool{*data};
  Nobody nobody;

  std::shared_ptr<const Baseline> fit(std::string_view name, FitOptions options = {.clusters = 3}) const {
    auto fitted = fit_baseline(name, data, options);
    EXPECT_TRUE(fitted) << fitted.error().describe();
    return fitted ? *fitted : nullptr;
  }

  Asked ask(const Baseline& baseline, const std::string& text, double cost_weight = 1, std::uint64_t seed = 1) {
    EpisodeSpec spec;
    spec.catalog = data->catalog;
    spec.offered = offer_all(*spec.catalog);
    spec.cost_weight = cost_weight;
    spec.request.messages.push_back({.role = Role::user, .content = text});
    Episode episode(spec);
    pool.asked.clear();
    CallScope scope(world.executor(), world.timers(), Deadline::never(), "test");
    const auto policy = baseline.make_policy(seed);
    const Outcome outcome = world.run(drive(episode, *policy, pool, nobody, scope));
    Asked asked{.models = pool.asked, .answer = outcome.answer ? outcome.answer->text() : "", .confidence = {}, .cost = episode.ledger().total().known};
    for (const Turn& turn : episode.transcript().turns)
      if (turn.confidence) asked.confidence = turn.confidence;
    return asked;
  }

  /// A question of a kind (0 sum, 1 poem, 2 proof) that no fit has seen.
  const std::string& unseen(std::size_t kind) const {
    for (std::size_t i = kind + 300; i < data->examples.size(); i += 3)
      if (data->examples[i].split == corpus::Split::test) return data->examples[i].prompt;
    return data->examples.front().prompt;
  }
};

}  // namespace xrouter::baselines
