#include "xrouter/rollout/teacher/plan.hpp"

#include <gtest/gtest.h>

#include <map>

#include "xrouter/rollout/toy_rollouts_test.hpp"

namespace xrouter::rollout {
namespace {

struct Bench {
  ToyRollouts toy{24};
  AccuracyTable accuracy;
  TeacherOptions options;

  Bench() {
    for (int i = 0; i < 400; ++i)
      for (const corpus::RecordedOutcome& outcome : toy_record(i).outcomes)
        accuracy.add(ModelId(outcome.model.substr(std::string("corpus-").size())), "math", outcome.correct);
  }
  Plan draw(std::size_t sample, double cost_weight, std::uint64_t seed = 1) {
    Rng rng(seed);
    return draw_plan(*toy.task(sample), cost_weight, accuracy, options, rng);
  }
  std::map<PlanKind, double> shares(std::size_t sample, double cost_weight, int draws = 2'000) {
    const auto task = toy.task(sample);
    Rng rng(3);
    std::map<PlanKind, double> out;
    for (int i = 0; i < draws; ++i) out[draw_plan(*task, cost_weight, accuracy, options, rng).kind] += 1.0 / draws;
    return out;
  }
};

TEST(Teacher, accuracy_is_pulled_towards_what_is_known_of_the_model_elsewhere) {
  AccuracyTable table;
  for (int i = 0; i < 1'000; ++i) table.add(ModelId("m"), "math", true);
  table.add(ModelId("m"), "law", false);
  EXPECT_NEAR(table.of(ModelId("m"), "math"), 1, 0.02);
  EXPECT_GT(table.of(ModelId("m"), "law"), 0.9) << "one answer says little";
  EXPECT_EQ(table.of(ModelId("m"), "never seen"), table.of(ModelId("m")));
  EXPECT_EQ(table.of(ModelId("nobody")), 0.5);
}

TEST(Teacher, models_are_ranked_by_accuracy) {
  Bench bench;
  EXPECT_EQ(bench.accuracy.ranking(), (std::vector<ModelId>{ModelId("strong"), ModelId("mid"), ModelId("cheap")}));
}

TEST(Teacher, accuracies_are_counted_on_split_train_alone) {
  ToyRollouts toy(60);
  const auto table = AccuracyTable::make(*toy.corpus, *toy.catalog);
  ASSERT_TRUE(table);
  double right = 0, asked = 0;
  for (int i = 0; i < 60; ++i) {
    const corpus::Record record = toy_record(i);
    if (corpus::split_of(record.question.question) != corpus::Split::train) continue;
    ++asked;
    right += record.find("corpus-cheap")->correct ? 1 : 0;
  }
  EXPECT_LT(asked, 60);
  EXPECT_NEAR((*table)->of(ModelId("cheap")), (right + 10) / (asked + 20), 1e-9);
}

TEST(Teacher, the_oracle_takes_the_cheapest_that_is_right_and_the_cheapest_where_nobody_is) {
  Bench bench;
  EXPECT_EQ(oracle_plan(*bench.toy.task(4), 1, bench.options).first.value, "cheap");
  EXPECT_EQ(oracle_plan(*bench.toy.task(2), 1, bench.options).first.value, "mid");
  EXPECT_EQ(oracle_plan(*bench.toy.task(1), 1, bench.options).first.value, "strong");
  bench.toy.samples[1].models.resize(2);
  EXPECT_EQ(oracle_plan(*bench.toy.task(1), 1, bench.options).first.value, "cheap");
}

TEST(Teacher, a_higher_cost_weight_draws_cheaper_models) {
  Bench bench;
  bench.options.weights = {.final_call = 1, .look = 0, .pair = 0, .cheapest = 0, .strongest = 0};
  const auto share_of_strong = [&](double cost_weight) {
    int strong = 0;
    for (std::uint64_t seed = 0; seed < 500; ++seed) strong += bench.draw(1, cost_weight, seed).first.value == "strong" ? 1 : 0;
    return strong / 500.0;
  };
  EXPECT_GT(share_of_strong(0), 0.9);
  EXPECT_GT(share_of_strong(0), share_of_strong(0.5));
  EXPECT_GE(share_of_strong(0.5), share_of_strong(4));
}

TEST(Teacher, beyond_the_cap_of_the_reward_cost_still_counts) {
  Bench bench;
  bench.options.weights = {.final_call = 1, .look = 0, .pair = 0, .cheapest = 0, .strongest = 0};
  const auto task = bench.toy.task(4);  // everybody is right
  EXPECT_EQ(oracle_plan(*task, 100, bench.options).first.value, "cheap");
  const std::vector<Belief> beliefs = beliefs_of(*task, 100, bench.accuracy, bench.options);
  for (const Belief& belief : beliefs) ASSERT_GT(belief.penalty, bench.options.penalty_cap);
  const std::vector<Candidate> all = candidates_of(*task, beliefs, bench.options);
  EXPECT_GT(all[0].reward, all[1].reward);
  EXPECT_GT(all[1].reward, all[2].reward);
  EXPECT_GT(all[2].reward, 0) << "a success is worth something at any cost";
}

TEST(Teacher, every_behaviour_occurs) {
  Bench bench;
  const auto shares = bench.shares(2, 0.3);
  for (const PlanKind kind : {PlanKind::final_call, PlanKind::look, PlanKind::pair, PlanKind::cheapest, PlanKind::strongest})
    EXPECT_GT(shares.contains(kind) ? shares.at(kind) : 0, 0.005) << to_text(kind);
  EXPECT_FALSE(shares.contains(PlanKind::direct)) << "nobody can answer a real question without a call";
}

TEST(Teacher, simple_questions_are_mostly_answered_directly) {
  Bench bench;
  bench.toy.samples[4].stratum = samples::Stratum::direct;
  EXPECT_GT(bench.shares(4, 1).at(PlanKind::direct), 0.7);
  EXPECT_EQ(bench.draw(4, 1, 8).kind, PlanKind::direct);
  EXPECT_EQ(bench.draw(4, 1, 8).answer, "The answer is 4.");
}

TEST(Teacher, in_simple_mode_nothing_is_read) {
  Bench bench;
  bench.toy.base.mode = Mode::simple;
  for (const auto& [kind, share] : bench.shares(2, 0.3)) EXPECT_TRUE(kind != PlanKind::look && kind != PlanKind::pair) << share;
}

TEST(Teacher, an_answer_is_taken_for_being_right_as_often_as_the_teacher_has_insight) {
  Bench bench;
  bench.options.weights = {.final_call = 0, .look = 1, .pair = 0, .cheapest = 0, .strongest = 0};
  bench.options.insight = 0.6;
  int by_eye = 0, trusted = 0, doubted = 0, all = 0;
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    const auto task = bench.toy.task(seed % 24);
    Rng rng(seed);
    const Plan plan = draw_plan(*task, 0.2, bench.accuracy, bench.options, rng);
    if (plan.kind != PlanKind::look) continue;
    ++all;
    by_eye += plan.reading == Reading::by_eye ? 1 : 0;
    const bool right = std::find_if(task->outcomes.begin(), task->outcomes.end(), [&](const auto& known) {
                         return known.model->id == plan.first;
                       })->correct;
    trusted += plan.reading == Reading::trust && right ? 1 : 0;
    doubted += plan.reading == Reading::doubt && !right ? 1 : 0;
  }
  EXPECT_EQ(by_eye + trusted + doubted, all) << "who has insight is never wrong";
  EXPECT_NEAR(static_cast<double>(by_eye) / all, 0.4, 0.05);
  EXPECT_GT(trusted, 0);
  EXPECT_GT(doubted, 0);
}

TEST(Teacher, plans_rest_on_shares_that_are_checked) {
  TeacherOptions options;
  EXPECT_TRUE(check(options));
  options.insight = 1.5;
  EXPECT_FALSE(check(options));
  options = {};
  options.weights = {.final_call = 0, .look = 0, .pair = 0};
  EXPECT_FALSE(check(options));
  options = {};
  options.temperature = 0;
  EXPECT_FALSE(check(options));
}

}  // namespace
}  // namespace xrouter::rollout
