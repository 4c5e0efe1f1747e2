// Many replies through one model: who joins, what each pass reads, who leaves. One step at a time, without a thread.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "xrouter/lm/generator.hpp"
#include "xrouter/lm/look_ahead_tree.hpp"
#include "xrouter/lm/prefix_cache.hpp"
#include "xrouter/lm/reply.hpp"
#include "xrouter/lm/sampler.hpp"

namespace xrouter::lm {

/// Waiting requests are admitted in order of arrival while there is room in the batch; one whose beginning a running
/// request is just reading waits until that one has read it. Each pass reads a share of the prompts' rest and, for
/// replies that go on, the last tokens with the grammar's look-ahead behind them. Not thread-safe; sinks are called
/// from within its functions and must not call back into it.
class Scheduler {
 public:
  using Ticket = Generator::Ticket;
  Scheduler(GenerationModel model, GeneratorOptions options, const Clock& clock);
  ~Scheduler();  ///< unfinished requests hear nothing: end_all() comes first

  /// What submit() refuses: a request that cannot be run at all. Pure.
  static std::optional<Error> refusal(const GenerationRequest& request, const ModelShape& shape);
  /// Requests that may be unfinished at once.
  static std::size_t capacity(const GeneratorOptions& options);

  /// Precondition: refusal() is empty and fewer than capacity() are unfinished; tickets are unique.
  void submit(Ticket ticket, GenerationRequest request, std::shared_ptr<GenerationSink> sink, TimePoint submitted);
  void cancel(Ticket ticket);
  /// Admits, runs one pass of the model, hands out tokens. False: nothing is left to do.
  bool step();
  /// Ends everything with this error.
  void end_all(const Error& error);

  std::size_t unfinished() const { return waiting_.size() + running_.size(); }
  GeneratorStats stats() const;

 private:
  struct Waiting {
    Ticket ticket = 0;
    GenerationRequest request;
    std::shared_ptr<GenerationSink> sink;
    TimePoint submitted;
  };
  struct Sequence;
  struct Pass;

  void admit();
  bool better_waits(const GenerationRequest& request) const;
  void start(Waiting waiting);
  std::unique_ptr<Sequence> make_sequence(Waiting& waiting);

  void plan(Pass& pass);
  void plan_one(Pass& pass, Sequence& sequence, int share);
  void run(Pass& pass);
  void take_results(Pass& pass);
  void advance(Sequence& sequence, const Logits& logits, int first_row);
  void keep_prompt(Sequence& sequence);

  void deliver(Sequence& sequence);
  void finish(Sequence& sequence);
  void fail(Sequence& sequence, const Error& error);
  void remove_finished();

  GenerationModel model_;
  GeneratorOptions options_;
  const Clock& clock_;
  std::shared_ptr<const grammar::Vocabulary> vocabulary_;
  PrefixCache cache_;
  Sampler sampler_;
  Logits logits_;
  std::deque<Waiting> waiting_;
  std::vector<std::unique_ptr<Sequence>> running_;  ///< in order of admission
  GeneratorStats stats_;
};

}  // namespace xrouter::lm
