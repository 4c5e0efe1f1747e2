#include "xrouter/config/yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <optional>
#include <streambuf>

namespace xrouter::config {
namespace {

Mark mark_of(const YAML::Mark& mark) { return mark.is_null() ? Mark{} : Mark{.line = mark.line + 1, .column = mark.column + 1}; }

/// Reads a text in place.
class TextBuffer : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // std::streambuf has no const get area; nothing writes to it
    setg(begin, begin, begin + text.size());
  }
};

/// Builds the tree from the parser's events. The first problem sticks; later events are ignored.
class TreeBuilder : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 2) refuse(mark, "a second document; one file is one document");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (accepts(mark, "?", anchor)) add({.kind = YamlNode::Kind::null, .mark = mark_of(mark)});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark, "aliases (*name) are not supported; write the value out"); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    if (!accepts(mark, tag, anchor)) return;
    add({.kind = YamlNode::Kind::scalar, .mark = mark_of(mark), .text = value, .quoted = tag == "!"});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    if (accepts(mark, tag, anchor)) open({.kind = YamlNode::Kind::sequence, .mark = mark_of(mark)}, mark);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    if (accepts(mark, tag, anchor)) open({.kind = YamlNode::Kind::map, .mark = mark_of(mark)}, mark);
  }
  void OnMapEnd() override { close(); }

  const std::optional<Problem>& problem() const { return problem_; }
  YamlNode take_root() { return std::move(root_); }

 private:
  /// A container being filled, and the key that waits for its value.
  struct Open {
    YamlNode node;
    std::optional<YamlNode> key = {};
  };

  void refuse(Mark mark, std::string text) {
    if (!problem_) problem_ = Problem{.mark = mark, .text = std::move(text)};
  }
  void refuse(const YAML::Mark& mark, std::string text) { refuse(mark_of(mark), std::move(text)); }

  bool accepts(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) refuse(mark, "anchors (&name) are not supported; write the value out where it is needed");
    if (!tag.empty() && tag != "?" && tag != "!") refuse(mark, "tags (!!type) are not supported");
    return !problem_;
  }

  void open(YamlNode node, const YAML::Mark& mark) {
    if (open_.size() >= static_cast<std::size_t>(kMaxYamlDepth)) return refuse(mark, "nested more than 16 levels deep");
    open_.push_back({.node = std::move(node)});
  }

  void close() {
    if (problem_) return;
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (Open& top = open_.back(); top.node.items.size() + top.node.entries.size() >= kMaxYamlEntries) {
      refuse(node.mark, "more than 4096 entries in one list or map");
    } else if (top.node.kind == YamlNode::Kind::sequence) {
      top.node.items.push_back(std::move(node));
    } else if (top.key) {
      // The parser places a value that is not there at the next thing it sees, often lines below.
      if (node.kind == YamlNode::Kind::null) node.mark = top.key->mark;
      top.node.entries.emplace_back(std::move(*top.key), std::move(node));
      top.key.reset();
    } else {
      take_key(top, std::move(node));
    }
  }

  void take_key(Open& map, YamlNode key) {
    if (key.kind != YamlNode::Kind::scalar) return refuse(key.mark, "a key must be plain text");
    if (key.text == "<<" && !key.quoted) return refuse(key.mark, "merge keys (<<) are not supported; write the values out");
    for (const auto& [earlier, value] : map.node.entries)
      if (earlier.text == key.text)
        return refuse(key.mark, "key '" + key.text + "' stands twice; first on line " + std::to_string(earlier.mark.line));
    map.key = std::move(key);
  }

  int documents_ = 0;
  std::vector<Open> open_;
  YamlNode root_;
  std::optional<Problem> problem_;
};

/// Length of the UTF-8 character at the front, or 0 when it is none that a YAML file may hold.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 || lead == '\t' || lead == '\n' || lead == '\r' ? 1 : 0;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xED && byte(1) > 0x9F;
  const bool beyond = lead == 0xF4 && byte(1) > 0x8F;
  return overlong || surrogate || beyond ? 0 : length;
}

std::optional<Problem> check_characters(std::string_view text) {
  Mark mark{.line = 1, .column = 1};
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return Problem{.mark = mark, .text = "a byte that is not UTF-8 text"};
    ++mark.column;
    if (text.front() == '\n') mark = {.line = mark.line + 1, .column = 1};
    text.remove_prefix(length);
  }
  return std::nullopt;
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& [name, value] : entries)
    if (name.text == key) return &value;
  return nullptr;
}

tl::expected<YamlNode, Problem> parse_yaml(std::string_view text) {
  if (text.size() > kMaxYamlBytes) return tl::unexpected(Problem{.mark = {}, .text = "the file is larger than 1 MiB"});
  if (auto problem = check_characters(text)) return tl::unexpected(*problem);
  TextBuffer buffer(text);
  std::istream stream(&buffer);
  TreeBuilder builder;
  try {
    YAML::Parser parser(stream);
    while (!builder.problem() && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    // The builder's own finding comes first in the file and says more.
    if (!builder.problem()) return tl::unexpected(Problem{.mark = mark_of(error.mark), .text = error.msg});
  }
  if (builder.problem()) return tl::unexpected(*builder.problem());
  return builder.take_root();
}

}  // namespace xrouter::config
