// Collects trusted and untrusted text in order.
#pragma once

#include <string_view>
#include <vector>

#include "xrouter/chat_format/chat_format.hpp"

namespace xrouter::chat_format {

class SpanWriter {
 public:
  /// Text of the template: special tokens in it count.
  SpanWriter& ours(std::string_view text) { return append(text, true); }
  /// Text of a caller, a tool or a model.
  SpanWriter& theirs(std::string_view text) { return append(text, false); }
  std::vector<Span> take() { return std::move(spans_); }

 private:
  SpanWriter& append(std::string_view text, bool trusted) {
    if (text.empty()) return *this;
    if (spans_.empty() || spans_.back().trusted != trusted) spans_.push_back({.text = {}, .trusted = trusted});
    spans_.back().text += text;
    return *this;
  }

  std::vector<Span> spans_;
};

}  // namespace xrouter::chat_format
