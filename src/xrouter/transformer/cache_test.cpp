// Goal: whatever way the tokens of a sequence came into the cache, the logits are those of one pass over all.
// Method: small random models of the three families, in float32, against a pass without any cache.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrouter/transformer/test_models.hpp"

namespace xrouter::transformer {
namespace {

/// Logits here are of the order of 1; float32 rounds differently when products have other shapes.
constexpr double kTolerance = 2e-5;

class Cache : public testing::TestWithParam<weights::Family> {
 protected:
  TorchLanguageModel model{small_decoder(small_config(GetParam())), 1};

  Rows without_cache(std::span<const lm::TokenId> tokens, std::span<const int> parents = {}) const {
    const Decoder decoder = small_decoder(small_config(GetParam()));
    const auto all = every_index(tokens.size());
    const PassInput input{nullptr, tokens, parents, all};
    const Tensor logits = decoder.logits(decoder.hidden(make_pass({&input, 1}, at::kCPU))).contiguous();
    Rows rows;
    for (std::int64_t row = 0; row < logits.size(0); ++row) {
      const float* values = logits[row].data_ptr<float>();
      rows.emplace_back(values, values + logits.size(1));
    }
    return rows;
  }
};

TEST_P(Cache, one_pass_gives_what_a_pass_without_a_cache_gives) {
  const auto tokens = some_tokens(40);
  const auto sequence = model.new_sequence();
  EXPECT_LT(largest_difference(run(model, *sequence, tokens), without_cache(tokens)), kTolerance);
  EXPECT_EQ(sequence->length(), 40);
}

TEST_P(Cache, pieces_of_any_length_give_what_one_pass_gives) {
  const auto tokens = some_tokens(150);
  const Rows whole = without_cache(tokens);
  Rng rng(3);
  for (int round = 0; round < 5; ++round) {
    const auto sequence = model.new_sequence();
    Rows rows;
    for (std::size_t at = 0; at < tokens.size();) {
      const std::size_t n = std::min<std::size_t>(1 + rng.below(round == 0 ? 1 : 70), tokens.size() - at);
      for (auto& row : run(model, *sequence, std::span(tokens).subspan(at, n))) rows.push_back(std::move(row));
      at += n;
    }
    EXPECT_LT(largest_difference(rows, whole), kTolerance);
  }
}

TEST_P(Cache, only_the_wanted_rows_come_back_and_they_are_the_same) {
  const auto tokens = some_tokens(30);
  const Rows whole = without_cache(tokens);
  const auto sequence = model.new_sequence();
  const std::vector<int> wanted{3, 17, 29};
  const lm::ForwardInput input{sequence.get(), tokens, {}, wanted};
  lm::Logits logits;
  model.forward({&input, 1}, logits);
  EXPECT_LT(largest_difference(rows_of(logits, 0, 3), {whole[3], whole[17], whole[29]}), kTolerance);
  const auto more = some_tokens(1, 9);
  auto longer = tokens;
  longer.push_back(more[0]);
  EXPECT_LT(largest_difference(run(model, *sequence, more), {without_cache(longer)[30]}), kTolerance);
}

TEST_P(Cache, a_pass_that_wants_nothing_fills_the_cache) {
  const auto tokens = some_tokens(20);
  const auto sequence = model.new_sequence();
  const lm::ForwardInput input{sequence.get(), std::span(tokens).first(19), {}, {}};
  lm::Logits logits;
  model.forward({&input, 1}, logits);
  EXPECT_TRUE(logits.values.empty());
  EXPECT_LT(largest_difference(run(model, *sequence, std::span(tokens).last(1)), {without_cache(tokens)[19]}), kTolerance);
}

/// A random tree behind a chain; parents come before their children.
std::vector<int> random_tree(std::size_t chain, std::size_t tokens, Rng& rng) {
  std::vector<int> parents;
  for (std::size_t i = 0; i < tokens; ++i)
    parents.push_back(i < chain ? static_cast<int>(i) - 1 : static_cast<int>(chain == 0 ? rng.below(i + 1) : chain - 1 + rng.below(i - chain + 1)) - (chain == 0 ? 1 : 0));
  return parents;
}

std::vector<int> path_to(int token, const std::vector<int>& parents) {
  std::vector<int> path;
  for (; token >= 0; token = parents[static_cast<std::size_t>(token)]) path.insert(path.begin(), token);
  return path;
}

TEST_P(Cache, every_branch_of_a_tree_gets_what_it_gets_as_a_chain) {
  const auto prompt = some_tokens(11, 5);
  Rng rng(8);
  for (const std::size_t chain : {0UL, 1UL, 6UL}) {
    const auto tokens = some_tokens(24, 6);
    const auto parents = random_tree(chain, tokens.size(), rng);
    const auto sequence = model.new_sequence();
    run(model, *sequence, prompt);
    const Rows rows = run(model, *sequence, tokens, parents);
    for (std::size_t token = 0; token < tokens.size(); ++token) {
      auto alone = prompt;
      for (const int step : path_to(static_cast<int>(token), parents)) alone.push_back(tokens[static_cast<std::size_t>(step)]);
      EXPECT_LT(largest_difference({rows[token]}, {without_cache(alone).back()}), kTolerance) << "chain " << chain << ", token " << token;
    }
  }
}

TEST_P(Cache, keeping_a_path_leaves_the_sequence_of_that_path) {
  const auto prompt = some_tokens(70, 5);
  const auto tokens = some_tokens(24, 6);
  Rng rng(8);
  const auto parents = random_tree(4, tokens.size(), rng);
  for (int leaf = 0; leaf < 24; leaf += 5) {
    const auto path = path_to(leaf, parents);
    const auto sequence = model.new_sequence();
    run(model, *sequence, prompt);
    run(model, *sequence, tokens, parents);
    sequence->keep_path(path);
    auto alone = prompt;
    for (const int step : path) alone.push_back(tokens[static_cast<std::size_t>(step)]);
    EXPECT_EQ(sequence->length(), static_cast<int>(alone.size()));
    alone.push_back(7);
    const std::vector<lm::TokenId> next{7};
    EXPECT_LT(largest_difference(run(model, *sequence, next), {without_cache(alone).back()}), kTolerance);
  }
}

// Goal: forks share and never disturb each other. Method: a few hundred random operations on a pool of
// sequences, each with the list of tokens that it should hold; then each is asked for one more token.
TEST_P(Cache, sequences_that_fork_truncate_and_grow_at_random_never_disturb_each_other) {
  struct Tracked {
    std::unique_ptr<lm::KvSequence> sequence;
    std::vector<lm::TokenId> tokens;
  };
  Rng rng(21);
  std::vector<Tracked> pool;
  pool.push_back({model.new_sequence(), {}});
  for (int step = 0; step < 150; ++step) {
    Tracked& some = pool[rng.below(pool.size())];
    const auto cut = rng.below(some.tokens.size() + 1);
    switch (rng.below(4)) {
      case 0:
        if (pool.size() < 8) {
          Tracked child{some.sequence->fork(static_cast<int>(cut)), {some.tokens.begin(), some.tokens.begin() + static_cast<std::ptrdiff_t>(cut)}};
          pool.push_back(std::move(child));
        }
        break;
      case 1:
        if (some.tokens.size() > 60 || rng.chance(0.2)) {
          some.sequence->truncate(static_cast<int>(cut));
          some.tokens.resize(cut);
        }
        break;
      case 2:
        if (pool.size() > 5) pool.erase(pool.begin() + static_cast<std::ptrdiff_t>(rng.below(pool.size())));
        break;
      default: {
        const auto more = some_tokens(1 + rng.below(40), rng.next());
        run(model, *some.sequence, more);
        some.tokens.insert(some.tokens.end(), more.begin(), more.end());
      }
    }
  }
  std::vector<lm::ForwardInput> inputs;
  const std::vector<lm::TokenId> next{5};
  const std::vector<int> first{0};
  for (Tracked& some : pool) {
    ASSERT_EQ(some.sequence->length(), static_cast<int>(some.tokens.size()));
    inputs.push_back({some.sequence.get(), next, {}, first});
    some.tokens.push_back(5);
  }
  lm::Logits logits;
  model.forward(inputs, logits);
  for (std::size_t i = 0; i < pool.size(); ++i)
    EXPECT_LT(largest_difference(rows_of(logits, i, 1), {without_cache(pool[i].tokens).back()}), kTolerance) << pool[i].tokens.size();
}

TEST_P(Cache, a_batch_with_a_shared_prefix_gives_each_what_it_gets_alone) {
  const auto prefix = some_tokens(90, 2);
  const auto cached = model.new_sequence();
  run(model, *cached, prefix);
  std::vector<std::unique_ptr<lm::KvSequence>> sequences;
  std::vector<std::vector<lm::TokenId>> texts;
  std::vector<std::vector<int>> indices;
  for (int i = 0; i < 7; ++i) {
    // Some share all of the prefix, some a part of it, one nothing.
    const int shared = i == 6 ? 0 : 90 - 10 * (i / 3);
    sequences.push_back(cached->fork(shared));
    texts.push_back(some_tokens(static_cast<std::size_t>(1 + 4 * i), static_cast<std::uint64_t>(50 + i)));
    indices.push_back(every_index(texts.back().size()));
  }
  std::vector<lm::ForwardInput> inputs;
  for (std::size_t i = 0; i < texts.size(); ++i) inputs.push_back({sequences[i].get(), texts[i], {}, indices[i]});
  lm::Logits logits;
  model.forward(inputs, logits);
  std::size_t row = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const int shared = sequences[i]->length() - static_cast<int>(texts[i].size());
    std::vector<lm::TokenId> alone(prefix.begin(), prefix.begin() + shared);
    alone.insert(alone.end(), texts[i].begin(), texts[i].end());
    Rows expected = without_cache(alone);
    expected.erase(expected.begin(), expected.begin() + shared);
    EXPECT_LT(largest_difference(rows_of(logits, row, texts[i].size()), expected), kTolerance) << i;
    row += texts[i].size();
  }
}

INSTANTIATE_TEST_SUITE_P(families, Cache, testing::Values(weights::Family::llama, weights::Family::qwen2, weights::Family::qwen3));

TEST(Sequence, a_fork_shares_memory_and_says_so) {
  TorchLanguageModel model{small_decoder(), 1};
  const auto sequence = model.new_sequence();
  run(model, *sequence, some_tokens(64));
  const auto alone = sequence->own_bytes();
  EXPECT_EQ(alone, 64U * static_cast<std::size_t>(model.shape().kv_bytes_per_token));
  auto fork = sequence->fork(64);
  EXPECT_EQ(fork->own_bytes(), 0U);
  EXPECT_EQ(sequence->own_bytes(), 0U);
  run(model, *fork, some_tokens(3));
  EXPECT_EQ(fork->own_bytes(), alone);  // room is made for 64 tokens at a time
  fork.reset();
  EXPECT_EQ(sequence->own_bytes(), alone);
}

TEST(Sequence, positions_go_on_where_a_tree_branches) {
  Sequence sequence{small_decoder().kv_layout()};
  sequence.reserve(5);
  sequence.append(5);
  const std::vector<lm::TokenId> tokens(6, 1);
  const std::vector<int> parents{-1, 0, 0, 1, 2, -1}, wanted{5};
  const PassInput input{&sequence, tokens, parents, wanted};
  const Pass pass = make_pass({&input, 1}, at::kCPU);
  const std::int64_t* positions = pass.positions.data_ptr<std::int64_t>();
  EXPECT_THAT(std::vector(positions, positions + 6), testing::ElementsAre(5, 6, 6, 7, 7, 5));
  EXPECT_THAT(pass.plan.fresh[0].visible(), testing::ElementsAre(1, 0, 0, 0, 0, 0,  //
                                                                 1, 1, 0, 0, 0, 0,  //
                                                                 1, 0, 1, 0, 0, 0,  //
                                                                 1, 1, 0, 1, 0, 0,  //
                                                                 1, 0, 1, 0, 1, 0,  //
                                                                 0, 0, 0, 0, 0, 1));
}

}  // namespace
}  // namespace xrouter::transformer
