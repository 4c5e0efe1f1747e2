// Goal: with a real model, what a request gets does not depend on what else is in its batch. Method: eight
// sequences behind a shared prefix generate greedily, all in one batch and each alone in a cache of its own.
#include <gtest/gtest.h>

#include <cstdio>

#include "xrouter/transformer/load.hpp"
#include "xrouter/transformer/test_models.hpp"
#include "xrouter/transformer/test_smollm2.hpp"

namespace xrouter::transformer {
namespace {

constexpr std::size_t kSequences = 8;
constexpr int kSteps = 12;

struct Reply {
  std::vector<lm::TokenId> tokens;
  Rows logits;
};

lm::TokenId best_of(std::span<const float> row) { return static_cast<lm::TokenId>(std::max_element(row.begin(), row.end()) - row.begin()); }

/// Greedy replies to the texts, all of them in every pass.
std::vector<Reply> generate(lm::LanguageModel& model, std::vector<std::unique_ptr<lm::KvSequence>> sequences, std::vector<std::vector<lm::TokenId>> texts) {
  std::vector<Reply> replies(texts.size());
  for (int step = 0; step < kSteps; ++step) {
    std::vector<std::vector<int>> last;
    for (const auto& text : texts) last.push_back({static_cast<int>(text.size()) - 1});
    std::vector<lm::ForwardInput> inputs;
    for (std::size_t i = 0; i < texts.size(); ++i) inputs.push_back({sequences[i].get(), texts[i], {}, last[i]});
    lm::Logits logits;
    model.forward(inputs, logits);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto row = logits.row(static_cast<int>(i));
      replies[i].logits.emplace_back(row.begin(), row.end());
      replies[i].tokens.push_back(best_of(row));
      texts[i] = {replies[i].tokens.back()};
    }
  }
  return replies;
}

void compare_alone_and_in_a_batch(lm::LanguageModel& model, const char* name, double tolerance) {
  const int vocab = model.shape().vocab;
  const auto prefix = some_tokens(200, 1, vocab);
  std::vector<std::vector<lm::TokenId>> texts;
  for (std::size_t i = 0; i < kSequences; ++i) texts.push_back(some_tokens(1 + 5 * i, 10 + i, vocab));

  const auto cached = model.new_sequence();
  run(model, *cached, prefix);
  std::vector<std::unique_ptr<lm::KvSequence>> forks;
  for (std::size_t i = 0; i < kSequences; ++i) forks.push_back(cached->fork(static_cast<int>(prefix.size())));
  const auto together = generate(model, std::move(forks), texts);

  double fresh = 0, shared = 0;
  int compared = 0;
  for (std::size_t i = 0; i < kSequences; ++i) {
    std::vector<std::unique_ptr<lm::KvSequence>> fork, own;
    fork.push_back(cached->fork(static_cast<int>(prefix.size())));
    own.push_back(model.new_sequence());
    auto whole = prefix;
    whole.insert(whole.end(), texts[i].begin(), texts[i].end());
    const Reply behind_prefix = generate(model, std::move(fork), {texts[i]})[0], from_nothing = generate(model, std::move(own), {whole})[0];
    // Once tokens differ the texts do, and there is nothing left to compare.
    for (int step = 0; step < kSteps; ++step) {
      const auto at = static_cast<std::size_t>(step);
      shared = std::max(shared, largest_difference({together[i].logits[at]}, {behind_prefix.logits[at]}));
      fresh = std::max(fresh, largest_difference({together[i].logits[at]}, {from_nothing.logits[at]}));
      if (together[i].tokens[at] != behind_prefix.tokens[at] || together[i].tokens[at] != from_nothing.tokens[at]) break;
      ++compared;
    }
  }
  std::printf("[ figures  ] %s: %zu sequences behind 200 shared tokens, %d of %zu greedy tokens equal; logits differ by at most %.2g alone behind the same prefix, "
              "%.2g alone from nothing\n",
              name, kSequences, compared, kSequences * kSteps, shared, fresh);
  EXPECT_LE(shared, tolerance);
  EXPECT_LE(fresh, tolerance);
  if (tolerance < 0.01) {
    EXPECT_EQ(compared, static_cast<int>(kSequences) * kSteps);
  }
}

TEST(Batch, smollm2_gives_the_same_alone_and_in_a_batch) {
  const auto path = smollm2_path(XROUTER_SOURCE_DIR);
  if (!path) GTEST_SKIP() << path.error().public_text;
  const auto files = weights::open_model(*path);
  ASSERT_TRUE(files) << files.error().describe();
  for (const auto precision : {Precision::f32, Precision::bf16}) {
    LoadOptions options;
    options.precision = precision;
    options.threads = 1;
    const auto model = load_model(**files, options);
    ASSERT_TRUE(model) << model.error().describe();
    if (precision == Precision::f32) {
      compare_alone_and_in_a_batch(**model, "float32", 2e-4);
    } else {
      compare_alone_and_in_a_batch(**model, "bf16", 0.5);
    }
  }
}

}  // namespace
}  // namespace xrouter::transformer
