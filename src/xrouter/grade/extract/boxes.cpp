#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/scan.hpp"

namespace xrouter::grade::extract {
namespace {

struct Open {
  std::size_t offset = 0;   ///< of the backslash
  std::size_t content = 0;  ///< behind the brace
  std::size_t depth = 0;    ///< of the brace, counted over the whole text
  bool fbox = false;
};

// The length of a box command at `at`, a backslash; 0 when it is none.
std::size_t command_length(std::string_view text, std::size_t at) {
  for (const std::string_view name : {"\\boxed", "\\fbox"}) {
    const std::size_t end = at + name.size();
    if (text.substr(at).starts_with(name) && (end >= text.size() || !is_letter(text[end]))) return name.size();
  }
  return 0;
}

// What `\boxed 5` boxes: the next run without blanks, dollar signs and the sentence's full stop. Braces
// inside it are kept whole: `\boxed \frac{1}{2}`.
std::string_view bare_content(std::string_view text, std::size_t at) {
  constexpr std::size_t kMaxBareBytes = 256;
  const std::size_t limit = std::min(text.size(), at + kMaxBareBytes);
  std::size_t end = at;
  int depth = 0;
  for (; end < limit && text[end] != '$' && (depth > 0 || !is_blank(text[end])); ++end) {
    if (text[end] == '{') ++depth;
    if (text[end] == '}' && --depth < 0) break;
  }
  if (depth > 0) return {};
  std::string_view content = text.substr(at, end - at);
  for (const std::string_view tail : {".", ",", "\\)", "\\]", "."}) {
    if (content.ends_with(tail)) content.remove_suffix(tail.size());
  }
  return content;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::vector<Box> run() {
    while (at_ < text_.size()) {
      switch (text_[at_]) {
        case '\\': backslash(); break;
        case '{':
          ++depth_;
          ++at_;
          break;
        case '}': close(); break;
        default: ++at_;
      }
    }
    return std::move(found_);
  }

 private:
  void backslash() {
    if (const std::size_t length = command_length(text_, at_); length > 0) return command(length);
    // In an escaped text `\\boxed` is the command; elsewhere the second character is escaped.
    const bool doubled = at_ + 1 < text_.size() && command_length(text_, at_ + 1) > 0;
    at_ += doubled ? 1 : 2;
  }

  void command(std::size_t length) {
    const std::size_t offset = at_;
    const bool fbox = text_[at_ + 1] == 'f';
    at_ += length;
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    if (at_ < text_.size() && text_[at_] == '{') {
      ++at_;
      open_.push_back({.offset = offset, .content = at_, .depth = depth_++, .fbox = fbox});
      return;
    }
    const std::string_view content = bare_content(text_, at_);
    if (!content.empty() && command_length(content, 0) == 0) {
      add({.content = content, .offset = offset, .fbox = fbox});
      at_ += content.size();
    }
  }

  void close() {
    ++at_;
    if (depth_ == 0) return;
    --depth_;
    if (open_.empty() || open_.back().depth != depth_) return;
    const Open box = open_.back();
    open_.pop_back();
    add({.content = text_.substr(box.content, at_ - 1 - box.content), .offset = box.offset, .fbox = box.fbox});
  }

  // A box that closes later than those inside it takes their place.
  void add(Box box) {
    while (!found_.empty() && found_.back().offset > box.offset) found_.pop_back();
    found_.push_back(box);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::vector<Open> open_;
  std::vector<Box> found_;
};

}  // namespace

std::vector<Box> boxes(std::string_view text) { return Scanner(text).run(); }

}  // namespace xrouter::grade::extract
