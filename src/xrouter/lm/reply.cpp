#include "xrouter/lm/reply.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "xrouter/base/assert.hpp"

namespace xrouter::lm {

Reply::Reply(const GenerationRequest& request, const tokenizer::Tokenizer& tokenizer, std::shared_ptr<const grammar::Vocabulary> vocabulary,
             const Limits& limits)
    : sampling_(request.sampling), limits_(limits), tokens_(request.prompt), text_(tokenizer, request.sampling.stop, request.grammar == nullptr) {
  if (request.grammar) matcher_.emplace(request.grammar, std::move(vocabulary));
  end_where_nothing_is_left();
}

std::optional<TokenId> Reply::forced() const {
  if (!matcher_ || ended_ || !matcher_->next().forced()) return std::nullopt;
  return matcher_->next().few.front();
}

void Reply::take_forced() {
  const TokenId id = *forced();
  take({.id = id, .logprob = 0, .free_logprob = std::numeric_limits<float>::quiet_NaN(), .forced = true});
}

void Reply::take(GeneratedToken token) {
  XROUTER_ASSERT(!ended_, "nothing comes after the end");
  // A grammar may use an end token inside; it ends the reply only where the grammar lets it end.
  const bool ends = is_end(token.id) && (!matcher_ || matcher_->next().may_end);
  if (ends) {
    end_ = std::move(token);
    end(StopCause::end_token);
    return;
  }
  // Schemas come from strangers and logits from anywhere: what should not happen ends this reply, not the process.
  if (matcher_ && !matcher_->accept(token.id)) throw std::runtime_error("took a token that its grammar does not allow");
  token.text = text_.add(token.id);
  tokens_.push_back(token.id);
  generated_.push_back(std::move(token));
  if (!text_.holding()) settled_ = generated_.size();
  if (text_.stopped()) {
    end(StopCause::stop_text);
    return;
  }
  end_where_nothing_is_left();
  if (!ended_ && generated() >= sampling_.max_tokens) end(StopCause::max_tokens);
  if (!ended_ && static_cast<int>(tokens_.size()) >= limits_.max_positions) end(StopCause::context_full);
}

void Reply::end_where_nothing_is_left() {
  if (!matcher_ || !matcher_->next().finished()) return;
  if (!limits_.end_tokens.empty()) {
    end_ = GeneratedToken{.id = limits_.end_tokens.front(), .logprob = 0, .free_logprob = std::numeric_limits<float>::quiet_NaN(), .forced = true};
  }
  end(StopCause::end_token);
}

void Reply::end(StopCause cause) {
  if (ended_) return;
  ended_ = cause;
  const std::string rest = text_.finish();
  XROUTER_ASSERT(rest.empty() || settled_ < generated_.size(), "text that is held back belongs to a token that is held back");
  if (!rest.empty()) generated_.back().text += rest;
  settled_ = generated_.size();
}

std::span<const GeneratedToken> Reply::fresh() {
  const std::span<const GeneratedToken> tokens = std::span<const GeneratedToken>(generated_).subspan(seen_, settled_ - seen_);
  seen_ = settled_;
  return tokens;
}

Generation Reply::result() {
  Generation generation;
  generation.cause = *ended_;
  generation.end = std::move(end_);
  for (const GeneratedToken& token : generated_) generation.text += token.text;
  generation.tokens = std::move(generated_);
  return generation;
}

bool Reply::is_end(TokenId id) const { return std::find(limits_.end_tokens.begin(), limits_.end_tokens.end(), id) != limits_.end_tokens.end(); }

}  // namespace xrouter::lm
