// One reply as it grows: its tokens, its text, what the grammar leaves next, and when it is over. Knows no model.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "xrouter/grammar/matcher.hpp"
#include "xrouter/lm/generator.hpp"
#include "xrouter/lm/reply_text.hpp"

namespace xrouter::lm {

/// Takes one token after the other, whether it was sampled or forced, in one pass or in many: every rule about ends
/// is applied here, so it cannot matter how the tokens came. Not thread-safe.
class Reply {
 public:
  struct Limits {
    int max_positions = 0;
    std::span<const TokenId> end_tokens = {};  ///< outlive the reply
  };
  Reply(const GenerationRequest& request, const tokenizer::Tokenizer& tokenizer, std::shared_ptr<const grammar::Vocabulary> vocabulary,
        const Limits& limits);

  /// Prompt and reply.
  const std::vector<TokenId>& tokens() const { return tokens_; }
  int generated() const { return static_cast<int>(generated_.size()); }
  /// What may come next; null: anything.
  const grammar::Step* step() const { return matcher_ ? &matcher_->next() : nullptr; }
  const grammar::Matcher* matcher() const { return matcher_ ? &*matcher_ : nullptr; }
  /// The only token that may come next.
  std::optional<TokenId> forced() const;
  std::optional<StopCause> ended() const { return ended_; }

  /// A token that may come next, or an end token where the reply may end. Precondition: not ended.
  void take(GeneratedToken token);
  void take_forced();
  void end(StopCause cause);

  /// Tokens that may be seen and were not handed out yet.
  std::span<const GeneratedToken> fresh();
  /// Tokens, text, end and cause of an ended reply; moves them out.
  Generation result();

 private:
  bool is_end(TokenId id) const;
  void end_where_nothing_is_left();

  SamplingParams sampling_;
  Limits limits_;
  std::optional<grammar::Matcher> matcher_;
  std::vector<TokenId> tokens_;
  std::vector<GeneratedToken> generated_;
  ReplyText text_;
  std::size_t seen_ = 0;     ///< of generated_: handed out
  std::size_t settled_ = 0;  ///< of generated_: nothing of their text is held back
  std::optional<GeneratedToken> end_;
  std::optional<StopCause> ended_;
};

}  // namespace xrouter::lm
