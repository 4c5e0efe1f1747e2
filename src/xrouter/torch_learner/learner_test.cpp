// Goal: a learner keeps what learner.hpp promises. Method: the small models of the golden tests, through make_learner().
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "xrouter/torch_learner/make_learner.hpp"
#include "xrouter/torch_learner/test_trees.hpp"
#include "xrouter/transformer/load.hpp"

namespace xrouter::torch_learner {
namespace {

namespace fs = std::filesystem;
using learner::Learner;
using learner::LearnerOptions;
using learner::LoraOptions;
using testing::HasSubstr;

constexpr int kVocab = 272;

std::shared_ptr<const weights::ModelFiles> files_of(const std::string& name) {
  auto files = weights::open_model(fs::path(XROUTER_SOURCE_DIR) / "tests/golden/lm/transformer" / name);
  EXPECT_TRUE(files) << files.error().describe();
  return *files;
}

LearnerOptions float_options() {
  LearnerOptions options;
  options.precision = "f32";
  options.threads = 1;  // the products are tiny
  return options;
}

std::unique_ptr<Learner> made(const LearnerOptions& options = float_options(), const std::string& name = "llama") {
  auto made = make_learner(*files_of(name), options);
  EXPECT_TRUE(made) << made.error().describe();
  return std::move(*made);
}

LearnerOptions lora_options() {
  LearnerOptions options = float_options();
  options.lora = LoraOptions{.rank = 4, .alpha = 8};
  options.reference = true;
  return options;
}

TokenTree tree_of(std::uint64_t seed) { return learner::make_tree(random_group(seed, kVocab, 40, 5, 12)); }

learner::LossGradient random_loss(std::uint64_t seed) {
  return [seed](const learner::Scores& scores) { return random_gradients(scores.logprobs.size(), seed); };
}

std::vector<float> copy_of(Learner& learner) {
  std::vector<float> all;
  for (const auto part : learner.gradients()) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// Of the whole vector: the length of the difference over the length.
double relative_difference(const std::vector<float>& left, const std::vector<float>& right) {
  double difference = 0, length = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    difference += std::pow(static_cast<double>(left[i]) - static_cast<double>(right[i]), 2);
    length += std::pow(static_cast<double>(left[i]), 2);
  }
  return std::sqrt(difference / length);
}

constexpr learner::StepOptions kStep{.learning_rate = 1e-2, .weight_decay = 0.1};

void train(Learner& learner, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t step = from; step < to; ++step) {
    learner.accumulate(tree_of(step), random_loss(step));
    EXPECT_TRUE(learner.step(kStep).applied);
  }
}

void expect_equal(const learner::Scores& left, const learner::Scores& right, double tolerance) {
  ASSERT_EQ(left.logprobs.size(), right.logprobs.size());
  for (std::size_t i = 0; i < left.logprobs.size(); ++i) {
    EXPECT_NEAR(left.logprobs[i], right.logprobs[i], tolerance) << i;
    EXPECT_NEAR(left.entropies[i], right.entropies[i], tolerance) << i;
  }
}

/// A folder of its own for each test.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "learner_test_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Scratch() { fs::remove_all(path_); }
  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

/// Log-probs of one sequence's choices by the model that serves.
std::vector<double> served_logprobs(lm::LanguageModel& model, const TokenSequence& sequence) {
  const auto kept = model.new_sequence();
  std::vector<int> all(sequence.tokens.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int>(i);
  const lm::ForwardInput input{kept.get(), sequence.tokens, {}, all};
  lm::Logits logits;
  model.forward({&input, 1}, logits);
  std::vector<double> found;
  for (const Choice& choice : sequence.choices) {
    const auto row = logits.row(choice.at - 1);
    double sum = 0;
    if (choice.among.empty()) {
      for (const float logit : row) sum += std::exp(static_cast<double>(logit));
    } else {
      for (const TokenId id : choice.among) sum += std::exp(static_cast<double>(row[static_cast<std::size_t>(id)]));
    }
    found.push_back(static_cast<double>(row[static_cast<std::size_t>(sequence.tokens[static_cast<std::size_t>(choice.at)])]) -
                    std::log(sum));
  }
  return found;
}

void expect_served_alike(Learner& learner, lm::LanguageModel& model, double tolerance) {
  const auto group = random_group(6, kVocab, 40, 5, 12);
  const TokenTree tree = learner::make_tree(group);
  const auto scores = learner.score(tree);
  for (std::size_t i = 0; i < group.size(); ++i) {
    const auto served = served_logprobs(model, group[i]);
    ASSERT_EQ(served.size(), tree.target_of[i].size());
    for (std::size_t choice = 0; choice < served.size(); ++choice)
      EXPECT_NEAR(scores.logprobs[static_cast<std::size_t>(tree.target_of[i][choice])], served[choice], tolerance) << i << ", " << choice;
  }
}

TEST(Learner, scores_are_what_the_serving_model_says) {
  for (const char* name : {"llama", "qwen2", "qwen3"}) {
    SCOPED_TRACE(name);
    const auto learner = made(float_options(), name);
    for (int round = 0; round < 2; ++round) {
      const auto model = learner->language_model();
      ASSERT_TRUE(model) << model.error().describe();
      expect_served_alike(*learner, **model, 1e-4);
      train(*learner, 1, 3);
    }
  }
}

TEST(Learner, accumulate_scores_as_score_does) {
  const auto learner = made();
  const TokenTree tree = tree_of(1);
  expect_equal(learner->score(tree), learner->accumulate(tree, random_loss(1)), 0);
}

TEST(Learner, a_tree_gives_what_its_sequences_give_alone) {
  const auto together = made(), alone = made();
  const auto group = random_group(2, kVocab, 40, 5, 12);
  const TokenTree tree = learner::make_tree(group);
  const auto wanted = random_gradients(tree.targets.size(), 3);
  const auto scores = together->accumulate(tree, [&](const learner::Scores&) { return wanted; });
  std::vector<char> done(tree.targets.size(), 0);
  for (std::size_t i = 0; i < group.size(); ++i) {
    const TokenTree own = learner::make_tree(std::vector<TokenSequence>{group[i]});
    const auto own_scores = alone->accumulate(own, [&](const learner::Scores& found) {
      learner::Gradients gradients;
      gradients.by_logprob.resize(found.logprobs.size());
      gradients.by_entropy.resize(found.logprobs.size());
      for (std::size_t choice = 0; choice < found.logprobs.size(); ++choice) {
        const auto target = static_cast<std::size_t>(tree.target_of[i][choice]);
        if (done[target] != 0) continue;  // a choice that sequences share counts once
        done[target] = 1;
        gradients.by_logprob[choice] = wanted.by_logprob[target];
        gradients.by_entropy[choice] = wanted.by_entropy[target];
      }
      return gradients;
    });
    for (std::size_t choice = 0; choice < own_scores.logprobs.size(); ++choice)
      EXPECT_NEAR(own_scores.logprobs[choice], scores.logprobs[static_cast<std::size_t>(tree.target_of[i][choice])], 2e-5);
  }
  EXPECT_LT(relative_difference(copy_of(*together), copy_of(*alone)), 2e-6);
}

TEST(Learner, cutting_a_batch_changes_rounding_alone) {
  const auto whole = made(), pieces = made();
  auto both = random_group(2, kVocab);
  const auto first = both, second = random_group(3, kVocab);
  both.insert(both.end(), second.begin(), second.end());
  const auto constant = [](const learner::Scores& scores) { return learner::Gradients{std::vector<double>(scores.logprobs.size(), 0.5)}; };
  whole->accumulate(learner::make_tree(both), constant);
  pieces->accumulate(learner::make_tree(first), constant);
  pieces->accumulate(learner::make_tree(second), constant);
  EXPECT_LT(relative_difference(copy_of(*whole), copy_of(*pieces)), 2e-6);
}

TEST(Learner, two_runs_are_equal_bit_for_bit) {
  const auto first = made(), second = made();
  for (Learner* learner : {first.get(), second.get()}) train(*learner, 1, 6);
  first->accumulate(tree_of(9), random_loss(9));
  second->accumulate(tree_of(9), random_loss(9));
  EXPECT_EQ(copy_of(*first), copy_of(*second));
}

TEST(Learner, goes_on_bit_for_bit_after_saving_and_loading) {
  for (const LearnerOptions& options : {float_options(), lora_options()}) {
    const Scratch scratch;
    const auto straight = made(options), stopped = made(options), resumed = made(options);
    train(*straight, 1, 7);
    train(*stopped, 1, 4);
    const auto saved = stopped->save(scratch / "state");
    ASSERT_TRUE(saved) << saved.error().describe();
    resumed->accumulate(tree_of(1), random_loss(1));  // is forgotten
    const auto loaded = resumed->load(scratch / "state");
    ASSERT_TRUE(loaded) << loaded.error().describe();
    train(*resumed, 4, 7);
    expect_equal(straight->score(tree_of(8)), resumed->score(tree_of(8)), 0);
    const auto at = resumed->save(scratch / "end");
    ASSERT_TRUE(at) << at.error().describe();
  }
}

TEST(Learner, checkpointed_activations_give_the_same_bits) {
  LearnerOptions options = float_options();
  const auto kept = made(options);
  options.checkpoint_activations = true;
  const auto again = made(options);
  kept->accumulate(tree_of(1), random_loss(1));
  again->accumulate(tree_of(1), random_loss(1));
  EXPECT_EQ(copy_of(*kept), copy_of(*again));
}

TEST(Learner, a_norm_that_is_not_finite_is_not_applied) {
  const auto learner = made();
  const auto before = learner->score(tree_of(1));
  learner->accumulate(tree_of(2),
                      [](const learner::Scores& scores) { return learner::Gradients{std::vector<double>(scores.logprobs.size(), NAN)}; });
  const auto report = learner->step(kStep);
  EXPECT_FALSE(report.applied);
  EXPECT_FALSE(std::isfinite(report.grad_norm));
  expect_equal(before, learner->score(tree_of(1)), 0);
  const auto gradients = copy_of(*learner);
  EXPECT_TRUE(std::all_of(gradients.begin(), gradients.end(), [](float value) { return value == 0; }));
}

TEST(Learner, a_fresh_model_learns_a_text_by_heart) {
  LearnerOptions options = float_options();
  options.fresh = true;
  const auto files = weights::open_untrained(fs::path(XROUTER_SOURCE_DIR) / "tests/golden/lm/transformer/llama");
  ASSERT_TRUE(files) << files.error().describe();
  const auto learner = make_learner(**files, options);
  ASSERT_TRUE(learner) << learner.error().describe();
  EXPECT_EQ((*learner)->trainable_parameters(), (*files)->config().parameters());
  Rng rng(4);
  const TokenTree tree = learner::make_tree(std::vector<TokenSequence>{text_of(random_tokens(rng, 60, kVocab))});
  const auto descend = [](const learner::Scores& scores) {
    return learner::Gradients{std::vector<double>(scores.logprobs.size(), -1.0 / static_cast<double>(scores.logprobs.size()))};
  };
  const auto mean = [&](const learner::Scores& scores) {
    double sum = 0;
    for (const double logprob : scores.logprobs) sum += logprob;
    return sum / static_cast<double>(scores.logprobs.size());
  };
  EXPECT_NEAR(mean((*learner)->score(tree)), -std::log(kVocab), 0.1);
  for (int step = 0; step < 80; ++step) {
    (*learner)->accumulate(tree, descend);
    (*learner)->step(kStep);
  }
  EXPECT_GT(mean((*learner)->score(tree)), -0.1);
}

TEST(Learner, an_adapter_begins_as_the_model_itself_which_stays_the_reference) {
  const auto learner = made(lora_options()), full = made();
  const TokenTree tree = tree_of(1);
  const auto before = full->score(tree);
  expect_equal(before, learner->score(tree), 1e-6);
  train(*learner, 1, 4);
  expect_equal(before, learner->score_reference(tree), 1e-6);
  EXPECT_GT(std::abs(learner->score(tree).logprobs[0] - before.logprobs[0]), 1e-4);
  EXPECT_LT(learner->trainable_parameters(), full->trainable_parameters() / 3);
}

TEST(Learner, the_reference_of_full_training_is_the_model_at_its_beginning) {
  LearnerOptions options = float_options();
  options.reference = true;
  const auto learner = made(options);
  const auto before = learner->score(tree_of(1));
  train(*learner, 1, 3);
  expect_equal(before, learner->score_reference(tree_of(1)), 0);
}

TEST(Learner, an_exported_adapter_serves_what_was_learned) {
  const Scratch scratch;
  const auto learner = made(lora_options());
  train(*learner, 1, 4);
  const auto own = learner->language_model();
  ASSERT_TRUE(own) << own.error().describe();
  expect_served_alike(*learner, **own, 1e-4);
  const auto exported = learner->export_to(scratch / "adapter");
  ASSERT_TRUE(exported) << exported.error().describe();
  transformer::LoadOptions load{.precision = transformer::Precision::f32, .threads = 1, .adapter = (scratch / "adapter").string()};
  const auto model = transformer::load_model(*files_of("llama"), load);
  ASSERT_TRUE(model) << model.error().describe();
  expect_served_alike(*learner, **model, 1e-4);
}

TEST(Learner, an_exported_model_serves_what_was_learned) {
  const Scratch scratch;
  const auto learner = made();
  train(*learner, 1, 4);
  const auto exported = learner->export_to(scratch / "model");
  ASSERT_TRUE(exported) << exported.error().describe();
  const auto files = weights::open_model(scratch / "model");
  ASSERT_TRUE(files) << files.error().describe();
  const auto model = transformer::load_model(**files, {.precision = transformer::Precision::f32, .threads = 1});
  ASSERT_TRUE(model) << model.error().describe();
  expect_served_alike(*learner, **model, 0.3);  // weights rounded to bf16, logits of up to 20
}

std::string refusal(const LearnerOptions& options) {
  const auto learner = make_learner(*files_of("llama"), options);
  return learner ? "" : learner.error().public_text;
}

TEST(Learner, options_that_make_no_sense_are_errors_in_words) {
  LearnerOptions options = float_options();
  options.precision = "fp8";
  EXPECT_THAT(refusal(options), HasSubstr("no precision fp8"));
  options = float_options();
  options.device = "abacus";
  EXPECT_THAT(refusal(options), HasSubstr("no device abacus"));
  options = lora_options();
  options.lora->modules = {"q_proj", "router"};
  EXPECT_THAT(refusal(options), HasSubstr("no linear layers named router"));
  options = lora_options();
  options.lora->rank = 0;
  EXPECT_THAT(refusal(options), HasSubstr("rank"));
  options = lora_options();
  options.fresh = true;
  EXPECT_THAT(refusal(options), HasSubstr("exclude each other"));
}

TEST(Learner, states_that_do_not_fit_are_refused_and_change_nothing) {
  const Scratch scratch;
  const auto learner = made();
  const auto before = learner->score(tree_of(1));
  EXPECT_FALSE(learner->load(scratch / "nothing"));
  ASSERT_TRUE(made(lora_options())->save(scratch / "adapter"));
  EXPECT_THAT(learner->load(scratch / "adapter").error().public_text, HasSubstr("another kind"));
  ASSERT_TRUE(made(float_options(), "qwen3")->save(scratch / "other"));
  EXPECT_FALSE(learner->load(scratch / "other"));
  ASSERT_TRUE(learner->save(scratch / "torn"));
  fs::resize_file(scratch / "torn/learner.safetensors", 1000);
  EXPECT_FALSE(learner->load(scratch / "torn"));
  expect_equal(before, learner->score(tree_of(1)), 0);
  EXPECT_EQ(learner->save("/proc/nowhere/state").error().kind, ErrorKind::io);
}

}  // namespace
}  // namespace xrouter::torch_learner
