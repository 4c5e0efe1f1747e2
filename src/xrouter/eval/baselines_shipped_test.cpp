// The baselines on the shipped records: they load, fit in seconds and stand where theory puts them.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "xrouter/baselines/toy_test.hpp"
#include "xrouter/config/load.hpp"

namespace xrouter::eval {
namespace {

using baselines::Baseline;
using baselines::FitData;

struct Measured {
  double accuracy = 0;
  double usd_per_1000 = 0;
};

class ShippedBaselines : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const auto root = std::filesystem::path(XROUTER_SOURCE_DIR) / "data";
    const auto config = config::default_config({.settings = {}, .data_dir = root.string()});
    ASSERT_TRUE(config) << config.error().describe();
    const auto corpus = corpus::Corpus::open(*corpus::corpus_files_in((root / "recorded").string()));
    ASSERT_TRUE(corpus) << corpus.error().describe();
    auto data = baselines::load_fit_data(**corpus, (*config)->catalog);
    ASSERT_TRUE(data) << data.error().describe();
    data_ = thinned(**data);
    weights_ = std::make_shared<const policy::NgramModel>(*policy::NgramModel::load((root / "models/ngram.bin").string()));
  }
  static void TearDownTestSuite() {
    data_.reset();
    weights_.reset();
  }

  // Every fifth question: fits without optimisation take their time.
  static std::shared_ptr<const FitData> thinned(const FitData& all) {
    auto few = std::make_shared<FitData>(all);
    few->examples.clear();
    for (std::size_t i = 0; i < all.examples.size(); i += 5) few->examples.push_back(all.examples[i]);
    return few;
  }

  static std::shared_ptr<const Baseline> fit(std::string_view name) {
    auto fitted = baselines::fit_baseline(name, data_, {.ngram = weights_});
    EXPECT_TRUE(fitted) << fitted.error().describe();
    return *fitted;
  }

  // Every test question of a group, through the engine; each question is offered the models recorded for it.
  Measured measure(const Baseline& baseline, std::string_view group, double cost_weight = 1) {
    const auto policy = baseline.make_policy(1);
    Measured sum;
    double questions = 0;
    for (const auto& example : data_->examples) {
      if (example.split != corpus::Split::test || data_->groups[example.group] != group) continue;
      EpisodeSpec spec;
      spec.catalog = data_->catalog;
      spec.cost_weight = cost_weight;
      spec.request.messages.push_back({.role = Role::user, .content = example.prompt});
      for (const auto& row : example.rows) spec.offered.push_back({.spec = data_->models[row.model], .tool_name = tool_name_of(data_->models[row.model]->id)});
      Episode episode(spec);
      CallScope scope(world_.executor(), world_.timers(), Deadline::never(), "test");
      const Outcome outcome = world_.run(drive(episode, *policy, pool_, nobody_, scope));
      questions += 1;
      sum.accuracy += is_right(example.rows, episode, outcome) ? 1 : 0;
      sum.usd_per_1000 += 1000 * episode.ledger().total().known.to_double();
    }
    return {.accuracy = sum.accuracy / questions, .usd_per_1000 = sum.usd_per_1000 / questions};
  }

  template <class Rows>
  static bool is_right(const Rows& rows, const Episode& episode, const Outcome& outcome) {
    for (const Turn& turn : episode.transcript().turns)
      for (const CallRecord& record : turn.calls)
        for (const auto& row : rows)
          if (record.id == outcome.answer_call && data_->models[row.model] == record.model) return row.correct;
    return false;
  }

  static inline std::shared_ptr<const FitData> data_;
  static inline std::shared_ptr<const policy::NgramModel> weights_;
  World world_;
  baselines::OutcomePool pool_{*data_};
  baselines::Nobody nobody_;
};

TEST_F(ShippedBaselines, stand_between_chance_and_the_oracle) {
  struct Bounds {
    Measured random, strongest, oracle;
  };
  std::map<std::string, Bounds> groups;
  for (const char* const group : {"zeroeval", "mmlu_pro"}) {
    Bounds& bounds = groups[group];
    bounds = {.random = measure(*fit("random"), group), .strongest = measure(*fit("strongest"), group), .oracle = measure(*fit("oracle"), group)};
    EXPECT_GT(bounds.strongest.accuracy, bounds.random.accuracy) << group;
    EXPECT_GT(bounds.oracle.accuracy, bounds.strongest.accuracy) << group;
    EXPECT_LT(bounds.oracle.usd_per_1000, 0.3 * bounds.strongest.usd_per_1000) << group;
    EXPECT_LT(measure(*fit("cheapest"), group).usd_per_1000, 0.1 * bounds.strongest.usd_per_1000) << group;
  }
  for (const char* name : {"knn", "cluster", "logistic", "ngram", "threshold-cascade", "agreement-cascade"}) {
    const auto router = fit(name);
    for (const auto& [group, bounds] : groups) {
      const Measured measured = measure(*router, group);
      EXPECT_LT(measured.accuracy, bounds.oracle.accuracy) << group << ' ' << name;
      EXPECT_LT(measured.usd_per_1000, 1.2 * bounds.strongest.usd_per_1000) << group << ' ' << name;
      // Of the 12 models of ZeroEval most are good, so chance is hard to beat with a fifth of the data.
      if (group == "mmlu_pro") {
        EXPECT_GT(measured.accuracy, bounds.random.accuracy + 0.05) << name;
      }
    }
  }
}

TEST_F(ShippedBaselines, get_cheaper_as_cost_weighs_more) {
  for (const char* name : {"hull", "knn", "logistic"}) {
    const auto baseline = fit(name);
    const double free = measure(*baseline, "zeroeval", 0).usd_per_1000;
    const double usual = measure(*baseline, "zeroeval", 1).usd_per_1000;
    EXPECT_LE(usual, free) << name;
    EXPECT_LT(measure(*baseline, "zeroeval", 50).usd_per_1000, 0.5 * usual) << name;
  }
}

}  // namespace
}  // namespace xrouter::eval
