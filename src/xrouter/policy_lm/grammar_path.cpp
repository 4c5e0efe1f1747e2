#include "xrouter/policy_lm/grammar_path.hpp"

#include <algorithm>
#include <string>

namespace xrouter::policy_lm {
namespace {

using grammar::Matcher;
using grammar::Step;
using tokenizer::TokenId;

/// The text as bytes, with the tokens that the tokenizer would begin at each place. A special token is one place.
class Text {
 public:
  Text(const tokenizer::Tokenizer& tokenizer, std::span<const TokenId> wanted) : tokenizer_(tokenizer) {
    for (const TokenId id : wanted) {
      const std::string_view bytes = tokenizer.bytes_of(id);
      const bool special = tokenizer.is_special(id);
      token_at_.push_back(id);
      token_at_.resize(bytes_.size() + (special ? 1 : bytes.size()), kNone);
      bytes_.append(special ? std::string_view("\0", 1) : bytes);
    }
  }
  std::size_t size() const { return bytes_.size(); }

  /// The tokens that may stand here, the tokenizer's own first, then the longest.
  std::vector<TokenId> candidates(std::size_t at, const Step& step) const {
    const TokenId own = token_at_[at];
    if (own != kNone && tokenizer_.is_special(own)) return allows(step, own) ? std::vector{own} : std::vector<TokenId>{};
    std::vector<TokenId> found;
    const std::string_view rest = until_special(at);
    if (step.many) {
      for (std::size_t length = std::min(rest.size(), kLongest); length > 0; --length)
        if (const auto id = tokenizer_.id_of(rest.substr(0, length)); id && !tokenizer_.is_special(*id) && allows(step, *id))
          found.push_back(*id);
    } else {
      for (const TokenId id : step.few)
        if (!tokenizer_.is_special(id) && !tokenizer_.bytes_of(id).empty() && rest.starts_with(tokenizer_.bytes_of(id)))
          found.push_back(id);
      std::ranges::stable_sort(found, std::ranges::greater(), [&](TokenId id) { return tokenizer_.bytes_of(id).size(); });
    }
    std::erase(found, own);
    if (own != kNone && allows(step, own)) found.insert(found.begin(), own);
    return found;
  }
  std::size_t width(TokenId id) const { return tokenizer_.is_special(id) ? 1 : tokenizer_.bytes_of(id).size(); }

 private:
  static constexpr TokenId kNone = -1;
  static constexpr std::size_t kLongest = 64;  // bytes of a token that the tokenizer itself would not have taken
  static constexpr std::size_t kWindow = 1024;

  static bool allows(const Step& step, TokenId id) { return step.many ? step.many->allows(id) : std::ranges::binary_search(step.few, id); }
  std::string_view until_special(std::size_t at) const {
    std::size_t end = at;
    while (end < bytes_.size() && end < at + kWindow && (token_at_[end] == kNone || !tokenizer_.is_special(token_at_[end]))) ++end;
    return std::string_view(bytes_).substr(at, end - at);
  }

  const tokenizer::Tokenizer& tokenizer_;
  std::string bytes_;
  std::vector<TokenId> token_at_;
};

/// One place of the text on the way through.
struct Visit {
  Matcher matcher;  ///< before the token
  std::size_t at = 0;
  std::vector<TokenId> candidates;
  std::size_t next = 0;  ///< the candidate to be tried
};

std::vector<std::int32_t> choices_of(const Step& step, std::span<const TokenId> end_tokens) {
  if (step.many || step.forced() || step.finished()) return {};
  std::vector<std::int32_t> choices(step.few.begin(), step.few.end());
  if (step.may_end) choices.insert(choices.end(), end_tokens.begin(), end_tokens.end());
  std::ranges::sort(choices);
  return choices;
}

std::vector<TokenTrace::Token> tokens_of(const std::vector<Visit>& visits, const Step& last, std::span<const TokenId> end_tokens) {
  std::vector<TokenTrace::Token> tokens;
  for (const Visit& visit : visits) {
    const Step& step = visit.matcher.next();
    tokens.push_back({.id = visit.candidates[visit.next], .forced = step.forced(), .choices = choices_of(step, end_tokens)});
  }
  tokens.push_back({.id = end_tokens.front(), .forced = last.finished(), .choices = choices_of(last, end_tokens)});
  return tokens;
}

}  // namespace

std::optional<std::vector<TokenTrace::Token>> path_through(Matcher matcher, const tokenizer::Tokenizer& tokenizer,
                                                           std::span<const TokenId> end_tokens, std::span<const TokenId> wanted) {
  if (end_tokens.empty()) return std::nullopt;
  const Text text(tokenizer, wanted);
  std::vector<Visit> visits;
  std::size_t at = 0;
  for (std::size_t left = 8 * text.size() + 1000; left > 0; --left) {
    if (at == text.size() && (matcher.next().may_end || matcher.next().finished())) return tokens_of(visits, matcher.next(), end_tokens);
    auto candidates = at < text.size() ? text.candidates(at, matcher.next()) : std::vector<TokenId>{};
    if (!candidates.empty()) {
      visits.push_back({.matcher = matcher, .at = at, .candidates = std::move(candidates), .next = 0});
    } else {
      while (!visits.empty() && ++visits.back().next >= visits.back().candidates.size()) visits.pop_back();
      if (visits.empty()) return std::nullopt;
    }
    const Visit& visit = visits.back();
    matcher = visit.matcher;
    const TokenId id = visit.candidates[visit.next];
    if (!matcher.accept(id)) return std::nullopt;
    at = visit.at + text.width(id);
  }
  return std::nullopt;
}

}  // namespace xrouter::policy_lm
