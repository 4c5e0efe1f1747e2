#include "xrouter/trainer/update.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "xrouter/trainer/shards.hpp"

namespace xrouter::trainer {
namespace {

std::size_t tokens_in(const learner::TokenTree& tree) {
  // Every sequence's last choice has its whole beginning in the tree; what stands behind it was not learned from.
  std::vector<std::size_t> depth(tree.tokens.size(), 1);
  for (std::size_t i = 0; i < tree.tokens.size(); ++i)
    if (tree.parents[i] >= 0) depth[i] = depth[static_cast<std::size_t>(tree.parents[i])] + 1;
  std::size_t sum = 0;
  for (const std::vector<int>& targets : tree.target_of)
    if (!targets.empty()) sum += depth[static_cast<std::size_t>(tree.targets[static_cast<std::size_t>(targets.back())].node)];
  return sum;
}

Result<void> sum_gradients(learner::Learner& learner, learner::Collective& ranks) {
  if (ranks.size() == 1) return {};
  for (const std::span<float> gradients : learner.gradients())
    if (auto summed = ranks.sum(gradients); !summed) return summed;
  return {};
}

}  // namespace

Result<UpdateReport> update(learner::Learner& learner, learner::Collective& ranks, const std::vector<Piece>& pieces, const learner::StepOptions& options) {
  std::array<double, 2> tokens{};
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (!is_mine(ranks, i)) continue;
    learner.accumulate(*pieces[i].tree, pieces[i].loss);
    tokens[0] += static_cast<double>(pieces[i].tree->tokens.size());
    tokens[1] += static_cast<double>(tokens_in(*pieces[i].tree));
  }
  auto summed = sum_gradients(learner, ranks);
  if (summed) summed = ranks.sum(std::span<double>(tokens));
  if (!summed) {
    learner.clear_gradients();
    return fail(summed.error());
  }
  return UpdateReport{.step = learner.step(options), .tree_tokens = tokens[0], .sequence_tokens = tokens[1]};
}

std::vector<std::size_t> sharing_order(const std::vector<const learner::TokenSequence*>& sequences) {
  std::vector<std::size_t> order(sequences.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return sequences[a]->tokens < sequences[b]->tokens; });
  return order;
}

std::size_t shared_beginning(const learner::TokenSequence& a, const learner::TokenSequence& b) {
  const auto [end, other] = std::mismatch(a.tokens.begin(), a.tokens.end(), b.tokens.begin(), b.tokens.end());
  return static_cast<std::size_t>(end - a.tokens.begin());
}

std::vector<std::size_t> packs_of(const std::vector<Packed>& row, std::size_t tokens) {
  std::vector<std::size_t> begins;
  std::size_t used = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (begins.empty() || used + row[i].tokens - row[i].shared > tokens) {
      begins.push_back(i);
      used = row[i].tokens;
    } else {
      used += row[i].tokens - row[i].shared;
    }
  }
  begins.push_back(row.size());
  return begins;
}

learner::StepOptions step_options(const OptimizerConfig& config, double learning_rate) {
  return {.learning_rate = learning_rate,
          .weight_decay = config.weight_decay,
          .beta1 = config.beta1,
          .beta2 = config.beta2,
          .epsilon = config.epsilon,
          .max_grad_norm = config.max_grad_norm};
}

}  // namespace xrouter::trainer
