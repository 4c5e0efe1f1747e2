#include "xrouter/lm/scheduler.hpp"

#include <algorithm>
#include <string>

#include "xrouter/base/assert.hpp"
#include "xrouter/base/log.hpp"
#include "xrouter/lm/scheduler_state.hpp"

namespace xrouter::lm {
namespace {

/// A beginning that another request is reading must be this much longer than what is stored to be waited for.
constexpr int kWorthWaitingFor = 32;

int common_length(const std::vector<TokenId>& a, const std::vector<TokenId>& b) {
  return static_cast<int>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

}  // namespace

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
  const auto known = [&](TokenId id) { return id >= 0 && id < shape.vocab; };
  if (!std::ranges::all_of(request.prompt, known) || !std::ranges::all_of(request.likely_start, known)) return invalid("the prompt has a token that the model does not know");
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
    std::erase_if(running_, [&](const auto& sequence) { return sequence->ticket == waiting.ticket; });
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
