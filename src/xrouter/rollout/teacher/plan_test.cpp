#include "xrouter/rollout/teacher/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "xrouter/policy/agreement.hpp"
#include "xrouter/rollout/toy_rollouts_test.hpp"

namespace xrouter::rollout {
namespace {

struct Bench {
  ToyRollouts toy{24};
  OutcomeTable table = table_of(400);
  TeacherOptions options;

  static OutcomeTable table_of(int questions, const std::function<void(corpus::Record&, int number)>& change = {}) {
    std::vector<corpus::Record> records;
    for (int i = 0; i < questions; ++i) {
      records.push_back(toy_record(i));
      if (change) change(records.back(), i);
    }
    return OutcomeTable::of(records, {{"corpus-cheap", ModelId("cheap")}, {"corpus-mid", ModelId("mid")}, {"corpus-strong", ModelId("strong")}});
  }

  Bench() {
    toy.base.limits.max_turns = 3;
    toy.base.limits.max_calls = 4;
  }
  std::map<PlanKind, double> shares(std::size_t sample, double cost_weight, int draws = 2'000) {
    const auto task = toy.task(sample);
    Rng rng(3);
    std::map<PlanKind, double> out;
    for (int i = 0; i < draws; ++i) out[draw_plan(*task, cost_weight, table, options, rng).kind] += 1.0 / draws;
    return out;
  }
  /// The plan that is expected to earn most.
  Candidate best(std::size_t sample, double cost_weight) const {
    const std::vector<Candidate> all = candidates_of(*toy.task(sample), cost_weight, table, options);
    return *std::max_element(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) { return a.reward < b.reward; });
  }
  double reward_of(std::size_t sample, double cost_weight, const std::function<bool(const Plan&)>& wanted) const {
    for (const Candidate& candidate : candidates_of(*toy.task(sample), cost_weight, table, options))
      if (wanted(candidate.plan)) return candidate.reward;
    ADD_FAILURE() << "no such plan";
    return 0;
  }
};

TEST(Teacher, models_are_ranked_by_accuracy) {
  Bench bench;
  EXPECT_EQ(bench.table.ranking(), (std::vector<ModelId>{ModelId("strong"), ModelId("mid"), ModelId("cheap")}));
}

TEST(Teacher, outcomes_are_those_of_split_train_alone) {
  ToyRollouts toy(60);
  const auto table = OutcomeTable::make(*toy.corpus, *toy.catalog);
  ASSERT_TRUE(table);
  double right = 0, asked = 0;
  for (int i = 0; i < 60; ++i) {
    const corpus::Record record = toy_record(i);
    if (corpus::split_of(record.question.question) != corpus::Split::train) continue;
    ++asked;
    right += record.find("corpus-cheap")->correct ? 1 : 0;
  }
  EXPECT_LT(asked, 60);
  EXPECT_NEAR((*table)->accuracy(ModelId("cheap")), (right + 10) / (asked + 20), 1e-9);
  EXPECT_EQ((*table)->accuracy(ModelId("nobody")), 0.5);
  const OutcomeTable::Kind* kind = (*table)->kind_of(toy_record(0).question);
  ASSERT_NE(kind, nullptr);
  EXPECT_EQ(static_cast<double>(kind->questions), asked);
  for (const auto& [model, answers] : kind->answers) EXPECT_EQ(answers.right.size(), kind->questions) << model.value;
  corpus::Question elsewhere = toy_record(0).question;
  elsewhere.category = "law";
  EXPECT_EQ((*table)->kind_of(elsewhere), nullptr);
}

// Of 400 questions cheap has 1/4 right and mid 1/2; they agree on the 100 of cheap and on the odd ones that three divides.
TEST(Teacher, plans_are_worth_what_they_earn_on_questions_of_the_kind) {
  Bench bench;
  bench.options.hindsight = 0;
  const auto kind = [](PlanKind wanted, const char* first, const char* last) {
    return [=](const Plan& plan) { return plan.kind == wanted && plan.first.value == first && plan.last.value == last; };
  };
  EXPECT_NEAR(bench.reward_of(2, 0, kind(PlanKind::final_call, "cheap", "")), 0.25, 1e-9);
  EXPECT_NEAR(bench.reward_of(2, 0, kind(PlanKind::final_call, "mid", "")), 0.5, 1e-9);
  EXPECT_NEAR(bench.reward_of(2, 0, kind(PlanKind::look, "cheap", "strong")), 0.25, 1e-9) << "it always states an answer";
  const double alike_and_wrong = 67.0 / 400;  // odd multiples of three below 400
  EXPECT_NEAR(bench.reward_of(2, 0, kind(PlanKind::pair, "cheap", "strong")), 1 - alike_and_wrong, 1e-9);
}

// A router cannot know beforehand that this reply of a model will be a short one.
TEST(Teacher, a_plan_costs_what_its_models_cost_on_questions_of_the_kind) {
  Bench bench;
  const auto mid = [](const Plan& plan) { return plan.kind == PlanKind::final_call && plan.first.value == "mid"; };
  const auto with = [&](double hindsight) {
    bench.options.hindsight = hindsight;
    return bench.reward_of(2, 0.5, mid);
  };
  const double usual = with(0), here = with(1);
  bench.table = Bench::table_of(400, [](corpus::Record& record, int) { record.outcomes[1].out_tok += 1'000; });
  EXPECT_LT(with(0), usual - 0.1);
  EXPECT_EQ(with(1), here);
  bench.table = Bench::table_of(400, [](corpus::Record& record, int) {
    for (corpus::RecordedOutcome& outcome : record.outcomes) outcome.in_tok *= 50, outcome.out_tok *= 50;
  });
  EXPECT_NEAR(with(0), usual, 1e-9) << "what counts is the cost in shares of the reference's";
}

TEST(Teacher, kinds_of_questions_are_kept_apart) {
  Bench bench;
  bench.options.hindsight = 0;
  bench.table = Bench::table_of(400, [](corpus::Record& record, int number) {
    if (number % 2 == 0) record.question.category = "law";
  });
  const auto mid = [](const Plan& plan) { return plan.kind == PlanKind::final_call && plan.first.value == "mid"; };
  bench.options.prior_questions = 0;
  EXPECT_EQ(bench.reward_of(2, 0, mid), 0) << "this question has no category, and of those mid has none right";
}

TEST(Teacher, what_all_questions_for_the_same_models_say_counts_as_well) {
  Bench bench;
  bench.options.hindsight = 0;
  bench.options.prior_questions = 200;
  const auto mid = [](const Plan& plan) { return plan.kind == PlanKind::final_call && plan.first.value == "mid"; };
  const auto value_with = [&](bool law_knows_mid) {
    bench.table = Bench::table_of(400, [=](corpus::Record& record, int number) {
      if (number % 2 != 0) return;
      record.question.category = "law";
      if (!law_knows_mid) record.outcomes.erase(record.outcomes.begin() + 1);
    });
    return bench.reward_of(2, 0, mid);
  };
  EXPECT_NEAR(value_with(true), 0.25, 1e-9) << "none of the 200 of the kind, half of the family";
  EXPECT_EQ(value_with(false), 0) << "where other models are recorded, other questions were asked";
}

TEST(Teacher, a_kind_that_nobody_knows_has_values_too) {
  Bench bench;
  bench.table = OutcomeTable();
  bench.options.hindsight = 0;
  bench.options.prior_questions = 0;
  for (const Candidate& candidate : candidates_of(*bench.toy.task(2), 0, bench.table, bench.options)) EXPECT_NEAR(candidate.reward, 0.5, 1e-9);
}

TEST(Teacher, of_models_that_are_hardly_recorded_no_answer_is_read) {
  Bench bench;
  const auto reading = [&] {
    std::set<std::string> models;
    for (const Candidate& candidate : candidates_of(*bench.toy.task(2), 0.3, bench.table, bench.options))
      if (candidate.plan.kind == PlanKind::look) models.insert(candidate.plan.first.value);
    return models;
  };
  EXPECT_EQ(reading().size(), 3U);
  bench.table = Bench::table_of(400, [](corpus::Record& record, int number) {
    if (number % 5 == 0) record.outcomes.erase(record.outcomes.begin() + 1);  // mid
  });
  EXPECT_EQ(reading(), (std::set<std::string>{"cheap", "strong"}));
  bench.table = Bench::table_of(static_cast<int>(OutcomeTable::kLeastQuestions) - 1);
  EXPECT_TRUE(reading().empty());
}

TEST(Teacher, an_answer_that_is_not_shown_is_as_good_as_none) {
  Bench bench;
  bench.options.hindsight = 0;
  const auto value = [&](const std::string& answer) {
    bench.table = Bench::table_of(400, [&](corpus::Record& record, int number) {
      if (number % 10 == 1) record.outcomes.back().response = answer;
      if (number % 10 == 1) record.outcomes.back().correct = false;
    });
    return bench.reward_of(2, 0, [](const Plan& plan) {
      return plan.kind == PlanKind::look && plan.first.value == "strong" && plan.last.value == "mid";
    });
  };
  EXPECT_NEAR(value("I do not know."), 0.9, 1e-9) << "mid is not asked in vain, but it is wrong as well";
  EXPECT_EQ(value("The answer is " + std::string(policy::kLongestShownAnswer + 1, 'x')), value("I do not know."));
}

// strong is silent at times, where mid is right: what the pair falls back to is worth its price.
TEST(Teacher, a_fallback_is_planned_where_it_pays) {
  Bench bench;
  bench.options.hindsight = 0;
  bench.table = Bench::table_of(400, [](corpus::Record& record, int number) {
    if (number % 10 != 2) return;
    record.outcomes.back().response = "I do not know.";
    record.outcomes.back().correct = false;
  });
  const auto fallback = [&] {
    std::string model;
    for (const Candidate& candidate : candidates_of(*bench.toy.task(2), 0, bench.table, bench.options))
      if (candidate.plan.kind == PlanKind::pair && candidate.plan.last.value == "strong" && !candidate.plan.fallback.empty())
        model = candidate.plan.fallback.value;
    return model;
  };
  EXPECT_EQ(fallback(), "mid");
  bench.toy.base.limits.max_calls = 3;
  EXPECT_EQ(fallback(), "") << "no fourth call is left";
  bench.toy.base.limits.max_calls = 4;
  bench.toy.base.limits.max_turns = 2;
  EXPECT_EQ(fallback(), "") << "no turn is left to read the third answer";
}

TEST(Teacher, the_plan_shown_is_nearly_always_the_best) {
  Bench bench;
  for (const double weight : {0.0, 0.3, 2.0}) {
    double lost = 0;
    Rng rng(4);
    const auto task = bench.toy.task(2);
    const std::vector<Candidate> all = candidates_of(*task, weight, bench.table, bench.options);
    const double best = bench.best(2, weight).reward;
    bench.options.weights.cheapest = bench.options.weights.strongest = 0;
    for (int i = 0; i < 200; ++i) {
      const Plan plan = draw_plan(*task, weight, bench.table, bench.options, rng);
      for (const Candidate& candidate : all)
        if (candidate.plan == plan) lost += (best - candidate.reward) / 200;
    }
    EXPECT_LT(lost, 0.01) << weight;
  }
}

TEST(Teacher, a_kind_without_weight_is_never_shown) {
  Bench bench;
  bench.options.weights = {.final_call = 0, .look = 1, .pair = 0, .cheapest = 0, .strongest = 0};
  bench.options.temperature = 0.001;
  bench.options.success = 900;  // however far its rewards lie below those that may not be shown
  bench.options.penalty_cap = 800;
  for (const auto& [kind, share] : bench.shares(1, 0, 100)) EXPECT_EQ(kind, PlanKind::look);
}

TEST(Teacher, with_hindsight_it_knows_what_a_plan_earns_here) {
  Bench bench;
  bench.options.hindsight = 1;
  EXPECT_EQ(bench.best(4, 1).plan.first.value, "cheap");
  EXPECT_EQ(bench.best(2, 1).plan.first.value, "mid");
  EXPECT_EQ(bench.best(1, 1).plan.first.value, "strong");
  const auto pair = [](const Plan& plan) { return plan.kind == PlanKind::pair && plan.first.value == "cheap" && plan.second.value == "mid"; };
  EXPECT_EQ(bench.reward_of(9, 0, pair), 0) << "both say the same, and it is wrong";
  EXPECT_EQ(bench.reward_of(1, 0, pair), 1) << "they differ, and the third is right";
}

TEST(Teacher, a_higher_cost_weight_wants_cheaper_plans) {
  Bench bench;
  EXPECT_EQ(bench.best(1, 0).plan.last.value + bench.best(1, 0).plan.first.value, "strong");
  EXPECT_EQ(bench.best(1, 20).plan.first.value, "cheap");
}

TEST(Teacher, beyond_the_cap_of_the_reward_cost_still_counts) {
  Bench bench;
  bench.options.hindsight = 1;  // everybody is right on question 4
  const auto single = [](const char* model) {
    return [=](const Plan& plan) { return plan.kind == PlanKind::final_call && plan.first.value == model; };
  };
  const double cheap = bench.reward_of(4, 100, single("cheap")), mid = bench.reward_of(4, 100, single("mid"));
  const double strong = bench.reward_of(4, 100, single("strong"));
  EXPECT_GT(cheap, mid);
  EXPECT_GT(mid, strong);
  EXPECT_GT(strong, 0) << "a success is worth something at any cost";
}

TEST(Teacher, limits_bound_what_is_planned) {
  Bench bench;
  const auto longest = [&] {
    std::size_t calls = 0;
    for (const Candidate& candidate : candidates_of(*bench.toy.task(2), 0.3, bench.table, bench.options)) {
      const Plan& plan = candidate.plan;
      calls = std::max<std::size_t>(calls, !plan.first.empty() + !plan.second.empty() + !plan.last.empty());
    }
    return calls;
  };
  EXPECT_EQ(longest(), 3U);
  bench.toy.base.limits.max_calls = 2;
  EXPECT_EQ(longest(), 2U);
  bench.toy.base.limits.max_turns = 1;
  EXPECT_EQ(longest(), 1U);
}

TEST(Teacher, every_behaviour_occurs) {
  Bench bench;
  bench.options.temperature = 0.3;
  const auto shares = bench.shares(2, 0.3);
  for (const PlanKind kind : {PlanKind::final_call, PlanKind::look, PlanKind::pair, PlanKind::cheapest, PlanKind::strongest})
    EXPECT_GT(shares.contains(kind) ? shares.at(kind) : 0, 0.003) << to_text(kind);
  EXPECT_FALSE(shares.contains(PlanKind::direct)) << "nobody can answer a real question without a call";
}

TEST(Teacher, simple_questions_are_mostly_answered_directly) {
  Bench bench;
  bench.toy.samples[4].stratum = samples::Stratum::direct;
  EXPECT_GT(bench.shares(4, 1).at(PlanKind::direct), 0.7);
  EXPECT_EQ(bench.best(4, 1).plan.answer, "The answer is 4.");
}

TEST(Teacher, in_simple_mode_nothing_is_read) {
  Bench bench;
  bench.toy.base.mode = Mode::simple;
  for (const auto& [kind, share] : bench.shares(2, 0.3)) EXPECT_TRUE(kind != PlanKind::look && kind != PlanKind::pair) << share;
}

TEST(Teacher, plans_rest_on_shares_that_are_checked) {
  TeacherOptions options;
  EXPECT_TRUE(check(options));
  options.hindsight = 1.5;
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
