// Small token trees for the tests of this library.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "xrouter/base/rng.hpp"
#include "xrouter/learner/learner.hpp"

namespace xrouter::torch_learner {

using learner::Choice;
using learner::TokenId;
using learner::TokenSequence;
using learner::TokenTree;

inline std::vector<TokenId> random_tokens(Rng& rng, std::size_t count, int vocab) {
  std::vector<TokenId> tokens(count);
  for (TokenId& token : tokens) token = static_cast<TokenId>(rng.below(static_cast<std::uint64_t>(vocab)));
  return tokens;
}

/// Ascending, `chosen` included.
inline std::vector<TokenId> random_among(Rng& rng, TokenId chosen, int vocab) {
  std::vector<TokenId> among = random_tokens(rng, 1 + rng.below(6), vocab);
  among.push_back(chosen);
  std::sort(among.begin(), among.end());
  among.erase(std::unique(among.begin(), among.end()), among.end());
  return among;
}

/// Trajectories that share a prompt; some of them more than that. Choices among few tokens and among all of them.
inline std::vector<TokenSequence> random_group(std::uint64_t seed, int vocab, std::size_t prompt = 9, std::size_t rollouts = 4,
                                               std::size_t reply = 6) {
  Rng rng(seed);
  std::vector<TokenSequence> group;
  const auto shared = random_tokens(rng, prompt, vocab);
  for (std::size_t i = 0; i < rollouts; ++i) {
    TokenSequence sequence{shared, {}};
    if (i > 0 && rng.chance(0.5))
      sequence.tokens.assign(group[0].tokens.begin(), group[0].tokens.end() - static_cast<std::ptrdiff_t>(reply / 2));
    const auto rest = random_tokens(rng, 1 + rng.below(reply), vocab);
    sequence.tokens.insert(sequence.tokens.end(), rest.begin(), rest.end());
    for (std::size_t at = prompt; at < sequence.tokens.size(); ++at) {
      if (rng.chance(0.25)) continue;
      Choice choice{static_cast<int>(at), {}};
      if (rng.chance(0.6)) choice.among = random_among(rng, sequence.tokens[at], vocab);
      sequence.choices.push_back(std::move(choice));
    }
    group.push_back(std::move(sequence));
  }
  return group;
}

/// Every token but the first is a choice among all.
inline TokenSequence text_of(std::vector<TokenId> tokens) {
  TokenSequence text{std::move(tokens), {}};
  for (std::size_t at = 1; at < text.tokens.size(); ++at) text.choices.push_back({static_cast<int>(at), {}});
  return text;
}

/// A loss that is linear in log-probs and entropies: the same factors for the same target.
inline learner::Gradients random_gradients(std::size_t targets, std::uint64_t seed) {
  Rng rng(seed);
  learner::Gradients gradients;
  for (std::size_t i = 0; i < targets; ++i) {
    gradients.by_logprob.push_back(rng.uniform() * 2 - 1);
    gradients.by_entropy.push_back(rng.uniform() - 0.5);
  }
  return gradients;
}

inline double value_of(const learner::Scores& scores, const learner::Gradients& gradients) {
  double sum = 0;
  for (std::size_t i = 0; i < scores.logprobs.size(); ++i) {
    sum += gradients.by_logprob[i] * scores.logprobs[i];
    if (!gradients.by_entropy.empty()) sum += gradients.by_entropy[i] * scores.entropies[i];
  }
  return sum;
}

}  // namespace xrouter::torch_learner
