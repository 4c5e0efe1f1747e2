#include "xrouter/lm/scheduler.hpp"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <string>

#include "xrouter/base/assert.hpp"
#include "xrouter/base/log.hpp"
#include "xrouter/lm/pass_plan.hpp"

namespace xrouter::lm {
namespace {

constexpr std::string_view kScope = "lm";
/// A beginning that another request is reading must be this much longer than what is stored to be waited for.
constexpr int kWorthWaitingFor = 32;

const Error& model_failed() {
  static const Error error{.kind = ErrorKind::internal, .public_text = "the model failed"};
  return error;
}

int common_length(const std::vector<TokenId>& a, const std::vector<TokenId>& b) {
  return static_cast<int>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

// What a failure of `action` is called; empty: there was none. Models and sinks are foreign code here.
template <class Action>
std::string failure_of(const Action& action) {
  try {
    action();
    return {};
  } catch (const std::exception& exception) {
    return std::string("failed: ") + exception.what();
  } catch (...) {
    return "failed with an unknown exception";
  }
}

}  // namespace

struct Scheduler::Sequence {
  Ticket ticket = 0;
  std::shared_ptr<GenerationSink> sink;
  std::unique_ptr<KvSequence> kv = {};
  Reply reply;
  int prompt_tokens = 0;
  int cached_tokens = 0;
  int read = 0;  ///< tokens of the reply's that kv holds
  bool jump_forward = true;
  bool report_decisions = false;
  std::vector<TokenId> likely_start = {};
  bool prompt_kept = false;
  bool finished = false;
  SamplingParams sampling = {};
  std::vector<Decision> decisions = {};
  int forward_passes = 0;
  std::uint64_t behind_since = 0;  ///< the pass after which it last had nothing left to read
  TimePoint submitted = {}, admitted = {};
  std::optional<TimePoint> first_token = {};

  // Of the pass under way:
  LookAheadTree tree = {};
  std::vector<TokenId> pass_tokens = {};
  std::vector<int> pass_parents = {}, pass_rows = {};

  int unread() const { return static_cast<int>(reply.tokens().size()) - read; }
  bool reading_prompt() const { return read < prompt_tokens; }
  /// What is left of the likely start, as long as the reply went along with it.
  std::span<const TokenId> guess() const {
    const std::span<const TokenId> said = std::span<const TokenId>(reply.tokens()).subspan(static_cast<std::size_t>(prompt_tokens));
    const bool along = said.size() < likely_start.size() && std::equal(said.begin(), said.end(), likely_start.begin());
    return along ? std::span<const TokenId>(likely_start).subspan(said.size()) : std::span<const TokenId>();
  }
};

struct Scheduler::Pass {
  std::vector<Sequence*> sequences;
  std::vector<ForwardInput> inputs;
  int tree_nodes_left = 0;
};

Scheduler::Scheduler(GenerationModel model, GeneratorOptions options, const Clock& clock)
    : model_(std::move(model)),
      options_(options),
      clock_(clock),
      vocabulary_(grammar::Vocabulary::make(model_.tokenizer, model_.end_tokens)),
      cache_(options.prefix_cache_bytes, model_.model->shape().kv_bytes_per_token) {
  options_.max_batch = std::max(options_.max_batch, 1);
  options_.max_queue = std::max(options_.max_queue, 0);
}

Scheduler::~Scheduler() = default;

std::optional<Error> Scheduler::refusal(const GenerationRequest& request, const ModelShape& shape) {
  const auto invalid = [](std::string text) { return Error{.kind = ErrorKind::invalid_request, .public_text = std::move(text)}; };
  if (request.prompt.empty()) return invalid("the prompt has no tokens");
  const bool known = std::all_of(request.prompt.begin(), request.prompt.end(), [&](TokenId id) { return id >= 0 && id < shape.vocab; });
  if (!known) return invalid("the prompt has a token that the model does not know");
  std::string sampling = invalid_sampling(request.sampling);
  if (!sampling.empty()) return invalid(std::move(sampling));
  return std::nullopt;
}

std::size_t Scheduler::capacity(const GeneratorOptions& options) {
  return static_cast<std::size_t>(std::max(options.max_batch, 1)) + static_cast<std::size_t>(std::max(options.max_queue, 0));
}

void Scheduler::submit(Ticket ticket, GenerationRequest request, std::shared_ptr<GenerationSink> sink, TimePoint submitted) {
  XROUTER_ASSERT(unfinished() < capacity(options_), "who submits counts");
  ++stats_.requests;
  waiting_.push_back({.ticket = ticket, .request = std::move(request), .sink = std::move(sink), .submitted = submitted});
}

void Scheduler::cancel(Ticket ticket) {
  const auto waits = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& waiting) { return waiting.ticket == ticket; });
  if (waits != waiting_.end()) {
    const Waiting waiting = std::move(*waits);
    waiting_.erase(waits);
    const Duration waited = clock_.now() - waiting.submitted;
    Generation nothing;
    nothing.cause = StopCause::cancelled;
    nothing.prompt_tokens = static_cast<int>(waiting.request.prompt.size());
    nothing.queued = nothing.total = waited;
    const std::string failure = failure_of([&] { waiting.sink->on_finish(std::move(nothing)); });
    if (!failure.empty()) log::error(kScope, "a sink " + failure);
    return;
  }
  for (const auto& sequence : running_) {
    if (sequence->ticket != ticket) continue;
    sequence->reply.end(StopCause::cancelled);
    finish(*sequence);
  }
  remove_finished();
}

void Scheduler::end_all(const Error& error) {
  for (const auto& sequence : running_) fail(*sequence, error);
  remove_finished();
  for (const Waiting& waiting : std::exchange(waiting_, {})) {
    const std::string failure = failure_of([&] { waiting.sink->on_finish(xrouter::fail(error)); });
    if (!failure.empty()) log::error(kScope, "a sink " + failure);
  }
}

GeneratorStats Scheduler::stats() const {
  GeneratorStats stats = stats_;
  stats.running = static_cast<int>(running_.size());
  stats.waiting = static_cast<int>(waiting_.size());
  stats.prefix_cache_bytes = cache_.bytes();
  return stats;
}

bool Scheduler::step() {
  admit();
  Pass pass;
  pass.tree_nodes_left = options_.look_ahead_nodes;
  plan(pass);
  if (!pass.sequences.empty()) run(pass);
  remove_finished();
  return unfinished() > 0;
}

// --- who joins ---

void Scheduler::admit() {
  for (std::size_t i = 0; i < waiting_.size() && running_.size() < static_cast<std::size_t>(options_.max_batch);) {
    if (better_waits(waiting_[i].request)) {
      ++i;
      continue;
    }
    Waiting waiting = std::move(waiting_[i]);
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    start(std::move(waiting));
  }
}

// Ends with the pass in which the other has read its prompt, whatever becomes of it then.
bool Scheduler::better_waits(const GenerationRequest& request) const {
  if (!cache_.enabled()) return false;
  const int stored = cache_.match(request.prompt, static_cast<int>(request.prompt.size()) - 1);
  return std::any_of(running_.begin(), running_.end(), [&](const auto& other) {
    if (!other->reading_prompt()) return false;
    const int shared = std::min(common_length(request.prompt, other->reply.tokens()), other->prompt_tokens);
    return shared >= stored + kWorthWaitingFor;
  });
}

void Scheduler::start(Waiting waiting) {
  const int max_positions = model_.model->shape().max_positions;
  Result<Generation> refused = xrouter::fail(model_failed());
  if (static_cast<int>(waiting.request.prompt.size()) >= max_positions) {
    refused = xrouter::fail(ErrorKind::context_length, "the prompt has " + std::to_string(waiting.request.prompt.size()) +
                                                           " tokens, and with the reply at most " + std::to_string(max_positions) + " fit");
  } else {
    const std::string failure = failure_of([&] {
      running_.push_back(make_sequence(waiting));
      if (running_.back()->reply.ended()) finish(*running_.back());
    });
    if (failure.empty()) return remove_finished();
    log::error(kScope, "starting a reply " + failure);
  }
  const std::string failure = failure_of([&] { waiting.sink->on_finish(std::move(refused)); });
  if (!failure.empty()) log::error(kScope, "a sink " + failure);
}

std::unique_ptr<Scheduler::Sequence> Scheduler::make_sequence(Waiting& waiting) {
  const GenerationRequest& request = waiting.request;
  const Reply::Limits limits{.max_positions = model_.model->shape().max_positions, .end_tokens = model_.end_tokens};
  auto sequence = std::make_unique<Sequence>(
      Sequence{.ticket = waiting.ticket, .sink = waiting.sink, .reply = Reply(request, *model_.tokenizer, vocabulary_, limits)});
  sequence->prompt_tokens = static_cast<int>(request.prompt.size());
  sequence->jump_forward = request.jump_forward;
  sequence->report_decisions = request.report_decisions && request.jump_forward;
  sequence->likely_start = request.likely_start;
  sequence->sampling = request.sampling;
  sequence->behind_since = stats_.passes;
  sequence->submitted = waiting.submitted;
  sequence->admitted = clock_.now();

  // The last token is read in any case: its logits are wanted.
  sequence->kv = cache_.take(request.prompt, sequence->prompt_tokens - 1);
  if (!sequence->kv) sequence->kv = model_.model->new_sequence();
  sequence->cached_tokens = sequence->read = sequence->kv->length();
  stats_.prompt_tokens += static_cast<std::uint64_t>(sequence->prompt_tokens);
  stats_.cached_tokens += static_cast<std::uint64_t>(sequence->cached_tokens);

  if (sequence->jump_forward) {
    while (sequence->reply.forced()) sequence->reply.take_forced();
  }
  if (sequence->reply.generated() > 0) sequence->first_token = sequence->admitted;
  return sequence;
}

// --- one pass ---

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

// --- who leaves ---

void Scheduler::deliver(Sequence& sequence) {
  const std::span<const GeneratedToken> tokens = sequence.reply.fresh();
  if (!tokens.empty()) sequence.sink->on_tokens(tokens);
}

void Scheduler::finish(Sequence& sequence) {
  const std::string delivery = failure_of([&] { deliver(sequence); });
  if (!delivery.empty()) log::error(kScope, "a sink " + delivery);
  const std::string storing = failure_of([&] {
    const auto begin = sequence.reply.tokens().begin();
    cache_.put({begin, begin + sequence.read}, std::move(sequence.kv), sequence.cached_tokens);
  });
  if (!storing.empty()) log::error(kScope, "storing a prefix " + storing);

  Generation generation = sequence.reply.result();
  const TimePoint now = clock_.now();
  generation.decisions = std::move(sequence.decisions);
  generation.prompt_tokens = sequence.prompt_tokens;
  generation.cached_tokens = sequence.cached_tokens;
  generation.forward_passes = sequence.forward_passes;
  generation.queued = sequence.admitted - sequence.submitted;
  generation.time_to_first = sequence.first_token ? *sequence.first_token - sequence.admitted : Duration::zero();
  generation.total = now - sequence.submitted;
  stats_.generated_tokens += generation.tokens.size();
  stats_.forced_tokens += static_cast<std::uint64_t>(
      std::count_if(generation.tokens.begin(), generation.tokens.end(), [](const GeneratedToken& token) { return token.forced; }));
  sequence.finished = true;
  const std::string failure = failure_of([&] { sequence.sink->on_finish(std::move(generation)); });
  if (!failure.empty()) log::error(kScope, "a sink " + failure);
}

void Scheduler::fail(Sequence& sequence, const Error& error) {
  if (sequence.finished) return;
  sequence.finished = true;
  const std::string failure = failure_of([&] { sequence.sink->on_finish(xrouter::fail(error)); });
  if (!failure.empty()) log::error(kScope, "a sink " + failure);
}

void Scheduler::remove_finished() {
  std::erase_if(running_, [](const auto& sequence) { return sequence->finished; });
}

}  // namespace xrouter::lm
