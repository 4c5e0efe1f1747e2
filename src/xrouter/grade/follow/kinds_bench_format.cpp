// IFBench 2025: format.
#include <algorithm>

#include "xrouter/grade/follow/emoji.hpp"
#include "xrouter/grade/follow/kind.hpp"
#include "xrouter/grade/follow/punkt.hpp"
#include "xrouter/grade/follow/treebank.hpp"

namespace xrouter::grade::follow {
namespace {

// A group that is at least five deep and is being closed.
bool parentheses(const Subject& subject, const Args&) {
  constexpr TextView kOpen = U"([{";
  constexpr TextView kClose = U")]}";
  constexpr std::size_t kDepth = 5;
  Text open;
  std::size_t deepest = 0;
  for (const char32_t c : subject.text) {
    if (kOpen.find(c) != TextView::npos) {
      open.push_back(c);
      deepest = std::max(deepest, open.size());
      continue;
    }
    const std::size_t which = kClose.find(c);
    if (which == TextView::npos) continue;
    if (open.empty() || open.back() != kOpen[which]) {
      open.clear();
      deepest = 0;
      continue;
    }
    open.pop_back();
    if (deepest >= kDepth) return true;
  }
  return false;
}

// Three levels of quotes, all three closed again.
bool quotes(const Subject& subject, const Args&) {
  constexpr std::size_t kDepth = 3;
  Text open;
  std::size_t deepest = 0;
  for (const char32_t c : subject.text) {
    if (!open.empty() && open.back() == c) {
      open.pop_back();
      if (deepest >= open.size() + kDepth) return true;
    } else if (c == '"' || c == '\'') {
      open.push_back(c);
      deepest = std::max(deepest, open.size());
    }
  }
  return false;
}

// "(A), (B), (C)": only signs before, between and after the first three letters.
bool are_letters(TextView options) {
  std::size_t at = 0;
  for (const char32_t letter : TextView(U"abc")) {
    while (at < options.size() && !is_word(options[at])) ++at;
    if (at >= options.size() || lowered(options.substr(at, 1))[0] != letter) return false;
    ++at;
  }
  return true;
}

bool options(const Subject& subject, const Args& args) {
  const TextView offered = args.text("options");
  const TextView separator = contains(offered, U"/") ? U"/" : contains(offered, U"or") ? U"or" : U",";
  const bool exact = are_letters(offered);
  const auto folded = [](TextView text) { return lowered(stripped(text, punctuation_and_space())); };
  return std::ranges::any_of(split(offered, separator), [&](TextView option) {
    return exact ? stripped(option) == subject.text : folded(stripped(option)) == folded(subject.text);
  });
}

bool newline(const Subject& subject, const Args&) {
  const Text text = without_punctuation(subject.text);
  const auto lines = split(stripped(text), U"\n");
  const auto filled = std::ranges::count_if(lines, [](TextView line) { return !line.empty(); });
  return static_cast<std::size_t>(filled) == blank_separated(text).size();
}

// An emoji as the last character or the one before it (a variation selector may follow), or at the start of the next
// sentence, where the splitter may have put it.
bool emoji(const Subject& subject, const Args&) {
  std::vector<Text> sentences;
  for (const TextView sentence : punkt_sentences(subject.text)) sentences.emplace_back(stripped(without_punctuation(sentence)));
  if (std::ranges::any_of(sentences, [](const Text& sentence) { return sentence.empty(); })) return false;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    const Text& sentence = sentences[i];
    const bool at_end = is_emoji(sentence.back()) || (sentence.size() > 1 && is_emoji(sentence[sentence.size() - 2]));
    const bool after = i + 1 < sentences.size() && is_emoji(sentences[i + 1].front());
    if (!at_end && !after) return false;
  }
  return true;
}

std::size_t indent(TextView line) { return line.size() - left_stripped(line, U" ").size(); }

// Of two blank lines in a row the original takes out only the first; so do we.
bool line_indent(const Subject& subject, const Args&) {
  std::vector<TextView> lines = split(subject.text, U"\n");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!is_blank(lines[i])) continue;
    lines.erase(std::ranges::find(lines, lines[i]));
  }
  return std::ranges::adjacent_find(lines, std::ranges::greater_equal{}, indent) == lines.end();
}

bool quote_unquote(const Subject& subject, const Args&) {
  const Text without_sign = replaced(subject.text, U"'\"'", U"");
  Text text;
  std::ranges::copy_if(without_sign, std::back_inserter(text), [](char32_t c) { return !is_space(c); });
  if (contains(text, U"\"\"")) return false;
  const TextView bare = stripped(text, U"0123456789!#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");
  return bare.empty() || bare.back() != '"';
}

bool list(const Subject& subject, const Args& args) { return count(subject.text, args.text("sep")) >= 2; }

bool thesis(const Subject& subject, const Args&) {
  const TextView text = subject.text;
  const auto first_of = [](TextView in, TextView wanted, TextView otherwise) {
    const std::size_t at = in.find(wanted);
    return at == TextView::npos ? in.find(otherwise) : at;
  };
  const std::size_t open = first_of(text, U"<i>", U"<em>");
  if (open == TextView::npos) return false;
  const TextView from = text.substr(open);
  const std::size_t close = first_of(from, U"</i>", U"</em>");
  if (close == TextView::npos || close < 3) return false;
  return !is_blank(from.substr(3, close - 3)) && !is_blank(from.substr(close + 4));
}

bool sub_bullets(const Subject& subject, const Args&) {
  const auto bullets = split(subject.text, U"*");
  return std::all_of(bullets.begin() + 1, bullets.end(), [](TextView bullet) { return contains(bullet, U"-"); });
}

bool no_bullets_bullets(const Subject& subject, const Args&) {
  bool in_sentences = true;
  std::size_t sentences = 0;
  std::size_t bullets = 0;
  for (const TextView line : split(subject.text, U"\n")) {
    const TextView text = stripped(line);
    if (text.starts_with(U"*")) {
      in_sentences = false;
      if (sentences < 2) return false;
      ++bullets;
    } else if (in_sentences) {
      const std::size_t found = punkt_sentences(text).size();
      in_sentences = found > 0;  // a blank line ends the sentences
      sentences += found;
    } else {
      return false;
    }
  }
  return bullets >= 2;
}

bool is_title_cased(TextView token) {
  if (token.empty() || !is_alpha(token[0])) return true;
  const TextView rest = token.substr(1);
  if (rest.empty()) return !is_lower(token[0]);
  return !is_lower(token[0]) || (!all_upper(rest) && !all_lower(rest));
}

bool title_case(const Subject& subject, const Args&) { return std::ranges::all_of(word_tokens(subject.text), is_title_cased); }

bool output_template(const Subject& subject, const Args&) {
  return contains(subject.text, U"My Answer:") && contains(subject.text, U"My Conclusion:") && contains(subject.text, U"Future Outlook:");
}

bool no_whitespace(const Subject& subject, const Args&) { return std::ranges::none_of(subject.text, is_space); }

constexpr Kind kKinds[] = {
    {.id = "format:parentheses", .check = plain<parentheses>},
    {.id = "format:quotes", .check = plain<quotes>},
    {.id = "format:options", .args = {{{"options", ArgType::text}}}, .check = plain<options>},
    {.id = "format:newline", .check = plain<newline>},
    {.id = "format:emoji", .check = plain<emoji>},
    {.id = "format:line_indent", .check = plain<line_indent>},
    {.id = "format:quote_unquote", .check = plain<quote_unquote>},
    {.id = "format:list", .args = {{{"sep", ArgType::text}}}, .check = plain<list>},
    {.id = "format:thesis", .check = plain<thesis>},
    {.id = "format:sub-bullets", .check = plain<sub_bullets>},
    {.id = "format:no_bullets_bullets", .check = plain<no_bullets_bullets>},
    {.id = "format:title_case", .check = plain<title_case>},
    {.id = "format:output_template", .check = plain<output_template>},
    {.id = "format:no_whitespace", .check = plain<no_whitespace>},
};

}  // namespace

std::span<const Kind> bench_format_kinds() { return kKinds; }

}  // namespace xrouter::grade::follow
