// Chooses one token from a row of logits. Pure: the same row, rules and position give the same token.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "xrouter/grammar/matcher.hpp"
#include "xrouter/lm/generator.hpp"

namespace xrouter::lm {

/// What is wrong with these parameters; empty: nothing.
std::string invalid_sampling(const SamplingParams& params);

/// What may be drawn: all ids when `step` is null, else what the grammar's step says, with `end_tokens` where it may end.
struct Allowed {
  const grammar::Step* step = nullptr;
  std::span<const TokenId> end_tokens = {};
};

/// Owns the buffers for one row. Not thread-safe.
///
/// Order and meaning are those of Hugging Face transformers: the grammar's mask, temperature, top-k (ties with the
/// k-th stay), top-p (a token stays while those likelier than it weigh less than top_p), min-p (a token stays from
/// min_p times the likeliest on). Temperature 0 takes the likeliest. Among equals the lowest id comes first.
class Sampler {
 public:
  /// The token at `position` of the reply, with log-probs and alternatives filled in. Chance comes from seed and
  /// position alone. Nothing when the row has no finite probabilities over what is allowed.
  std::optional<GeneratedToken> draw(std::span<const float> logits, const Allowed& allowed, const SamplingParams& params, std::uint64_t position);

  /// Log-probs of what a step with `few` allows, its tokens first, then the end tokens; -inf for ids without a logit.
  static std::vector<double> few_logprobs(std::span<const float> logits, const Allowed& allowed);

 private:
  struct Candidate {
    TokenId id = 0;
    float logit = 0;
  };
  static bool likelier(const Candidate& a, const Candidate& b) { return a.logit != b.logit ? a.logit > b.logit : a.id < b.id; }

  std::optional<GeneratedToken> draw_few(std::span<const float> logits, const Allowed& allowed, const SamplingParams& params, std::uint64_t position);
  std::optional<GeneratedToken> draw_dense(std::span<const float> logits, std::span<const float> row, const SamplingParams& params,
                                           std::uint64_t position);
  TokenId pick_untruncated(std::span<const float> row, float max, const SamplingParams& params, std::uint64_t position);
  TokenId pick_truncated(std::span<const float> row, float max, const SamplingParams& params, std::uint64_t position);
  void collect_above(std::span<const float> row, float least);
  void collect_top_k(std::span<const float> row, int k);
  std::vector<Alternative> top_of(std::span<const float> row, int count, float max, double log_sum);

  std::vector<float> masked_;
  std::vector<float> weights_;
  std::vector<double> block_sums_;
  std::vector<Candidate> candidates_;
};

}  // namespace xrouter::lm
