// IFEval's length_constraints:* kinds.
#include "xrouter/grade/follow/kind.hpp"
#include "xrouter/grade/follow/pieces.hpp"
#include "xrouter/grade/follow/punkt.hpp"

namespace xrouter::grade::follow {
namespace {

bool number_sentences(const Subject& subject, const Args& args) {
  return args.compare(punkt_sentences(subject.text).size(), "relation", "num_sentences");
}

bool number_words(const Subject& subject, const Args& args) { return args.compare(words(subject.text).size(), "relation", "num_words"); }

bool number_paragraphs(const Subject& subject, const Args& args) {
  return filled_pieces(starred_pieces(subject.text)) == args.count("num_paragraphs");
}

// Blank paragraphs do not count, but they shift the index: so the original does it.
bool nth_paragraph_first_word(const Subject& subject, const Args& args) {
  const auto paragraphs = split(subject.text, U"\n\n");
  std::size_t filled = 0;
  for (const TextView paragraph : paragraphs) filled += is_blank(paragraph) ? 0 : 1;
  const std::size_t nth = args.count("nth_paragraph");
  if (nth > filled || filled != args.count("num_paragraphs") || is_blank(paragraphs[nth - 1])) return false;
  const TextView word = left_stripped(left_stripped(blank_separated(paragraphs[nth - 1]).front(), U"'"), U"\"");
  return lowered(word.substr(0, word.find_first_of(U".,?!'\""))) == lowered(args.text("first_word"));
}

constexpr Kind kKinds[] = {
    {.id = "length_constraints:number_sentences",
     .args = {{{"num_sentences", ArgType::count}, {"relation", ArgType::relation}}},
     .check = plain<number_sentences>},
    {.id = "length_constraints:number_paragraphs", .args = {{{"num_paragraphs", ArgType::count}}}, .check = plain<number_paragraphs>},
    {.id = "length_constraints:number_words",
     .args = {{{"num_words", ArgType::count}, {"relation", ArgType::relation}}},
     .check = plain<number_words>},
    {.id = "length_constraints:nth_paragraph_first_word",
     .args = {{{"num_paragraphs", ArgType::count}, {"nth_paragraph", ArgType::ordinal}, {"first_word", ArgType::text}}},
     .check = plain<nth_paragraph_first_word>},
};

}  // namespace

std::span<const Kind> length_kinds() { return kKinds; }

}  // namespace xrouter::grade::follow
