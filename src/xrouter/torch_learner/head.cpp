#include "xrouter/torch_learner/head.hpp"

#include <algorithm>
#include <limits>

namespace xrouter::torch_learner {

namespace {

using learner::TokenTree;

/// Numbers of rows and columns are rounded up: oneDNN makes code for every shape that it meets.
constexpr std::size_t kRowStep = 32, kColumnStep = 16;

std::size_t rounded_up(std::size_t count, std::size_t step) { return (count + step - 1) / step * step; }

Tensor ids_tensor(const std::vector<std::int64_t>& ids, at::Device device) { return at::tensor(ids, at::kLong).to(device); }

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
  std::vector<std::int64_t> rows, chosen;
  for (const std::size_t target : targets) {
    rows.push_back(rows_[target]);
    chosen.push_back(tree_.tokens[static_cast<std::size_t>(tree_.targets[target].node)]);
  }
  rows.resize(rounded_up(rows.size(), kRowStep), rows.front());
  chosen.resize(rows.size(), chosen.front());
  part.rows = ids_tensor(rows, hidden_.device());
  part.chosen = ids_tensor(chosen, hidden_.device());
  part.targets = std::move(targets);
  if (!whole_vocabulary) restrict(part, rows.size());
  return part;
}

/// Columns for what the part's targets are chosen from, and for nothing else.
void Head::restrict(Part& part, std::size_t rows) const {
  std::vector<std::int64_t> vocabulary;
  for (const std::size_t target : part.targets) {
    const auto& among = tree_.targets[target].among;
    vocabulary.insert(vocabulary.end(), among.begin(), among.end());
  }
  std::sort(vocabulary.begin(), vocabulary.end());
  vocabulary.erase(std::unique(vocabulary.begin(), vocabulary.end()), vocabulary.end());
  const auto column_of = [&](std::int64_t id) {
    return static_cast<std::size_t>(std::lower_bound(vocabulary.begin(), vocabulary.end(), id) - vocabulary.begin());
  };
  const std::size_t width = rounded_up(vocabulary.size(), kColumnStep);
  std::vector<float> mask(rows * width, -std::numeric_limits<float>::infinity());
  std::vector<std::int64_t> chosen(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const TokenTree::Target& target = tree_.targets[part.targets[row < part.targets.size() ? row : 0]];
    for (const auto id : target.among) mask[row * width + column_of(id)] = 0;
    chosen[row] = static_cast<std::int64_t>(column_of(tree_.tokens[static_cast<std::size_t>(target.node)]));
  }
  vocabulary.resize(width, vocabulary.back());
  const auto device = hidden_.device();
  part.columns = ids_tensor(vocabulary, device);
  part.chosen = ids_tensor(chosen, device);
  part.mask = at::tensor(mask, at::kFloat).view({static_cast<std::int64_t>(rows), static_cast<std::int64_t>(width)}).to(device);
}

Tensor Head::logits(const Part& part) const {
  const Tensor x = hidden_.index_select(0, part.rows);
  if (!part.mask.defined()) return ops_.wide_product(x, weight_);
  return ops_.wide_product(x, weight_.index_select(0, part.columns)).add_(part.mask);
}

learner::Scores Head::scores() {
  learner::Scores scores;
  scores.logprobs.resize(tree_.targets.size());
  scores.entropies.resize(tree_.targets.size());
  const auto pieces = std::count_if(parts_.begin(), parts_.end(), [](const Part& part) { return !part.mask.defined(); });
  for (Part& part : parts_) {
    Tensor all = logits(part);
    part.scores = ops_.score_rows(all, part.chosen);
    const auto logprobs = doubles_of(part.scores.logprob), entropies = doubles_of(part.scores.entropy);
    for (std::size_t i = 0; i < part.targets.size(); ++i) {
      scores.logprobs[part.targets[i]] = logprobs[i];
      scores.entropies[part.targets[i]] = entropies[i];
    }
    if (pieces <= 1 || part.mask.defined()) part.logits = std::move(all);
  }
  return scores;
}

Tensor Head::backward(const learner::Gradients& gradients, Tensor dweight) {
  const auto type = transformer::accumulation_type(hidden_.scalar_type());
  Tensor dhidden = at::zeros(hidden_.sizes(), hidden_.options().dtype(type));
  for (Part& part : parts_) {
    const Tensor all = part.logits.defined() ? std::move(part.logits) : logits(part);
    part.logits = Tensor();
    const auto of_targets = [&](const std::vector<double>& values) {
      std::vector<double> own(static_cast<std::size_t>(part.rows.size(0)), 0);
      if (!values.empty())
        for (std::size_t i = 0; i < part.targets.size(); ++i) own[i] = values[part.targets[i]];
      return at::tensor(own, at::kDouble).to(type).to(all.device());
    };
    const Tensor dlogits = ops_.score_rows_backward(all, part.scores, part.chosen, of_targets(gradients.by_logprob),
                                                    of_targets(gradients.by_entropy), hidden_.scalar_type());
    const Tensor weight = part.mask.defined() ? weight_.index_select(0, part.columns) : weight_;
    ops_.add_rows(dhidden, part.rows, ops_.input_gradient(dlogits, weight));
    if (!dweight.defined()) continue;
    const Tensor x = hidden_.index_select(0, part.rows);
    if (!part.mask.defined()) {
      ops_.add_weight_gradient(dweight, dlogits, x);
      continue;
    }
    Tensor drows = at::zeros(weight.sizes(), dweight.options());
    ops_.add_weight_gradient(drows, dlogits, x);
    ops_.add_rows(dweight, part.columns, drows);
  }
  return dhidden;
}

}  // namespace xrouter::torch_learner
