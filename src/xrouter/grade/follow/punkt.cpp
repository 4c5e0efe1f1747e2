#include "xrouter/grade/follow/punkt.hpp"

#include <optional>

#include "xrouter/grade/follow/models.hpp"
#include "xrouter/grade/follow/punkt_words.hpp"

namespace xrouter::grade::follow {
namespace {

// How the words of the training text were written, as bits of SentenceModel::contexts.
constexpr int kUpperFirst = 1 << 1;  // capitalised at the start of a sentence
constexpr int kUpperInside = 1 << 2;
constexpr int kUpperUnclear = 1 << 3;
constexpr int kLowerFirst = 1 << 4;
constexpr int kLowerInside = 1 << 5;
constexpr int kLowerUnclear = 1 << 6;
constexpr int kUpper = kUpperFirst | kUpperInside | kUpperUnclear;
constexpr int kLower = kLowerFirst | kLowerInside | kLowerUnclear;

struct Span {
  std::size_t begin;
  std::size_t end;
};

/// A place where a sentence may end, with the text that decides.
struct Candidate {
  std::size_t mark;                      // of the period, question or exclamation mark
  std::size_t after;                     // end of the deciding text
  std::optional<std::size_t> next_word;  // what follows after blanks
  std::size_t word = 0;                  // begin of the word that ends here
};

bool is_mark(char32_t c) { return c == '.' || c == '?' || c == '!'; }
bool is_ascii_space(char32_t c) { return c == ' ' || (c >= 0x9 && c <= 0xD); }

std::optional<Candidate> candidate_at(TextView text, std::size_t mark) {
  std::size_t at = mark + 1;
  if (at >= text.size()) return std::nullopt;
  if (breaks_word(text[at])) return Candidate{.mark = mark, .after = at + 1, .next_word = std::nullopt};
  while (at < text.size() && is_space(text[at])) ++at;
  const std::size_t word = at;
  if (word == mark + 1 || word == text.size()) return std::nullopt;
  while (at < text.size() && !is_space(text[at])) ++at;
  return Candidate{.mark = mark, .after = at, .next_word = word};
}

// Begin of the word before `end`; a blank at `from` itself does not count, as in the original.
std::optional<std::size_t> word_begin(TextView text, std::size_t from, std::size_t end) {
  for (std::size_t at = end; at > from + 1; --at)
    if (is_ascii_space(text[at - 1])) return at;
  return std::nullopt;
}

// Of marks in one word, as in "Why?!", only the last is a candidate.
std::vector<Candidate> candidates(TextView text) {
  std::vector<Candidate> out;
  std::optional<Candidate> previous;
  for (std::size_t mark = 0; mark < text.size(); ++mark) {
    if (!is_mark(text[mark])) continue;
    auto candidate = candidate_at(text, mark);
    if (!candidate) continue;
    const std::size_t previous_word = previous ? previous->word : 0;
    const std::size_t previous_mark = previous ? previous->mark : 0;
    candidate->word = word_begin(text, previous_mark, mark).value_or(previous_word);
    if (previous && previous_mark <= candidate->word) out.push_back(*previous);
    previous = candidate;
  }
  if (previous) out.push_back(*previous);
  return out;
}

void mark_by_type(PunktWord& word, const SentenceModel& model) {
  const TextView text = word.text;
  if (text.size() == 1 && is_mark(text[0])) {
    word.ends_sentence = true;
  } else if (text.size() >= 2 && text.find_first_not_of(U'.') == TextView::npos) {
    word.is_ellipsis = true;
  } else if (word.has_final_period() && !text.ends_with(U"..")) {
    const std::string bare = encode(lowered(text.substr(0, text.size() - 1)));
    word.is_abbreviation = model.abbreviations.contains(bare) || model.abbreviations.contains(bare.substr(bare.rfind('-') + 1));
    word.ends_sentence = !word.is_abbreviation;
  }
}

enum class Begins { no, yes, unclear };

int contexts_of(const std::string& type, const SentenceModel& model) {
  const auto found = model.contexts.find(type);
  return found == model.contexts.end() ? 0 : found->second;
}

// Whether the way a word is written shows that a sentence begins with it.
Begins begins_sentence(const PunktWord& word, const SentenceModel& model) {
  if (word.text.size() == 1 && TextView(U";:,.!?").find(word.text[0]) != TextView::npos) return Begins::no;
  const int contexts = contexts_of(word.type_in_context(), model);
  if (is_upper(word.text[0]) && (contexts & kLower) != 0 && (contexts & kUpperInside) == 0) return Begins::yes;
  if (is_lower(word.text[0]) && ((contexts & kUpper) != 0 || (contexts & kLowerFirst) == 0)) return Begins::no;
  return Begins::unclear;
}

void mark_as_abbreviation(PunktWord& word) {
  word.ends_sentence = false;
  word.is_abbreviation = true;
}

void mark_by_next(PunktWord& word, const PunktWord& next, const SentenceModel& model) {
  if (!word.has_final_period()) return;
  const std::string type = word.type_without_period();
  const std::string next_type = next.type_in_context();
  if (model.collocations.contains(type + '\t' + next_type)) return mark_as_abbreviation(word);
  const Begins begins = begins_sentence(next, model);
  if ((word.is_abbreviation || word.is_ellipsis) && !word.is_initial()) {
    const bool starter = is_upper(next.text[0]) && model.starters.contains(next_type);
    if (begins == Begins::yes || starter) {
      word.ends_sentence = true;
      return;
    }
  }
  if (!word.is_initial() && type != "##number##") return;
  const bool name =
      begins == Begins::unclear && word.is_initial() && is_upper(next.text[0]) && (contexts_of(next_type, model) & kLower) == 0;
  if (begins == Begins::no || name) mark_as_abbreviation(word);
}

// Whether a word of the text ends a sentence; the last one does not count, for nothing follows it.
bool holds_end(TextView text, const SentenceModel& model) {
  std::vector<PunktWord> words = punkt_words(text);
  for (PunktWord& word : words) mark_by_type(word, model);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    mark_by_next(words[i], words[i + 1], model);
    if (words[i].ends_sentence) return true;
  }
  return false;
}

std::vector<Span> raw_spans(TextView text) {
  const SentenceModel& model = sentence_model();
  std::vector<Span> out;
  std::size_t begin = 0;
  for (const Candidate& candidate : candidates(text)) {
    if (!holds_end(text.substr(candidate.word, candidate.after - candidate.word), model)) continue;
    out.push_back({begin, candidate.mark + 1});
    begin = candidate.next_word.value_or(candidate.mark + 1);
  }
  out.push_back({begin, right_stripped(text).size()});
  return out;
}

struct Closing {
  std::size_t marks;     // quotes and brackets that still belong to the sentence before
  std::size_t consumed;  // with the blanks after them
};

std::optional<Closing> closing_marks(TextView sentence) {
  std::size_t marks = 0;
  while (marks < sentence.size() && TextView(U"\"')]}").find(sentence[marks]) != TextView::npos) ++marks;
  if (marks == 0) return std::nullopt;
  std::size_t end = marks;
  while (end < sentence.size() && is_space(sentence[end])) ++end;
  if (end == marks && end < sentence.size() && !sentence.substr(end).starts_with(U"--")) return std::nullopt;
  return Closing{marks, end};
}

TextView cut(TextView text, const Span& span) {
  return span.begin < span.end ? text.substr(span.begin, span.end - span.begin) : TextView();
}

}  // namespace

std::vector<TextView> punkt_sentences(TextView text) {
  const std::vector<Span> spans = raw_spans(text);
  std::vector<TextView> out;
  std::size_t moved = 0;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    Span span{spans[i].begin + moved, spans[i].end};
    const auto closing = i + 1 < spans.size() ? closing_marks(cut(text, spans[i + 1])) : std::nullopt;
    moved = closing ? closing->consumed : 0;
    if (closing) span.end = spans[i + 1].begin + closing->marks;
    if (span.begin < span.end) out.push_back(cut(text, span));
  }
  return out;
}

}  // namespace xrouter::grade::follow
