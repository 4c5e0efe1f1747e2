#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/scan.hpp"

namespace xrouter::grade::extract {
namespace {

constexpr std::string_view kAnswer = "answer";

bool is_emphasis(char c) { return c == '*' || c == '_'; }

// Bounds every look around a phrase, so that a run of blanks or stars is not read again and again.
constexpr std::size_t kMaxGap = 16;

std::size_t skip_gap(std::string_view text, std::size_t at) {
  const std::size_t limit = std::min(text.size(), at + kMaxGap);
  while (at < limit && (text[at] == ' ' || text[at] == '\t' || is_emphasis(text[at]))) ++at;
  return at;
}

// Where "final" begins when it is the word before `at`.
std::optional<std::size_t> final_before(std::string_view text, std::size_t at) {
  constexpr std::string_view kFinal = "final";
  const std::size_t limit = at > kMaxGap ? at - kMaxGap : 0;
  std::size_t end = at;
  while (end > limit && (is_blank(text[end - 1]) || is_emphasis(text[end - 1]))) --end;
  if (end == at || end < kFinal.size() || !has_at(text, end - kFinal.size(), kFinal)) return std::nullopt;
  const std::size_t start = end - kFinal.size();
  const bool bordered = start == 0 || !is_word(text[start - 1]) || text[start - 1] == '_';
  return bordered ? std::optional(start) : std::nullopt;
}

// The end of "is", with a colon behind it or not, or of a colon, at the first word after the gap.
std::optional<std::size_t> verb_end(std::string_view text, std::size_t at, bool& colon) {
  at = skip_gap(text, at);
  colon = at < text.size() && text[at] == ':';
  if (colon) return at + 1;
  if (!has_at(text, at, "is") || (at + 2 < text.size() && is_word(text[at + 2]) && text[at + 2] != '_')) return std::nullopt;
  const std::size_t behind = skip_gap(text, at + 2);
  return behind < text.size() && text[behind] == ':' ? behind + 1 : at + 2;
}

// The trimmed end of the line that is being read, found once a line.
class LineEnd {
 public:
  explicit LineEnd(std::string_view text) : text_(text) {}
  std::size_t of(std::size_t at) {
    if (at > line_end_) {
      line_end_ = std::min(text_.find('\n', at), text_.size());
      trimmed_end_ = line_end_;
      while (trimmed_end_ > at && is_blank(text_[trimmed_end_ - 1])) --trimmed_end_;
    }
    return std::max(at, trimmed_end_);
  }

 private:
  std::string_view text_;
  std::size_t line_end_ = 0;
  std::size_t trimmed_end_ = 0;
};

std::optional<Phrase> phrase_at(std::string_view text, std::size_t at, LineEnd& line_end) {
  if (at > 0 && is_word(text[at - 1]) && text[at - 1] != '_') return std::nullopt;
  const std::size_t behind = at + kAnswer.size();
  bool colon = false;
  const auto end = verb_end(text, behind, colon);
  if (!end) return std::nullopt;
  const auto final_at = final_before(text, at);
  return Phrase{.kind = final_at ? Announced::final_answer_is : colon ? Announced::answer_colon : Announced::answer_is,
                .offset = final_at.value_or(at),
                .rest = trimmed(text.substr(*end, line_end.of(*end) - *end))};
}

}  // namespace

std::vector<Phrase> announced(std::string_view text) {
  std::vector<Phrase> found;
  LineEnd line_end(text);
  for (std::size_t at = text.find_first_of("aA"); at != std::string_view::npos; at = text.find_first_of("aA", at + 1)) {
    if (!has_at(text, at, kAnswer)) continue;
    if (const auto phrase = phrase_at(text, at, line_end)) found.push_back(*phrase);
    at += kAnswer.size() - 1;
  }
  return found;
}

}  // namespace xrouter::grade::extract
