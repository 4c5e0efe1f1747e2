#include "xrouter/eval/short_names.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

namespace xrouter::eval {
namespace {

namespace fs = std::filesystem;

std::string plain(std::string text) {
  for (char& c : text) {
    const bool allowed =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '+';
    if (!allowed) c = '-';
  }
  return text;
}

std::vector<std::string> parts_of(const std::string& path, std::span<const std::string_view> meaningless) {
  fs::path whole = fs::path(path).lexically_normal();
  if (whole.extension() == ".gguf") whole.replace_extension();
  std::vector<std::string> all, telling;
  for (const fs::path& part : whole) {
    const std::string text = part.string();
    if (text.empty() || text == "/" || text == "." || text == "..") continue;
    all.push_back(plain(text));
    if (std::find(meaningless.begin(), meaningless.end(), text) == meaningless.end()) telling.push_back(all.back());
  }
  return telling.empty() ? all : telling;
}

std::string last_of(const std::vector<std::string>& parts, std::size_t count) {
  std::string name;
  for (std::size_t i = parts.size() - std::min(count, parts.size()); i < parts.size(); ++i) name += (name.empty() ? "" : ".") + parts[i];
  return name.empty() ? "here" : name;
}

}  // namespace

std::vector<std::string> short_names(std::span<const std::string> paths, std::span<const std::string_view> meaningless) {
  std::vector<std::vector<std::string>> parts;
  std::size_t longest = 1;
  for (const std::string& path : paths) {
    parts.push_back(parts_of(path, meaningless));
    longest = std::max(longest, parts.back().size());
  }
  std::vector<std::string> names(paths.size());
  for (std::size_t count = 1; count <= longest; ++count) {
    for (std::size_t i = 0; i < parts.size(); ++i) names[i] = last_of(parts[i], count);
    if (std::set<std::string>(names.begin(), names.end()).size() == names.size()) break;
  }
  return names;
}

}  // namespace xrouter::eval
