#include "xrouter/trainer/stages/likelihood.hpp"

#include <array>

namespace xrouter::trainer {
namespace {

struct Sums {
  double loss = 0, entropy = 0;
};

/// Trees of about as many tokens as a pass may have, and the number of choices in all of them.
struct Trees {
  std::vector<learner::TokenTree> trees;
  double choices = 0;
};

Trees trees_of(const std::vector<learner::TokenSequence>& sequences, std::size_t pack_tokens) {
  std::vector<const learner::TokenSequence*> useful;
  for (const learner::TokenSequence& sequence : sequences)
    if (!sequence.choices.empty()) useful.push_back(&sequence);
  Trees out;
  std::vector<learner::TokenSequence> row;
  std::vector<Packed> sizes;
  for (const std::size_t index : sharing_order(useful)) {
    const learner::TokenSequence& sequence = *useful[index];
    sizes.push_back({.tokens = sequence.tokens.size(), .shared = row.empty() ? 0 : shared_beginning(row.back(), sequence)});
    out.choices += static_cast<double>(sequence.choices.size());
    row.push_back(sequence);
  }
  if (row.empty()) return out;
  const std::vector<std::size_t> begins = packs_of(sizes, pack_tokens);
  for (std::size_t i = 0; i + 1 < begins.size(); ++i)
    out.trees.push_back(learner::make_tree(std::span(row).subspan(begins[i], begins[i + 1] - begins[i])));
  return out;
}

learner::Gradients gradients(const learner::TokenTree& tree, const learner::Scores& scores, double total, Sums& sums) {
  learner::Gradients out{.by_logprob = std::vector<double>(scores.logprobs.size(), 0)};
  for (std::size_t s = 0; s < tree.target_of.size(); ++s) {
    const std::vector<double> logprobs = learner::at_choices(tree, s, scores.logprobs);
    const rl::SequenceLoss loss = rl::likelihood_loss(logprobs, {}, total);
    learner::add_to_targets(tree, s, loss.by_logprob, out.by_logprob);
    sums.loss += loss.loss;
    for (const double entropy : learner::at_choices(tree, s, scores.entropies)) sums.entropy += entropy / total;
  }
  return out;
}

}  // namespace

void set_update_figures(const std::vector<UpdateReport>& reports, double learning_rate, double seconds, StepMetrics& metrics) {
  double norm = 0, tree_tokens = 0, sequence_tokens = 0;
  for (const UpdateReport& report : reports) {
    norm += report.step.grad_norm / static_cast<double>(reports.size());
    tree_tokens += report.tree_tokens;
    sequence_tokens += report.sequence_tokens;
  }
  metrics.set("optimizer/learning_rate", learning_rate).set("optimizer/grad_norm", norm);
  if (seconds > 0) metrics.set("speed/update_tokens_per_second", tree_tokens / seconds);
  if (tree_tokens > 0) metrics.set("speed/shared", sequence_tokens / tree_tokens);
}

Result<StepEnd> learn_sequences(const StageContext& context, const std::vector<learner::TokenSequence>& sequences, double learning_rate,
                                PhaseClock& phases, StepMetrics& metrics) {
  const Trees trees = trees_of(sequences, static_cast<std::size_t>(context.config.model.pack_tokens));
  if (trees.trees.empty()) return StepEnd{.learned = false};
  Sums sums;
  std::vector<Piece> pieces;
  std::size_t done = 0;
  for (const learner::TokenTree& tree : trees.trees)
    pieces.push_back({.tree = &tree, .loss = [&](const learner::Scores& scores) {
                        if (context.activity) context.activity("update", ++done, pieces.size());
                        return gradients(tree, scores, trees.choices, sums);
                      }});
  const auto report = update(context.learner, context.ranks, pieces, step_options(context.config.optimizer, learning_rate));
  if (!report) return fail(report.error());
  std::array<double, 2> shared{sums.loss, sums.entropy};
  if (auto summed = context.ranks.sum(std::span<double>(shared)); !summed) return fail(summed.error());
  const double seconds = phases.lap("update");
  metrics.set("loss/total", shared[0]).set("loss/nll", shared[0]).set("policy/entropy", shared[1]).set("policy/choices", trees.choices);
  set_update_figures({*report}, learning_rate, seconds, metrics);
  return StepEnd{.applied = report->step.applied, .signs = {.loss = shared[0], .grad_norm = report->step.grad_norm, .entropy = shared[1]}};
}

}  // namespace xrouter::trainer
