// IF_multi_constraints: copying, wrapping and paragraphs.
#include <algorithm>

#include "xrouter/grade/follow/kind.hpp"
#include "xrouter/grade/follow/pieces.hpp"

namespace xrouter::grade::follow {
namespace {

bool same_folded(TextView a, TextView b) { return lowered(stripped(a)) == lowered(stripped(b)); }

/// Spans on one line from the first word to the last word after it, each as short as can be.
std::vector<TextView> spans_between(TextView text, TextView first, TextView last) {
  const Text open = Text(first) + U" ";
  const Text close = U" " + Text(last);
  std::vector<TextView> out;
  for (std::size_t begin = text.find(open); begin != TextView::npos;) {
    const std::size_t line_end = std::min(text.find(U'\n', begin + open.size()), text.size());
    const std::size_t end = text.substr(0, line_end).find(close, begin + open.size());
    if (end != TextView::npos) out.push_back(text.substr(begin, end + close.size() - begin));
    begin = text.find(open, end == TextView::npos ? line_end : end + close.size());
  }
  return out;
}

std::size_t differences(const std::vector<TextView>& a, const std::vector<TextView>& b) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < a.size(); ++i) found += a[i] == b[i] ? 0 : 1;
  return found;
}

// Each copy differs in exactly one word. The seed lets the earlier ones differ in none.
bool repeat_phrase(const Subject& subject, const Args& args) {
  const auto phrase = blank_separated(args.text("phrase"));
  const auto copies = spans_between(subject.text, phrase.front(), phrase.back());
  if (copies.empty() || copies.size() != args.count("small_n")) return false;
  for (std::size_t i = 0; i < copies.size(); ++i) {
    const auto copy = blank_separated(copies[i]);
    if (copy.size() != phrase.size()) return false;
    const std::size_t found = differences(copy, phrase);
    const bool may_be_same = subject.bug_compat && i + 1 < copies.size();
    if (found != 1 && !(found == 0 && may_be_same)) return false;
  }
  return true;
}

bool copy(const Subject& subject, const Args& args) { return same_folded(subject.text, args.text("prompt_to_repeat")); }

bool copying_multiple(const Subject& subject, const Args& args) {
  const auto copies = split(subject.text, U"******");
  const auto is_copy = [&](TextView piece) { return same_folded(piece, args.text("prompt_to_repeat")); };
  return copies.size() == args.count("N") && std::ranges::all_of(copies, is_copy);
}

bool copy_span_idx(const Subject& subject, const Args& args) {
  const TextView prompt = args.text("prompt_to_repeat");
  const std::size_t end = std::min(args.count("n_end"), prompt.size());
  const std::size_t start = std::min(args.count("n_start"), end);
  return same_folded(subject.text, prompt.substr(start, end - start));
}

bool sentence_hyphens(const Subject& subject, const Args&) {
  const auto pieces = split(subject.text, U"-");
  const auto is_word_like = [](TextView piece) { return stripped(piece) == piece && !contains(piece, U" "); };
  return pieces.size() > 1 && std::ranges::all_of(pieces, is_word_like);
}

bool square_brackets(const Subject& subject, const Args&) {
  return std::ranges::all_of(blank_separated(subject.text), [](TextView word) { return word.starts_with(U"[") && word.ends_with(U"]"); });
}

bool bigram_wrapping(const Subject& subject, const Args&) {
  const auto words = blank_separated(subject.text);
  for (std::size_t i = 0; i + 1 < words.size(); i += 2)
    if (!words[i].starts_with(U"<<") || !words[i + 1].ends_with(U">>")) return false;
  return true;
}

bool paragraphs_by_stars(const Subject& subject, const Args&) { return filled_pieces(starred_pieces(subject.text)) == std::size_t{2}; }

bool paragraphs_by_lines(const Subject& subject, const Args&) { return filled_pieces(split(subject.text, U"\n\n")) == std::size_t{2}; }

constexpr std::array<ArgSpec, 5> kPrompt{{{"prompt_to_repeat", ArgType::text}}};

constexpr Kind kKinds[] = {
    {.id = "copy:repeat_phrase", .args = {{{"phrase", ArgType::text}, {"small_n", ArgType::ordinal}}}, .check = plain<repeat_phrase>},
    {.id = "copy:copy", .args = kPrompt, .check = plain<copy>},
    {.id = "copy:copying_simple", .args = kPrompt, .check = plain<copy>},
    {.id = "copy:copying_multiple",
     .args = {{{"prompt_to_repeat", ArgType::text}, {"N", ArgType::ordinal}}},
     .check = plain<copying_multiple>},
    {.id = "new:copy_span_idx",
     .args = {{{"prompt_to_repeat", ArgType::text}, {"n_start", ArgType::count}, {"n_end", ArgType::count}}},
     .check = plain<copy_span_idx>},
    {.id = "detectable_format:sentence_hyphens", .check = plain<sentence_hyphens>},
    {.id = "detectable_format:square_brackets", .check = plain<square_brackets>},
    {.id = "detectable_format:bigram_wrapping", .check = plain<bigram_wrapping>},
    {.id = "paragraphs:paragraphs", .check = plain<paragraphs_by_stars>},
    {.id = "paragraphs:paragraphs2", .check = plain<paragraphs_by_lines>},
};

}  // namespace

std::span<const Kind> multi_copy_kinds() { return kKinds; }

}  // namespace xrouter::grade::follow
