// One pass of the model: what each sequence reads, and what becomes of the logits.
#include <algorithm>
#include <stdexcept>
#include <string>

#include "xrouter/base/log.hpp"
#include "xrouter/lm/pass_plan.hpp"
#include "xrouter/lm/scheduler_state.hpp"

namespace xrouter::lm {

void Scheduler::plan(Pass& pass) {
  std::vector<int> demands;
  int favoured = -1;
  for (std::size_t i = 0; i < running_.size(); ++i) {
    demands.push_back(running_[i]->unread());
    if (favoured < 0 || running_[i]->behind_since < running_[static_cast<std::size_t>(favoured)]->behind_since) favoured = static_cast<int>(i);
  }
  // Replies that go on must not be stopped by prompts, however small the chunk.
  const int budget = std::max(options_.prefill_chunk, 2 * static_cast<int>(running_.size()));
  const std::vector<int> shares = share_pass(demands, budget, favoured);
  for (std::size_t i = 0; i < running_.size(); ++i) {
    if (shares[i] == 0) continue;
    Sequence& sequence = *running_[i];
    const std::string failure = failure_of([&] { plan_one(pass, sequence, shares[i]); });
    if (failure.empty()) continue;
    log::error(kScope, "planning a pass " + failure);
    fail(sequence, model_failed());
  }
}

void Scheduler::plan_one(Pass& pass, Sequence& sequence, int share) {
  const auto unread = std::span<const TokenId>(sequence.reply.tokens()).subspan(static_cast<std::size_t>(sequence.read));
  sequence.tree = {};
  if (share == static_cast<int>(unread.size()) && sequence.reply.matcher() != nullptr && sequence.jump_forward) {
    const int room = model_.model->shape().max_positions - static_cast<int>(sequence.reply.tokens().size());
    LookAheadTree::Limits limits{.max_in_pass = std::min(options_.look_ahead_nodes, room), .tokens_per_pass = options_.tokens_per_pass};
    limits.has_end_tokens = !model_.end_tokens.empty();
    if (!sequence.report_decisions) {  // what a decision reports must not depend on who else is in the batch
      limits.max_in_pass = std::min(limits.max_in_pass, pass.tree_nodes_left);
      limits.tokens_per_pass /= static_cast<double>(running_.size());  // a pass is shared by all
    }
    sequence.tree = LookAheadTree::grow(*sequence.reply.matcher(), sequence.guess(), limits);
    const int in_pass = static_cast<int>(sequence.tree.in_pass().size());
    if (in_pass > pass.tree_nodes_left) {
      sequence.tree = {};
      if (--share == 0) return;  // its turn comes when the pass has room for the tree
    } else {
      pass.tree_nodes_left -= in_pass;
    }
  }

  sequence.pass_tokens.assign(unread.begin(), unread.begin() + share);
  sequence.pass_parents.clear();
  sequence.pass_rows.clear();
  if (share == static_cast<int>(unread.size())) sequence.pass_rows.push_back(share - 1);
  const LookAheadTree& tree = sequence.tree;
  if (!tree.in_pass().empty()) {
    for (int i = 0; i < share; ++i) sequence.pass_parents.push_back(i - 1);
    for (const int node : tree.in_pass()) {
      const int index = static_cast<int>(sequence.pass_tokens.size());
      sequence.pass_tokens.push_back(tree.token(node));
      sequence.pass_parents.push_back(share + tree.place(tree.parent(node)));  // the root is the last unread token
      if (tree.decides(node)) sequence.pass_rows.push_back(index);
    }
  }
  pass.sequences.push_back(&sequence);
  pass.inputs.push_back({.sequence = sequence.kv.get(), .tokens = sequence.pass_tokens, .parents = sequence.pass_parents, .logits_at = sequence.pass_rows});
}

void Scheduler::run(Pass& pass) {
  const std::string failure = failure_of([&] { model_.model->forward(pass.inputs, logits_); });
  ++stats_.passes;
  if (failure.empty()) return take_results(pass);
  log::error(kScope, "a pass of " + std::to_string(pass.inputs.size()) + " sequences " + failure);
  for (Sequence* sequence : pass.sequences) fail(*sequence, model_failed());
  cache_.clear();  // memory may be what was missing
}

void Scheduler::take_results(Pass& pass) {
  int row = 0;
  for (std::size_t i = 0; i < pass.sequences.size(); ++i) {
    Sequence& sequence = *pass.sequences[i];
    const int rows = static_cast<int>(pass.inputs[i].logits_at.size());
    ++sequence.forward_passes;
    const std::string failure = failure_of([&] {
      advance(sequence, logits_, row);
      keep_prompt(sequence);
      deliver(sequence);
    });
    row += rows;
    if (!failure.empty()) {
      log::error(kScope, "a reply " + failure);
      fail(sequence, model_failed());
      cache_.clear();  // what it read may be what is wrong
    }
    if (!sequence.finished && sequence.reply.ended()) finish(sequence);
  }
}

// Goes down the tree as far as the logits of this pass reach.
void Scheduler::advance(Sequence& sequence, const Logits& logits, int first_row) {
  const LookAheadTree& tree = sequence.tree;
  Reply& reply = sequence.reply;
  const int nodes = static_cast<int>(tree.in_pass().size());
  const int chain = static_cast<int>(sequence.pass_tokens.size()) - nodes;
  if (sequence.pass_rows.empty()) {
    sequence.read += chain;
    return;
  }
  const auto row_of = [&](int node) {
    const int index = node == LookAheadTree::kRoot ? chain - 1 : chain + tree.place(node);
    const auto at = std::lower_bound(sequence.pass_rows.begin(), sequence.pass_rows.end(), index);
    return logits.row(first_row + static_cast<int>(at - sequence.pass_rows.begin()));
  };
  const auto report = [&] {
    sequence.decisions.push_back({.at = reply.generated(), .choices = tree.choices(row_of, model_.end_tokens, *model_.tokenizer)});
  };

  std::vector<int> path(static_cast<std::size_t>(chain));
  for (int i = 0; i < chain; ++i) path[static_cast<std::size_t>(i)] = i;
  int node = LookAheadTree::kRoot;
  const auto go = [&](TokenId id) {
    node = tree.child(node, id);
    if (node >= 0 && tree.place(node) >= 0) path.push_back(chain + tree.place(node));
  };
  while (!reply.ended() && node != LookAheadTree::kOutside && tree.decides(node)) {
    if (sequence.report_decisions && node == tree.base()) report();
    const bool only_one = reply.forced().has_value();  // without jump-forward
    std::optional<GeneratedToken> token;
    if (!only_one) {
      const Allowed allowed{.step = reply.step(), .end_tokens = model_.end_tokens};
      token = sampler_.draw(row_of(node), allowed, sequence.sampling, static_cast<std::uint64_t>(reply.generated()));
      if (!token) throw std::runtime_error("has no finite probabilities");
    }
    const std::size_t before = reply.tokens().size();
    only_one ? reply.take_forced() : reply.take(std::move(*token));
    while (sequence.jump_forward && reply.forced()) reply.take_forced();
    for (std::size_t i = before; i < reply.tokens().size(); ++i) go(reply.tokens()[i]);
    if (reply.tokens().size() == before) break;  // an end token
  }
  if (!sequence.first_token && reply.generated() > 0) sequence.first_token = clock_.now();
  if (nodes > 0) sequence.kv->keep_path(path);
  sequence.read += static_cast<int>(path.size());
  sequence.behind_since = stats_.passes;
}

// From here on others may begin with this prompt.
void Scheduler::keep_prompt(Sequence& sequence) {
  if (sequence.prompt_kept || sequence.reading_prompt() || !cache_.enabled()) return;
  sequence.prompt_kept = true;
  const auto begin = sequence.reply.tokens().begin();
  cache_.put({begin, begin + sequence.prompt_tokens}, sequence.kv->fork(sequence.prompt_tokens), sequence.cached_tokens);
}

}  // namespace xrouter::lm
