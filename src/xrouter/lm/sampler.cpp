#include "xrouter/lm/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "xrouter/base/rng.hpp"
#include "xrouter/lm/softmax.hpp"

namespace xrouter::lm {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

double chance_of(const SamplingParams& params, std::uint64_t position) { return Rng(params.seed).fork("token", position).uniform(); }

float logit_of(std::span<const float> logits, TokenId id) {
  return id >= 0 && static_cast<std::size_t>(id) < logits.size() ? logits[static_cast<std::size_t>(id)] : kNever;
}

// How many of these weights, largest first, top-p and min-p leave.
template <class Weights>
std::size_t kept(const Weights& weights, double total, const SamplingParams& params) {
  double before = 0;
  std::size_t count = 0;
  while (count < weights.size()) {
    const bool by_top_p = params.top_p >= 1 || before < params.top_p * total;
    const bool within = count == 0 || (by_top_p && weights[count] >= params.min_p * weights[0]);
    if (!within) break;
    before += weights[count++];
  }
  return count;
}

// The first whose running sum passes `chance` of the whole.
template <class Weights>
std::size_t place_of(const Weights& weights, std::size_t count, double chance) {
  double total = 0;
  for (std::size_t i = 0; i < count; ++i) total += weights[i];
  double rest = chance * total;
  std::size_t last = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!(weights[i] > 0)) continue;
    last = i;
    rest -= weights[i];
    if (rest < 0) break;
  }
  return last;
}

// Finite however cold it is: the difference of the best logit to itself must stay 0.
double inverse_of(double temperature) { return std::min(1 / temperature, 1e30); }

}  // namespace

std::string invalid_sampling(const SamplingParams& params) {
  const auto outside = [](double value, double low, double high) { return !(value >= low && value <= high); };
  if (outside(params.temperature, 0, 100)) return "temperature must be between 0 and 100";
  if (outside(params.top_p, 0, 1)) return "top_p must be between 0 and 1";
  if (params.top_k < 0) return "top_k must not be negative";
  if (outside(params.min_p, 0, 1)) return "min_p must be between 0 and 1";
  if (params.max_tokens < 1) return "max_tokens must be at least 1";
  if (params.top_logprobs < 0 || params.top_logprobs > 20) return "top_logprobs must be between 0 and 20";
  const bool empty_stop = std::any_of(params.stop.begin(), params.stop.end(), [](const std::string& stop) { return stop.empty(); });
  return empty_stop ? "a stop text must not be empty" : "";
}

std::optional<GeneratedToken> Sampler::draw(std::span<const float> logits, const Allowed& allowed, const SamplingParams& params,
                                            std::uint64_t position) {
  if (allowed.step == nullptr) return draw_dense(logits, logits, params, position);
  if (allowed.step->many == nullptr) return draw_few(logits, allowed, params, position);
  masked_.resize(logits.size());
  mask_copy(logits, allowed.step->many->words, masked_);
  if (allowed.step->may_end) {
    for (const TokenId id : allowed.end_tokens) {
      if (static_cast<std::size_t>(id) < logits.size()) masked_[static_cast<std::size_t>(id)] = logits[static_cast<std::size_t>(id)];
    }
  }
  return draw_dense(logits, masked_, params, position);
}

std::vector<double> Sampler::few_logprobs(std::span<const float> logits, const Allowed& allowed) {
  std::vector<double> values;
  for (const TokenId id : allowed.step->few) values.push_back(static_cast<double>(logit_of(logits, id)));
  if (allowed.step->may_end) {
    for (const TokenId id : allowed.end_tokens) values.push_back(static_cast<double>(logit_of(logits, id)));
  }
  const double max = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  double sum = 0;
  for (const double value : values) sum += std::exp(value - max);
  for (double& value : values) value = value - max - std::log(sum);
  return values;
}

std::optional<GeneratedToken> Sampler::draw_few(std::span<const float> logits, const Allowed& allowed, const SamplingParams& params,
                                                std::uint64_t position) {
  const float free_max = max_of(logits);
  const double free_log_sum = std::log(sum_exp(logits, free_max, 1));
  candidates_.clear();
  for (const TokenId id : allowed.step->few) candidates_.push_back({id, logit_of(logits, id)});
  if (allowed.step->may_end) {
    for (const TokenId id : allowed.end_tokens) candidates_.push_back({id, logit_of(logits, id)});
  }
  std::sort(candidates_.begin(), candidates_.end(), likelier);
  if (!std::isfinite(free_log_sum) || candidates_.empty() || candidates_.front().logit == kNever) return std::nullopt;

  const double max = static_cast<double>(candidates_.front().logit);
  double sum = 0;
  for (const Candidate& candidate : candidates_) sum += std::exp(static_cast<double>(candidate.logit) - max);
  const auto logprob = [&](const Candidate& candidate) { return static_cast<float>(static_cast<double>(candidate.logit) - max - std::log(sum)); };
  GeneratedToken token;
  for (const Candidate& candidate : candidates_) token.top.push_back({candidate.id, logprob(candidate)});
  token.top_is_all = true;

  std::size_t place = 0;
  if (params.temperature > 0) {
    std::size_t count = candidates_.size();
    if (params.top_k > 0) {
      const float least = candidates_[std::min(count, static_cast<std::size_t>(params.top_k)) - 1].logit;
      while (candidates_[count - 1].logit < least) --count;
    }
    std::vector<double> weights;
    double total = 0;
    for (std::size_t i = 0; i < count; ++i) {
      weights.push_back(std::exp((static_cast<double>(candidates_[i].logit) - max) / params.temperature));
      total += weights.back();
    }
    place = place_of(weights, kept(weights, total, params), chance_of(params, position));
  }
  const Candidate& chosen = candidates_[place];
  token.id = chosen.id;
  token.logprob = logprob(chosen);
  token.free_logprob = static_cast<float>(static_cast<double>(chosen.logit) - static_cast<double>(free_max) - free_log_sum);
  return token;
}

std::optional<GeneratedToken> Sampler::draw_dense(std::span<const float> logits, std::span<const float> row, const SamplingParams& params,
                                                  std::uint64_t position) {
  const float max = max_of(row);
  block_sums_.resize(softmax_blocks(row.size()));
  const double log_sum = std::log(sum_exp(row, max, 1, block_sums_));
  if (!std::isfinite(log_sum)) return std::nullopt;

  GeneratedToken token;
  const bool truncates = params.top_p < 1 || params.top_k > 0 || params.min_p > 0;
  if (params.temperature == 0) {
    token.id = static_cast<TokenId>(std::find(row.begin(), row.end(), max) - row.begin());
  } else {
    token.id = truncates ? pick_truncated(row, max, params, position) : pick_untruncated(row, max, params, position);
  }
  const auto chosen = static_cast<double>(row[static_cast<std::size_t>(token.id)]);
  token.logprob = static_cast<float>(chosen - static_cast<double>(max) - log_sum);
  token.free_logprob = token.logprob;
  if (row.data() != logits.data()) {
    const float free_max = max_of(logits);
    const double free_log_sum = std::log(sum_exp(logits, free_max, 1));
    if (!std::isfinite(free_log_sum)) return std::nullopt;
    token.free_logprob = static_cast<float>(chosen - static_cast<double>(free_max) - free_log_sum);
  }
  if (params.top_logprobs > 0) token.top = top_of(row, params.top_logprobs, max, log_sum);
  return token;
}

// Sums of blocks lead to the block, the block's own terms to the token.
TokenId Sampler::pick_untruncated(std::span<const float> row, float max, const SamplingParams& params, std::uint64_t position) {
  const float scale = static_cast<float>(inverse_of(params.temperature));
  if (params.temperature != 1) sum_exp(row, max, scale, block_sums_);
  // Where the block lies follows from the chance; where in the block from what is left of it.
  double total = 0;
  for (const double sum : block_sums_) total += sum;
  double rest = chance_of(params, position) * total;
  std::size_t block = 0;
  while (block + 1 < block_sums_.size() && rest >= block_sums_[block]) rest -= block_sums_[block++];
  while (block > 0 && !(block_sums_[block] > 0)) rest = block_sums_[--block];  // rounding went past the last with any weight
  const std::span<const float> values = row.subspan(block * kSoftmaxBlock, std::min(kSoftmaxBlock, row.size() - block * kSoftmaxBlock));
  weights_.resize(values.size());
  exps_of(values, max, scale, weights_);
  const std::size_t place = place_of(weights_, weights_.size(), std::clamp(rest / block_sums_[block], 0.0, 1.0));
  return static_cast<TokenId>(block * kSoftmaxBlock + place);
}

TokenId Sampler::pick_truncated(std::span<const float> row, float max, const SamplingParams& params, std::uint64_t position) {
  const double scale = inverse_of(params.temperature);
  double total = 0;
  const auto weigh = [&] {
    std::sort(candidates_.begin(), candidates_.end(), likelier);
    std::vector<double> weights;
    for (const Candidate& candidate : candidates_) weights.push_back(std::exp((static_cast<double>(candidate.logit) - static_cast<double>(max)) * scale));
    return weights;
  };
  std::vector<double> weights;
  if (params.top_k > 0) {
    collect_top_k(row, params.top_k);
    weights = weigh();
    for (const double weight : weights) total += weight;
  } else {
    // The likeliest thousandths usually hold all that top-p keeps; where they do not, more are sorted.
    if (params.top_p < 1) total = sum_exp(row, max, static_cast<float>(scale));
    for (double reach = 7;; reach *= 4) {
      const double by_min_p = params.min_p > 0 ? -std::log(params.min_p) : std::numeric_limits<double>::infinity();
      const bool all = reach >= by_min_p || reach > 87;
      const double distance = std::min(reach, by_min_p) / scale;
      // One step further than computed: who is in is decided by weights below, not by this rounding.
      collect_above(row, reach > 87 && by_min_p > 87 ? kNever : std::nextafter(max - static_cast<float>(distance), kNever));
      weights = weigh();
      double sum = 0;
      for (const double weight : weights) sum += weight;
      if (all || (params.top_p < 1 && sum > params.top_p * total)) break;
    }
  }
  return candidates_[place_of(weights, kept(weights, total, params), chance_of(params, position))].id;
}

void Sampler::collect_above(std::span<const float> row, float least) {
  candidates_.clear();
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] >= least && row[i] != kNever) candidates_.push_back({static_cast<TokenId>(i), row[i]});
  }
}

// A heap of the k best so far; ties with the last of them are gathered behind it.
void Sampler::collect_top_k(std::span<const float> row, int k) {
  const auto count = static_cast<std::size_t>(k);
  if (count >= row.size()) return collect_above(row, kNever);
  weights_.clear();
  for (const float value : row) {
    if (weights_.size() == count && value <= weights_.front()) continue;
    if (weights_.size() == count) {
      std::pop_heap(weights_.begin(), weights_.end(), std::greater<>());
      weights_.pop_back();
    }
    weights_.push_back(value);
    std::push_heap(weights_.begin(), weights_.end(), std::greater<>());
  }
  collect_above(row, weights_.front());
}

std::vector<Alternative> Sampler::top_of(std::span<const float> row, int count, float max, double log_sum) {
  candidates_.clear();
  const auto limit = static_cast<std::size_t>(count);
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (candidates_.size() == limit && row[i] <= candidates_.back().logit) continue;
    if (row[i] == kNever) continue;
    const Candidate candidate{static_cast<TokenId>(i), row[i]};
    if (candidates_.size() == limit) candidates_.pop_back();
    candidates_.insert(std::upper_bound(candidates_.begin(), candidates_.end(), candidate, likelier), candidate);
  }
  std::vector<Alternative> top;
  for (const Candidate& candidate : candidates_) {
    top.push_back({candidate.id, static_cast<float>(static_cast<double>(candidate.logit) - static_cast<double>(max) - log_sum)});
  }
  return top;
}

}  // namespace xrouter::lm
