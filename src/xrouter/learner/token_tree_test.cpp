#include "xrouter/learner/token_tree.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "xrouter/base/rng.hpp"

namespace xrouter::learner {
namespace {

std::vector<TokenSequence> random_sequences(Rng& rng) {
  std::vector<TokenSequence> made;
  for (std::uint64_t left = 1 + rng.below(9); left > 0; --left) {
    TokenSequence sequence;
    if (!made.empty() && rng.chance(0.7)) {
      const TokenSequence& other = made[rng.below(made.size())];
      sequence.tokens.assign(other.tokens.begin(), other.tokens.begin() + static_cast<std::ptrdiff_t>(rng.below(other.tokens.size() + 1)));
    }
    for (std::uint64_t more = (sequence.tokens.empty() ? 1 : 0) + rng.below(12); more > 0; --more)
      sequence.tokens.push_back(static_cast<TokenId>(rng.below(4)));
    for (int at = 1; at < static_cast<int>(sequence.tokens.size()); ++at) {
      if (rng.chance(0.5)) continue;
      Choice choice{.at = at};
      if (rng.chance(0.5)) choice.among = {0, 1, 2, 3};
      sequence.choices.push_back(std::move(choice));
    }
    made.push_back(std::move(sequence));
  }
  return made;
}

template <class Check>
void over_random_sequences(const Check& check) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Rng rng(seed);
    const std::vector<TokenSequence> sequences = random_sequences(rng);
    check(sequences, make_tree(sequences));
  }
}

TEST(TokenTree, has_each_common_beginning_once) {
  over_random_sequences([](const std::vector<TokenSequence>& sequences, const TokenTree& tree) {
    std::set<std::vector<TokenId>> beginnings;
    for (const TokenSequence& sequence : sequences) {
      for (std::size_t length = 1; length <= sequence.tokens.size(); ++length)
        beginnings.emplace(sequence.tokens.begin(), sequence.tokens.begin() + static_cast<std::ptrdiff_t>(length));
    }
    EXPECT_EQ(tree.tokens.size(), beginnings.size());
    std::set<std::vector<TokenId>> paths;
    for (int node = 0; node < static_cast<int>(tree.tokens.size()); ++node) paths.insert(tokens_to(tree, node));
    EXPECT_EQ(paths, beginnings);
  });
}

TEST(TokenTree, is_written_depth_first) {
  over_random_sequences([](const std::vector<TokenSequence>&, const TokenTree& tree) {
    std::vector<int> open;  // ancestors of the last node
    for (int node = 0; node < static_cast<int>(tree.tokens.size()); ++node) {
      const int parent = tree.parents[static_cast<std::size_t>(node)];
      EXPECT_LT(parent, node);
      while (!open.empty() && open.back() != parent) open.pop_back();
      EXPECT_TRUE(parent < 0 || !open.empty()) << "a subtree is in one piece";
      open.push_back(node);
    }
  });
}

TEST(TokenTree, finds_every_choice_of_every_sequence_again) {
  over_random_sequences([](const std::vector<TokenSequence>& sequences, const TokenTree& tree) {
    ASSERT_EQ(tree.target_of.size(), sequences.size());
    for (std::size_t s = 0; s < sequences.size(); ++s) {
      const TokenSequence& sequence = sequences[s];
      ASSERT_EQ(tree.target_of[s].size(), sequence.choices.size());
      for (std::size_t i = 0; i < sequence.choices.size(); ++i) {
        const TokenTree::Target& target = tree.targets[static_cast<std::size_t>(tree.target_of[s][i])];
        EXPECT_EQ(target.among, sequence.choices[i].among);
        const std::vector<TokenId> beginning(sequence.tokens.begin(), sequence.tokens.begin() + sequence.choices[i].at + 1);
        EXPECT_EQ(tokens_to(tree, target.node), beginning);
      }
    }
  });
}

TEST(TokenTree, shares_a_target_only_between_the_same_choices) {
  over_random_sequences([](const std::vector<TokenSequence>&, const TokenTree& tree) {
    std::set<std::pair<int, std::vector<TokenId>>> distinct;
    int last = 0;
    for (const TokenTree::Target& target : tree.targets) {
      EXPECT_GE(target.node, last) << "ascending";
      last = target.node;
      EXPECT_TRUE(distinct.emplace(target.node, target.among).second);
    }
    std::set<int> used;
    for (const auto& targets : tree.target_of) used.insert(targets.begin(), targets.end());
    EXPECT_EQ(used.size(), tree.targets.size()) << "each is somebody's";
  });
}

TEST(TokenTree, gradients_of_choices_meet_in_their_targets) {
  over_random_sequences([](const std::vector<TokenSequence>& sequences, const TokenTree& tree) {
    std::vector<double> at_targets(tree.targets.size());
    std::map<int, double> expected;
    double next = 1;
    for (std::size_t s = 0; s < sequences.size(); ++s) {
      std::vector<double> gradients;
      for (const int target : tree.target_of[s]) {
        gradients.push_back(next);
        expected[target] += next++;
      }
      add_to_targets(tree, s, gradients, at_targets);
    }
    for (std::size_t s = 0; s < sequences.size(); ++s) {
      const std::vector<double> back = at_choices(tree, s, at_targets);
      for (std::size_t i = 0; i < back.size(); ++i) EXPECT_EQ(back[i], expected[tree.target_of[s][i]]);
    }
  });
}

TEST(TokenTree, tells_what_it_costs) {
  const std::vector<TokenSequence> sequences = {
      {.tokens = {1, 2, 3}, .choices = {}}, {.tokens = {1, 2, 4}, .choices = {}}, {.tokens = {5}, .choices = {}}};
  const TreeSize size = size_of(make_tree(sequences));
  EXPECT_EQ(size.nodes, 5);
  EXPECT_EQ(size.attended, 1 + 2 + 3 + 3 + 1);
}

TEST(TokenTree, of_nothing_is_empty) {
  const TokenTree tree = make_tree({});
  EXPECT_TRUE(tree.tokens.empty() && tree.targets.empty() && tree.target_of.empty());
}

using TokenTreeDeathTest = testing::Test;

TEST(TokenTreeDeathTest, refuses_choices_without_a_token_before_them) {
  const std::vector<TokenSequence> first = {{.tokens = {1, 2}, .choices = {{.at = 0}}}};
  EXPECT_DEATH(make_tree(first), "a token before them");
  const std::vector<TokenSequence> outside = {{.tokens = {1, 2}, .choices = {{.at = 1, .among = {3, 4}}}}};
  EXPECT_DEATH(make_tree(outside), "a set that holds it");
}

}  // namespace
}  // namespace xrouter::learner
