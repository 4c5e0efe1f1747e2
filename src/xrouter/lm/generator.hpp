// Generation: many requests through one model at once, each as if it were alone.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "xrouter/base/clock.hpp"
#include "xrouter/base/result.hpp"
#include "xrouter/grammar/matcher.hpp"
#include "xrouter/lm/language_model.hpp"

namespace xrouter::lm {

struct SamplingParams {
  double temperature = 1;  ///< 0: greedy
  double top_p = 1;
  int top_k = 0;           ///< 0: off
  double min_p = 0;
  std::uint64_t seed = 0;  ///< same seed, same prompt, same model: same tokens, alone or in a batch
  int max_tokens = 512;
  std::vector<std::string> stop = {};  ///< texts that end the reply and are not part of it
  int top_logprobs = 0;                ///< alternatives reported for each token, 0 to 20
};

struct GenerationRequest {
  std::vector<TokenId> prompt;
  SamplingParams sampling = {};
  std::shared_ptr<const grammar::Grammar> grammar = {};  ///< null: the model is free
  bool jump_forward = true;  ///< false: forced tokens are fed one a pass; same result, for tests
  bool report_decisions = false;  ///< fill Generation::decisions; needs look-ahead
  /// What a constrained reply may well begin with where the grammar leaves it open, such as the beginning of a call.
  /// It is read with the prompt: right, it saves a pass a token; wrong, it costs its tokens. Never changes the reply.
  std::vector<TokenId> likely_start = {};
};

struct Alternative {
  TokenId token = 0;
  float logprob = 0;
};

/// One token of a reply. Log-probs are natural, of the distribution that was sampled from before temperature
/// and truncation, but after the grammar's mask: forced tokens have 0. The texts of a reply's tokens, put together,
/// are the reply's text: a text of several tokens (a character, what could have become a stop text) is the last one's.
struct GeneratedToken {
  TokenId id = 0;
  float logprob = 0;
  float free_logprob = 0;  ///< the same without the grammar's mask; NaN where no logits were computed (forced)
  bool forced = false;
  /// Likeliest first. Where the grammar leaves `few`: all of them and the end tokens, if those are allowed, however
  /// many were asked for; else top_logprobs of them; none for forced tokens.
  std::vector<Alternative> top = {};
  bool top_is_all = false;  ///< nothing but `top` was allowed; those that the model has no logit for have -inf there
  std::string text = {};   ///< that became complete with it, as a client may see it
};

enum class StopCause { end_token, stop_text, max_tokens, context_full, cancelled };

/// One way that a reply could have gone on at a decision, up to where the grammar's look-ahead ends.
struct Choice {
  std::vector<TokenId> tokens;
  std::string text;     ///< of the tokens, special ones included
  float logprob = 0;    ///< of the whole path, as if sampled at temperature 1 without truncation
  bool ends = false;    ///< the reply ends behind it
};

/// All ways on from one place of a reply: their probabilities sum to 1.
struct Decision {
  int at = 0;  ///< index of the first token that it decides
  std::vector<Choice> choices;
};

struct Generation {
  std::vector<GeneratedToken> tokens;  ///< without the end token; those of a stop text are here
  std::string text;                    ///< without stop texts; of special tokens only those that a grammar asks for
  StopCause cause = StopCause::end_token;
  /// The end token with its log-prob, when the model ended by itself; forced where the grammar left nothing else.
  std::optional<GeneratedToken> end = {};
  std::vector<Decision> decisions = {};  ///< where a pass looked ahead in the grammar, in order, when asked for
  int prompt_tokens = 0;
  int cached_tokens = 0;     ///< of the prompt, taken from the prefix cache
  int forward_passes = 0;
  Duration queued = {};         ///< from submit() to admission
  Duration time_to_first = {};  ///< from admission to the first token
  Duration total = {};          ///< from submit() to the end
};

/// Called on the generator's thread; must hand over and return, and not throw.
class GenerationSink {
 public:
  virtual ~GenerationSink() = default;
  /// Tokens in order, each once. A token is held back while its text may be the beginning of a stop text or of a
  /// character: what is delivered is never taken back.
  virtual void on_tokens(std::span<const GeneratedToken> tokens) { static_cast<void>(tokens); }
  /// Exactly once, last. Errors: context_length, overloaded (shutdown), internal.
  virtual void on_finish(Result<Generation> generation) = 0;
};

struct GeneratorOptions {
  int max_batch = 32;            ///< sequences generated at once
  int max_queue = 256;           ///< waiting requests; more are refused
  int prefill_chunk = 512;       ///< prompt tokens of one pass, so that a long prompt does not stall the others
  int look_ahead_nodes = 192;    ///< of the grammars' trees in one pass at most; 0: off
  /// A pass costs about as much as this many more tokens in another pass: 40 to 60 on a CPU, some hundreds on a GPU.
  /// Look-ahead goes on where it likely saves more than it costs. Changes the time, never a reply.
  double tokens_per_pass = 48;
  std::size_t prefix_cache_bytes = std::size_t{512} << 20;
};

struct GeneratorStats {
  std::uint64_t requests = 0, refused = 0, prompt_tokens = 0, cached_tokens = 0, generated_tokens = 0, forced_tokens = 0, passes = 0;
  int running = 0, waiting = 0;
  std::size_t prefix_cache_bytes = 0;
};

/// Owns the thread that runs the model. submit(), cancel() and stats() are thread-safe.
class Generator {
 public:
  using Ticket = std::uint64_t;
  virtual ~Generator() = default;  ///< ends all requests with overloaded, joins the thread
  /// `sink` lives until its on_finish. Errors: overloaded when the queue is full; invalid_request for an empty prompt,
  /// ids that the model does not have, sampling parameters out of range.
  virtual Result<Ticket> submit(GenerationRequest request, std::shared_ptr<GenerationSink> sink) = 0;
  /// The request finishes soon with StopCause::cancelled; unknown tickets are ignored.
  virtual void cancel(Ticket ticket) = 0;
  virtual GeneratorStats stats() const = 0;
};

/// What generation needs of a loaded model.
struct GenerationModel {
  std::shared_ptr<LanguageModel> model;
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer;
  std::vector<TokenId> end_tokens;
};

/// `clock` outlives it. A model that throws ends the requests of that pass with internal; the generator goes on.
std::unique_ptr<Generator> start_generator(GenerationModel model, GeneratorOptions options, const Clock& clock);

}  // namespace xrouter::lm
