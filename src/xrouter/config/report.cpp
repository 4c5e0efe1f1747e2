#include "xrouter/config/report.hpp"

#include <algorithm>

namespace xrouter::config {
namespace {

constexpr std::size_t kMaxShown = 20;

}  // namespace

void Report::add(const std::string& file, const Finding& finding) {
  std::string line = file;
  if (finding.problem.mark.line > 0)
    line += ":" + std::to_string(finding.problem.mark.line) + ":" + std::to_string(finding.problem.mark.column);
  line += ": ";
  if (!finding.path.empty()) line += finding.path + ": ";
  lines_.push_back(line + finding.problem.text);
}

Error Report::error() const {
  std::string text;
  for (std::size_t i = 0; i < std::min(lines_.size(), kMaxShown); ++i) text += (i == 0 ? "" : "\n") + lines_[i];
  if (lines_.size() > kMaxShown) text += "\nand " + std::to_string(lines_.size() - kMaxShown) + " more";
  return {.kind = ErrorKind::config, .public_text = std::move(text)};
}

Mark mark_at(const YamlNode& root, std::string_view dotted_name) {
  const YamlNode* node = &root;
  while (true) {
    const std::size_t dot = dotted_name.find('.');
    node = node->find(dotted_name.substr(0, dot));
    if (node == nullptr) return {};
    if (dot == std::string_view::npos) return node->mark;
    dotted_name.remove_prefix(dot + 1);
  }
}

}  // namespace xrouter::config
