#include "xrouter/grade/code/candidates.hpp"

#include <algorithm>
#include <array>

#include "xrouter/grade/extract/extract.hpp"

namespace xrouter::grade::code {
namespace {

constexpr std::size_t kMaxTexts = 16;
constexpr std::size_t kMaxProgramBytes = 1 << 20;
constexpr std::array<std::string_view, 7> kPythonLabels = {"", "python", "python3", "py", "py3", "python 3", "text"};
constexpr std::array<std::string_view, 6> kCppLabels = {"", "cpp", "c++", "cc", "cxx", "c"};

std::string program_text(std::string_view content) {
  std::string text = extract::to_utf8(content);
  std::string unix_lines;
  unix_lines.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r')
      unix_lines += text[i];
    else if (i + 1 >= text.size() || text[i + 1] != '\n')
      unix_lines += '\n';
  }
  return unix_lines;
}

bool fits(std::string_view info, Language language) {
  std::string label;
  for (const char c : info.substr(0, info.find_first_of(",{:"))) label += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::string_view word = extract::trimmed(label);
  if (language == Language::cpp) return std::ranges::find(kCppLabels, word) != kCppLabels.end();
  return std::ranges::find(kPythonLabels, word) != kPythonLabels.end();
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

}  // namespace

Candidates candidates_of(std::string_view text, Language language) {
  const std::vector<extract::Fence> fences = extract::fences(text);
  if (fences.empty()) {
    if (extract::trimmed(text).empty() || text.size() > kMaxProgramBytes) return {};
    return {{program_text(text)}, true};
  }
  std::vector<const extract::Fence*> fitting;
  for (const extract::Fence& fence : fences) {
    const bool is_usable = !extract::trimmed(fence.content).empty() && fence.content.size() <= kMaxProgramBytes;
    if (is_usable && fits(fence.info, language)) fitting.push_back(&fence);
  }
  if (fitting.empty()) return {};
  std::ranges::reverse(fitting);
  const auto longest = std::ranges::max_element(fitting, {}, [](const extract::Fence* fence) { return fence->content.size(); });
  const extract::Fence* const fallback = *longest;
  if (fitting.size() >= kMaxTexts) fitting.resize(kMaxTexts - 1);
  if (fitting.back() != fallback) fitting.push_back(fallback);
  Candidates candidates;
  for (const extract::Fence* fence : fitting) candidates.texts.push_back(program_text(fence->content));
  return candidates;
}

std::string program_as_seed(std::string_view reply) {
  constexpr std::string_view kThinkEnd = "</think>";
  constexpr std::string_view kFence = "```";
  if (const auto end = reply.find(kThinkEnd); end != reply.npos) reply.remove_prefix(end + kThinkEnd.size());
  std::string joined;
  bool is_first = true;
  for (auto open = reply.find(kFence); open != reply.npos; open = reply.find(kFence, open)) {
    std::size_t at = open + kFence.size();
    while (at < reply.size() && is_word(reply[at])) ++at;
    const auto close = at < reply.size() && reply[at] == '\n' ? reply.find("\n```", at + 1) : reply.npos;
    // An opening without its end is looked for again from the next character on.
    if (close == reply.npos) {
      open += 1;
      continue;
    }
    if (!is_first) joined += '\n';
    is_first = false;
    joined += reply.substr(at + 1, close - at - 1);
    open = close + 4;
  }
  const std::string_view trimmed = extract::trimmed(joined);
  return std::string(trimmed);
}

}  // namespace xrouter::grade::code
