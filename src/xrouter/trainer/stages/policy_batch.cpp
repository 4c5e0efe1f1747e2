#include "xrouter/trainer/stages/policy_batch.hpp"

#include "xrouter/trainer/shards.hpp"

namespace xrouter::trainer {
namespace {

/// The first rollout that counts; null when none does.
const learner::TokenSequence* first_of(const BatchGroup& group) {
  for (std::size_t i = 0; i < group.counts.size(); ++i)
    if (group.counts[i]) return &group.group->rollouts[i].trajectory.sequence;
  return nullptr;
}

std::size_t length_of(const BatchGroup& group) {
  // The prompt is common to all: once, and each one's own rest.
  std::size_t length = 0;
  for (std::size_t i = 0; i < group.counts.size(); ++i) {
    if (!group.counts[i]) continue;
    const rollout::Trajectory& trajectory = group.group->rollouts[i].trajectory;
    const auto prompt = static_cast<std::size_t>(trajectory.prompt_tokens);
    length += trajectory.sequence.tokens.size() - (length == 0 ? 0 : prompt);
  }
  return length;
}

/// Groups of alike prompts beside one another.
void sort_for_sharing(std::vector<BatchGroup>& groups) {
  std::vector<const learner::TokenSequence*> firsts;
  for (const BatchGroup& group : groups) firsts.push_back(first_of(group));
  std::vector<BatchGroup> sorted;
  for (const std::size_t index : sharing_order(firsts)) sorted.push_back(std::move(groups[index]));
  groups = std::move(sorted);
}

}  // namespace

PolicyBatch::PolicyBatch(const rl::LossOptions& options, std::vector<BatchGroup> groups, std::size_t pack_tokens) : options_(options) {
  std::erase_if(groups, [](const BatchGroup& group) { return first_of(group) == nullptr; });
  sort_for_sharing(groups);
  std::vector<Packed> sizes;
  for (std::size_t g = 0; g < groups.size(); ++g)
    sizes.push_back({.tokens = length_of(groups[g]), .shared = g == 0 ? 0 : shared_beginning(*first_of(groups[g - 1]), *first_of(groups[g]))});
  const std::vector<std::size_t> begins = packs_of(sizes, pack_tokens);
  for (std::size_t pack = 0; pack + 1 < begins.size(); ++pack) {
    Part part;
    std::vector<learner::TokenSequence> sequences;
    for (std::size_t g = begins[pack]; g < begins[pack + 1]; ++g) {
      const BatchGroup& group = groups[g];
      for (std::size_t i = 0; i < group.counts.size(); ++i) {
        if (!group.counts[i]) continue;
        const rollout::Trajectory& trajectory = group.group->rollouts[i].trajectory;
        sequences.push_back(trajectory.sequence);
        part.sequences.push_back({.rollout_logprobs = {trajectory.logprobs.begin(), trajectory.logprobs.end()},
                                  .advantage = group.advantages[i].total,
                                  .advantages = group.advantages[i].by_token,
                                  .fresh = group.fresh});
        ++counts_.sequences;
        counts_.tokens += static_cast<std::int64_t>(trajectory.sequence.choices.size());
      }
    }
    part.tree = learner::make_tree(sequences);
    parts_.push_back(std::move(part));
  }
}

void PolicyBatch::remember_old(learner::Learner& learner, const learner::Collective& ranks) {
  for (std::size_t p = 0; p < parts_.size(); ++p) {
    if (!is_mine(ranks, p)) continue;
    Part& part = parts_[p];
    const learner::Scores scores = learner.score(part.tree);
    for (std::size_t s = 0; s < part.sequences.size(); ++s) part.sequences[s].old = learner::at_choices(part.tree, s, scores.logprobs);
  }
}

void PolicyBatch::remember_reference(learner::Learner& learner, const learner::Collective& ranks) {
  for (std::size_t p = 0; p < parts_.size(); ++p) {
    if (!is_mine(ranks, p)) continue;
    Part& part = parts_[p];
    const learner::Scores scores = learner.score_reference(part.tree);
    for (std::size_t s = 0; s < part.sequences.size(); ++s) part.sequences[s].reference = learner::at_choices(part.tree, s, scores.logprobs);
  }
}

learner::Gradients PolicyBatch::gradients(const Part& part, const learner::Scores& scores) {
  learner::Gradients out{.by_logprob = std::vector<double>(scores.logprobs.size(), 0)};
  if (options_.entropy_weight != 0) out.by_entropy.assign(scores.logprobs.size(), 0);
  for (std::size_t s = 0; s < part.sequences.size(); ++s) {
    const Sequence& sequence = part.sequences[s];
    const std::vector<double> logprobs = learner::at_choices(part.tree, s, scores.logprobs);
    const std::vector<double> entropies = learner::at_choices(part.tree, s, scores.entropies);
    const rl::SequenceTerms terms{.logprobs = logprobs,
                                  .entropies = entropies,
                                  .old_logprobs = sequence.old.empty() ? logprobs : sequence.old,
                                  .rollout_logprobs = sequence.rollout_logprobs,
                                  .reference_logprobs = sequence.reference,
                                  .advantage = sequence.advantage,
                                  .advantages = sequence.advantages};
    const rl::SequenceLoss loss = rl::policy_loss(options_, terms, counts_);
    learner::add_to_targets(part.tree, s, loss.by_logprob, out.by_logprob);
    if (!out.by_entropy.empty()) learner::add_to_targets(part.tree, s, loss.by_entropy, out.by_entropy);
    statistics_.add(loss.statistics);
    if (sequence.fresh) fresh_.add(loss.statistics);
  }
  return out;
}

std::vector<Piece> PolicyBatch::pieces() {
  std::vector<Piece> out;
  for (const Part& part : parts_)
    out.push_back({.tree = &part.tree, .loss = [this, &part](const learner::Scores& scores) { return gradients(part, scores); }});
  return out;
}

}  // namespace xrouter::trainer
