#include "xrouter/torch_learner/head.hpp"

#include <algorithm>
#include <limits>

namespace xrouter::torch_learner {

namespace {

using learner::TokenTree;

/// Σ p log p of each row with its sign turned; p of tokens that are not allowed is 0 and log p is minus infinity.
Tensor entropy_of(const Tensor& logprobs) {
  return -(logprobs.exp() * logprobs.masked_fill(logprobs.eq(-std::numeric_limits<double>::infinity()), 0)).sum({1});
}

std::vector<double> doubles_of(const Tensor& values) {
  const Tensor on_cpu = values.to(at::kDouble).to(at::kCPU).contiguous();
  return {on_cpu.data_ptr<double>(), on_cpu.data_ptr<double>() + on_cpu.numel()};
}

}  // namespace

Head::Head(const TrainingOps& ops, const Tensor& weight, const Tensor& hidden, const TokenTree& tree, std::span<const std::int64_t> rows,
           std::int64_t rows_at_once)
    : ops_(ops), weight_(weight), hidden_(hidden), tree_(tree), rows_(rows) {
  for (const bool whole_vocabulary : {false, true}) {
    std::vector<std::size_t> targets;
    for (std::size_t i = 0; i < tree.targets.size(); ++i) {
      if (tree.targets[i].among.empty() != whole_vocabulary) continue;
      targets.push_back(i);
      if (static_cast<std::int64_t>(targets.size()) < rows_at_once) continue;
      parts_.push_back(make_part(std::move(targets), whole_vocabulary));
      targets.clear();
    }
    if (!targets.empty()) parts_.push_back(make_part(std::move(targets), whole_vocabulary));
  }
}

Head::Part Head::make_part(std::vector<std::size_t> targets, bool whole_vocabulary) const {
  Part part;
  const auto device = hidden_.device();
  std::vector<std::int64_t> rows, chosen;
  for (const std::size_t target : targets) {
    const auto& among = tree_.targets[target].among;
    rows.push_back(rows_[target]);
    part.vocabulary.insert(part.vocabulary.end(), among.begin(), among.end());
  }
  std::sort(part.vocabulary.begin(), part.vocabulary.end());
  part.vocabulary.erase(std::unique(part.vocabulary.begin(), part.vocabulary.end()), part.vocabulary.end());
  const auto column_of = [&part](std::int64_t id) {
    return std::lower_bound(part.vocabulary.begin(), part.vocabulary.end(), id) - part.vocabulary.begin();
  };
  for (const std::size_t target : targets) {
    const auto id = tree_.tokens[static_cast<std::size_t>(tree_.targets[target].node)];
    chosen.push_back(whole_vocabulary ? id : column_of(id));
  }
  if (!whole_vocabulary) {
    const std::size_t width = part.vocabulary.size();
    std::vector<float> mask(targets.size() * width, -std::numeric_limits<float>::infinity());
    for (std::size_t row = 0; row < targets.size(); ++row)
      for (const auto id : tree_.targets[targets[row]].among) mask[row * width + static_cast<std::size_t>(column_of(id))] = 0;
    part.mask = at::tensor(mask, at::kFloat).view({static_cast<std::int64_t>(targets.size()), static_cast<std::int64_t>(width)}).to(device);
    part.columns = at::tensor(part.vocabulary, at::kLong).to(device);
  }
  part.rows = at::tensor(rows, at::kLong).to(device);
  part.chosen = at::tensor(chosen, at::kLong).to(device);
  part.targets = std::move(targets);
  return part;
}

Tensor Head::logprobs(const Part& part) const {
  const Tensor x = hidden_.index_select(0, part.rows);
  if (!part.mask.defined()) return at::log_softmax(ops_.wide_product(x, weight_), 1);
  return at::log_softmax(ops_.wide_product(x, weight_.index_select(0, part.columns)) + part.mask, 1);
}

learner::Scores Head::scores() {
  learner::Scores scores;
  scores.logprobs.resize(tree_.targets.size());
  scores.entropies.resize(tree_.targets.size());
  const bool keep = parts_.size() <= 2;
  for (Part& part : parts_) {
    Tensor all = logprobs(part);
    const auto chosen = doubles_of(all.gather(1, part.chosen.unsqueeze(1)));
    const auto entropies = doubles_of(entropy_of(all));
    for (std::size_t i = 0; i < part.targets.size(); ++i) {
      scores.logprobs[part.targets[i]] = chosen[i];
      scores.entropies[part.targets[i]] = entropies[i];
    }
    if (keep) part.logprobs = std::move(all);
  }
  return scores;
}

Tensor Head::backward(const learner::Gradients& gradients, Tensor dweight) {
  const auto type = transformer::accumulation_type(hidden_.scalar_type());
  Tensor dhidden = at::zeros(hidden_.sizes(), hidden_.options().dtype(type));
  for (Part& part : parts_) {
    Tensor all = part.logprobs.defined() ? std::move(part.logprobs) : logprobs(part);
    part.logprobs = Tensor();
    const auto of_targets = [&](const std::vector<double>& values) {
      std::vector<double> own;
      for (const std::size_t target : part.targets) own.push_back(values[target]);
      return at::tensor(own, at::kDouble).to(all.scalar_type()).to(all.device()).unsqueeze(1);
    };
    const Tensor by_logprob = of_targets(gradients.by_logprob);
    const Tensor p = all.exp();
    Tensor dlogits = p * -by_logprob;
    dlogits.scatter_add_(1, part.chosen.unsqueeze(1), by_logprob);
    if (!gradients.by_entropy.empty()) {
      const Tensor finite = all.masked_fill(p.eq(0), 0);
      dlogits.sub_(of_targets(gradients.by_entropy) * p * (finite + entropy_of(all).unsqueeze(1)));
    }
    const Tensor dy = ops_.narrowed(dlogits, hidden_.scalar_type());
    const Tensor weight = part.mask.defined() ? weight_.index_select(0, part.columns) : weight_;
    ops_.add_rows(dhidden, part.rows, ops_.input_gradient(dy, weight));
    if (!dweight.defined()) continue;
    const Tensor x = hidden_.index_select(0, part.rows);
    if (!part.mask.defined()) {
      ops_.add_weight_gradient(dweight, dy, x);
      continue;
    }
    Tensor drows = at::zeros(weight.sizes(), dweight.options());
    ops_.add_weight_gradient(drows, dy, x);
    ops_.add_rows(dweight, part.columns, drows);
  }
  return dhidden;
}

}  // namespace xrouter::torch_learner
