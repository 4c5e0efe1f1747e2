// The recorded pool: answers benchmark questions with what real models answered, at real token
// counts and the catalogue's prices, without any network.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "xrouter/corpus/corpus.hpp"
#include "xrouter/engine/ports.hpp"

namespace xrouter::recorded {

struct RecordedPoolOptions {
  /// Wait as a live model would. The corpora have no recorded latency, so this one is synthetic:
  /// `first_token`, then out_tok tokens at `tokens_per_second`, the same for every model.
  bool replay_latency = false;
  std::chrono::milliseconds first_token{400};
  std::int64_t tokens_per_second = 60;
};

/// Answers for the models whose upstream is kRecordedUpstream. The corpus's name of a model is
/// `ModelSpec::upstream_model`, or its id when that is empty.
///
/// A replay is keyed on (last user text, model): system prompts, earlier turns, sampling parameters,
/// tools and output limits do not change the answer, and the same call gives the same answer again.
/// The reported usage is the recorded one, also where a system prompt was added or an output limit
/// is smaller than the recorded answer: it is what the corpus paid.
///
/// Errors of a call: question_not_recorded when the question, or this model's answer to it, is not
/// in the corpora; the scope's error when it ends first (nothing is charged then). An attempt is
/// always recorded.
///
/// Immutable: may be shared by workers.
class RecordedPool final : public ModelPool {
 public:
  explicit RecordedPool(std::shared_ptr<const corpus::Corpus> corpus, RecordedPoolOptions options = {});

  boost::asio::awaitable<ModelReply> call(const ModelCall& call, CallScope& scope, DeltaSink* live) override;

  static bool serves(const ModelSpec& model) { return model.upstream == kRecordedUpstream; }

  /// Of `offered`, the models that can answer this request: those of other upstreams, and the
  /// recorded ones with an answer to its last user text. Errors: question_not_recorded when a
  /// recorded model is offered, none can answer, and no other model is left.
  Result<std::vector<OfferedModel>> narrowed(const ChatRequest& request, const std::vector<OfferedModel>& offered) const;

 private:
  std::shared_ptr<const corpus::Corpus> corpus_;
  RecordedPoolOptions options_;
};

/// The text in pieces of about `piece_bytes`, cut behind a blank where there is one and never inside
/// a UTF-8 sequence. Joined they are the text.
std::vector<std::string_view> pieces_of(std::string_view text, std::size_t piece_bytes);

}  // namespace xrouter::recorded
