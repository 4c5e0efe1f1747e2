#include "xrouter/base/rng.hpp"
#include "xrouter/grade/choice/chosen.hpp"
#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/scan.hpp"

namespace xrouter::grade::choice {
namespace {

using extract::trimmed;

constexpr std::string_view kLetters = "ABCDEFGHIJ";

std::size_t skip_gap(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  return at;
}

std::string_view models_part(std::string_view text) {
  constexpr std::string_view kAssistant = "<|im_start|>assistant";
  if (text.find("<|im_start|>user") != std::string_view::npos) {
    const std::size_t at = text.find(kAssistant);
    text = at == std::string_view::npos ? text : text.substr(at);
  } else if (const std::size_t at = text.rfind("Assistant:"); at != std::string_view::npos) {
    text = trimmed(text.substr(at + 10));
  }
  for (const std::string_view stop : {"</s>", "<|im_end|>", "<|endoftext|>"}) {
    const std::size_t at = text.find(stop);
    if (at != std::string_view::npos) text = trimmed(text.substr(0, at));
  }
  return text;
}

// The end of a box whose content starts at `at`; npos when it is not closed or nested more than twice.
std::size_t box_end(std::string_view text, std::size_t at) {
  int depth = 1;
  for (; at < text.size(); ++at) {
    if (text[at] == '{' && ++depth > 3) return std::string_view::npos;
    if (text[at] == '}' && --depth == 0) return at;
  }
  return std::string_view::npos;
}

std::string_view last_box(std::string_view text) {
  constexpr std::string_view kBox = "\\boxed{";
  std::string_view found;
  for (std::size_t at = text.find(kBox); at != std::string_view::npos; at = text.find(kBox, at)) {
    at += kBox.size();
    const std::size_t end = box_end(text, at);
    if (end == std::string_view::npos) continue;
    found = text.substr(at, end - at);
    at = end;
  }
  return found;
}

// Up to a line break; `<` takes the next character with it, and `<<` is refused. On refusal `stop` is
// where, which holds for every later start before it as well.
std::optional<std::string_view> final_line(std::string_view text, std::size_t start, std::size_t& stop) {
  std::size_t at = start;
  while (at < text.size() && text[at] != '\n') {
    const bool opens = text[at] == '<';
    if (opens && (at + 1 >= text.size() || text[at + 1] == '<')) break;
    at += opens ? 2 : 1;
  }
  if (at < text.size() && text[at] == '\n') return text.substr(start, at - start);
  stop = std::max(stop, at);
  return std::nullopt;
}

std::optional<std::string_view> last_line_after(std::string_view text, std::string_view phrase) {
  std::optional<std::string_view> found;
  std::size_t stop = 0;
  for (std::size_t at = text.find(phrase); at != std::string_view::npos; at = text.find(phrase, at)) {
    at += phrase.size();
    if (at <= stop) continue;
    const auto line = final_line(text, at, stop);
    if (!line) continue;
    found = line;
    at += line->size();
  }
  return found;
}

std::optional<std::string_view> solution_of(std::string_view reply) {
  const std::string_view text = models_part(reply);
  const std::string_view box = last_box(text);
  if (!box.empty()) return box;
  const auto line = last_line_after(text, "Final Answer:");
  return line ? line : last_line_after(text, "The answer is:");
}

}  // namespace

char seed_gpqa_letter(std::string_view reply) {
  for (std::size_t at = 0; at + 6 < reply.size(); ++at) {
    if (!extract::has_at(reply, at, "answer")) continue;
    std::size_t next = skip_gap(reply, at + 6);
    if (next >= reply.size() || reply[next] != ':') continue;
    next = skip_gap(reply, next + 1);
    if (next < reply.size() && reply[next] == '$') ++next;
    const char upper = next < reply.size() ? extract::to_upper(reply[next]) : '\0';
    if (upper >= 'A' && upper <= 'D') return reply[next];
  }
  return 0;
}

char seed_supergpqa_letter(std::string_view reply, std::uint64_t seed) {
  const auto solution = solution_of(reply);
  const std::size_t at = solution ? kLetters.find_first_of(*solution) : std::string_view::npos;
  if (at != std::string_view::npos) return kLetters[at];
  Rng rng(seed);
  return kLetters[rng.below(kLetters.size())];
}

}  // namespace xrouter::grade::choice
