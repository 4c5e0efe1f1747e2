#include "xrouter/grade/math/candidates.hpp"

#include <algorithm>
#include <cctype>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/math/decide.hpp"
#include "xrouter/grade/math/limits.hpp"
#include "xrouter/grade/math/prose.hpp"
#include "xrouter/grade/math/sentence.hpp"

namespace xrouter::grade::math {
namespace {

constexpr std::size_t kMaxCompared = 16;      // boxes of a run
constexpr std::size_t kMaxBareBytes = 2'000;  // of a reply that is nothing but an answer

// Chat markers end a reply.
std::string_view before_marker(std::string_view text) { return text.substr(0, text.find("<|im_")); }

// Two boxes are one answer when nothing but connecting words stands between them.
bool is_connective(std::string_view between) {
  constexpr std::string_view kWords[] = {"and", "or", "for", "part", "a", "b", "quad", "qquad", "text", "textbf"};
  std::string word;
  const auto known = [&] { return word.empty() || std::ranges::find(kWords, word) != std::end(kWords); };
  for (const char c : between) {
    if (std::isalpha(static_cast<unsigned char>(c))) {
      word += c;
      continue;
    }
    if (!known()) return false;
    word.clear();
    if (std::string_view(" ,;$\\{}().\n\t").find(c) == std::string_view::npos) return false;
  }
  return known();
}

std::string_view between(std::string_view text, const extract::Box& left, const extract::Box& right) {
  const char* begin = left.content.data() + left.content.size();
  return text.substr(static_cast<std::size_t>(begin - text.data()), right.offset - static_cast<std::size_t>(begin - text.data()));
}

// The last box, or the run of boxes that it ends. Two different answers on one line are no single one.
std::string last_boxes(std::string_view text, const std::vector<extract::Box>& boxes, bool several, const Dialect& dialect) {
  std::string joined(boxes.back().content);
  // A longer list is over the limit of an answer anyway.
  for (std::size_t i = boxes.size() - 1; i > 0 && joined.size() <= kMaxBytes; --i) {
    if (!several && boxes.size() - i > kMaxCompared) break;
    const std::string_view gap = between(text, boxes[i - 1], boxes[i]);
    if (!is_connective(gap) || (!several && gap.find('\n') != std::string_view::npos)) break;
    const std::string_view other = boxes[i - 1].content;
    if (!several && decide(boxes.back().content, other, dialect).verdict == Verdict::equal) continue;
    joined = std::string(other) + ", " + joined;
    if (!several) break;
  }
  return joined;
}

void add(std::vector<std::string>& found, std::string_view text) {
  const std::string_view trimmed = extract::trimmed(text);
  if (!trimmed.empty() && std::ranges::find(found, trimmed) == found.end()) found.emplace_back(trimmed);
}

// "is $(7, 6)$. I hope it is correct." says (7, 6); "The volume of $ABC$ is 120." says 120.
void add_sentence(std::vector<std::string>& found, std::string_view sentence) {
  for (const std::string_view value : stated_values(without_closing(sentence))) add(found, value);
}

// The last of the most explicit ones.
const extract::Phrase* most_explicit(const std::vector<extract::Phrase>& phrases) {
  const extract::Phrase* best = nullptr;
  for (const extract::Phrase& phrase : phrases) {
    if (!best || phrase.kind <= best->kind) best = &phrase;
  }
  return best;
}

}  // namespace

std::vector<std::string> candidates(std::string_view reply, const Dialect& dialect, bool several) {
  std::vector<std::string> found;
  const auto counted = extract::without_thinking(reply, dialect.think);
  if (!counted) return found;
  const std::string_view text = extract::trimmed(before_marker(*counted));
  const std::vector<extract::Box> boxes = extract::boxes(text);
  const std::vector<extract::Phrase> phrases = dialect.strict_box ? std::vector<extract::Phrase>{} : extract::announced(text);
  const extract::Phrase* phrase = most_explicit(phrases);
  // A box is overruled only by "the final answer is" behind it.
  const bool overruled =
      phrase && phrase->kind == extract::Announced::final_answer_is && !boxes.empty() && phrase->offset > boxes.back().offset;
  if (!boxes.empty() && !overruled) {
    add(found, last_boxes(text, boxes, several, dialect));
    return found;
  }
  if (phrase) {
    add_sentence(found, phrase->rest);
    return found;
  }
  if (dialect.strict_box) return found;
  if (text.size() <= kMaxBareBytes && text.find("\n\n") == std::string_view::npos) add(found, bare(text));
  if (!is_prose_text(text)) return found;
  for (const std::string_view value : stated_values(last_sentence(text))) add(found, value);
  return found;
}

std::string answer_of_key(std::string_view key) {
  const std::vector<extract::Box> boxes = extract::boxes(key);
  if (boxes.empty()) return std::string(key);
  return last_boxes(key, boxes, true, Dialect{});
}

}  // namespace xrouter::grade::math
