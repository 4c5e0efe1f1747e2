#include <cstdint>
#include <limits>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/value/json_scan.hpp"

namespace xrouter::grade::extract {
namespace {

// What may come next inside a container.
enum class Expect { first_item, item, name_or_end, name, colon, member, more };

// One pass over the text. A fault kills every open container at once, because each of them holds it;
// reading then goes on at the faulty byte. So no byte is read more than twice.
class JsonFinder {
 public:
  explicit JsonFinder(std::string_view text) : text_(text) {}

  std::optional<std::string_view> last() {
    while (at_ < text_.size()) {
      if (open_.empty()) {
        seek();
      } else {
        step();
      }
    }
    return found_;
  }

 private:
  void seek() {
    at_ = std::min(text_.find_first_of("[{", at_), text_.size());
    if (at_ < text_.size()) open_container();
  }

  void open_container() {
    open_.push_back(static_cast<std::uint32_t>(at_));
    expect_ = text_[at_] == '[' ? Expect::first_item : Expect::name_or_end;
    ++at_;
  }

  void close_container() {
    ++at_;
    found_ = text_.substr(open_.back(), at_ - open_.back());
    open_.pop_back();
    expect_ = Expect::more;
  }

  void step() {
    const char c = text_[at_];
    if (is_json_blank(c)) {
      ++at_;
      return;
    }
    if (!token(c)) {
      open_.clear();
      if (at_ < text_.size() && text_[at_] != '[' && text_[at_] != '{') ++at_;
    }
  }

  bool token(char c) {
    switch (expect_) {
      case Expect::first_item: return c == ']' ? closed() : item(c);
      case Expect::item:
      case Expect::member: return item(c);
      case Expect::name_or_end: return c == '}' ? closed() : name(c);
      case Expect::name: return name(c);
      case Expect::colon: return c == ':' && advance(Expect::member);
      case Expect::more: return more(c);
    }
    return false;
  }

  bool closed() {
    close_container();
    return true;
  }

  bool advance(Expect next) {
    ++at_;
    expect_ = next;
    return true;
  }

  bool more(char c) {
    const bool in_array = text_[open_.back()] == '[';
    if (c == ',') return advance(in_array ? Expect::item : Expect::name);
    return c == (in_array ? ']' : '}') && closed();
  }

  bool item(char c) {
    if (c == '[' || c == '{') {
      open_container();
      return true;
    }
    if (c == '"') return string(Expect::more);
    const auto word = json_word_end(text_, at_);
    const auto end = word ? word : json_number_end(text_, at_);
    if (!end) return false;
    at_ = *end;
    expect_ = Expect::more;
    return true;
  }

  bool name(char c) { return c == '"' && string(Expect::colon); }

  bool string(Expect next) {
    const auto end = json_string_end(text_, at_, &at_);
    if (!end) return false;
    at_ = *end;
    expect_ = next;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Expect expect_ = Expect::more;
  std::vector<std::uint32_t> open_;  ///< half the memory for a reply that is all brackets
  std::optional<std::string_view> found_;
};

}  // namespace

std::optional<std::string_view> last_json_text(std::string_view text) {
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return JsonFinder(text).last();
}

std::optional<Value> last_json(std::string_view text) {
  const auto found = last_json_text(text);
  if (!found) return std::nullopt;
  auto value = parse_json(*found, {.reject_duplicates = true});
  return value ? std::optional(std::move(*value)) : std::nullopt;
}

}  // namespace xrouter::grade::extract
