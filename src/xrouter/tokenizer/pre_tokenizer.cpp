#include "xrouter/tokenizer/pre_tokenizer.hpp"

#include <utf8proc.h>

#include <algorithm>

#include "xrouter/tokenizer/unicode_version.hpp"
#include "xrouter/tokenizer/utf8.hpp"

namespace xrouter::tokenizer {
namespace {

bool is_number(char32_t code) {
  if (code < 0x80) return code >= '0' && code <= '9';
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(code));
  return category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL || category == UTF8PROC_CATEGORY_NO || is_later_number(code);
}

// One run over one list of pieces; the vectors live as long as it does.
class Splitter {
 public:
  Splitter(std::string_view text, Pattern::Scratch& scratch) : text_(text), scratch_(scratch) {}

  void apply(const std::vector<PreTokenizerStep>& steps, std::vector<Range>& pieces) {
    for (const PreTokenizerStep& step : steps) {
      next_.clear();
      for (const Range& piece : pieces) std::visit([&](const auto& kind) { split(kind, piece); }, step);
      pieces.swap(next_);
    }
  }

 private:
  void split(const SplitStep& step, Range piece) {
    matches_.clear();
    step.pattern.find_all(piece.of(text_), scratch_, matches_);
    if (step.behaviour == SplitBehaviour::isolated) return isolate(piece);
    stretches_.clear();
    std::size_t at = piece.begin;
    for (const Range& match : matches_) {
      const Range found{piece.begin + match.begin, piece.begin + match.end};
      if (at < found.begin) stretches_.push_back({{at, found.begin}, step.invert});
      stretches_.push_back({found, !step.invert});
      at = found.end;
    }
    if (at < piece.end) stretches_.push_back({{at, piece.end}, step.invert});
    append_pieces(stretches_, step.behaviour, next_);
  }

  void isolate(Range piece) {
    std::size_t at = 0;
    const auto put = [&](std::size_t begin, std::size_t end) {
      if (begin < end) next_.push_back({piece.begin + begin, piece.begin + end});
    };
    for (const Range& match : matches_) {
      put(at, match.begin);
      put(match.begin, match.end);
      at = match.end;
    }
    put(at, piece.size());
  }

  void split(const DigitsStep& step, Range piece) {
    std::size_t begin = piece.begin;
    bool in_number = false;
    for (std::size_t at = piece.begin; at < piece.end;) {
      const Utf8Char next = valid_utf8_at(text_, at);
      const bool number = is_number(next.code);
      const bool cut = number != in_number || (number && step.individual);
      if (cut && begin < at) next_.push_back({begin, at});
      if (cut) begin = at;
      in_number = number;
      at += next.bytes;
    }
    if (begin < piece.end) next_.push_back({begin, piece.end});
  }

  std::string_view text_;
  Pattern::Scratch& scratch_;
  std::vector<Range> next_;
  std::vector<Range> matches_;
  std::vector<Stretch> stretches_;
};

struct Spaced {
  std::string text;
  std::vector<Range> pieces;
};

Spaced with_spaces(std::string_view text, const std::vector<Range>& pieces) {
  Spaced spaced;
  for (const Range& piece : pieces) {
    const std::size_t begin = spaced.text.size();
    if (piece.of(text).front() != ' ') spaced.text += ' ';
    spaced.text += piece.of(text);
    spaced.pieces.push_back({begin, spaced.text.size()});
  }
  return spaced;
}

}  // namespace

void append_pieces(const std::vector<Stretch>& stretches, SplitBehaviour behaviour, std::vector<Range>& out) {
  const std::size_t first = out.size();
  bool may_join = false;  // a matched stretch for the next to join, where the behaviour asks for one
  bool previous_matched = false;
  for (const auto& [range, matched] : stretches) {
    bool join = false;
    switch (behaviour) {
      case SplitBehaviour::isolated:
        break;
      case SplitBehaviour::removed:
        break;
      case SplitBehaviour::contiguous:
        join = out.size() > first && matched == previous_matched;
        break;
      case SplitBehaviour::merged_with_previous:
        join = out.size() > first && matched && !previous_matched;
        break;
      case SplitBehaviour::merged_with_next:
        join = !matched && may_join;
        break;
    }
    may_join = matched;
    previous_matched = matched;
    if (join)
      out.back().end = range.end;
    else if (behaviour != SplitBehaviour::removed || !matched)
      out.push_back(range);
  }
  // Empty matches have done their joining; as pieces they do not count.
  out.erase(std::remove_if(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(), [](const Range& range) { return range.empty(); }),
            out.end());
}

PreTokenizer::Result PreTokenizer::split(std::string_view text, Pattern::Scratch& scratch) const {
  Result result;
  if (text.empty()) return result;
  const std::optional<std::string> other = stand_in(text);
  const std::string_view subject = other ? std::string_view(*other) : text;
  result.words.push_back({0, text.size()});
  Splitter(subject, scratch).apply(steps, result.words);
  if (!add_prefix_space) {
    Splitter(subject, scratch).apply(words, result.words);
    return result;
  }
  Spaced seen = with_spaces(subject, result.words);
  result.spaced = with_spaces(text, result.words).text;
  result.words = std::move(seen.pieces);
  Splitter(seen.text, scratch).apply(words, result.words);
  return result;
}

}  // namespace xrouter::tokenizer
