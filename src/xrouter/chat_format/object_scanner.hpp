// Finds the end of a JSON object in text that arrives in pieces. Checks brackets and strings only.
#pragma once

namespace xrouter::chat_format {

class ObjectScanner {
 public:
  enum class State { before, inside, complete, broken };

  State feed(char c) {
    if (state_ == State::before) {
      if (c == '{') {
        state_ = State::inside;
        depth_ = 1;
      } else if (!is_blank(c)) {
        state_ = State::broken;
      }
    } else if (state_ == State::inside) {
      feed_inside(c);
    }
    return state_;
  }
  State state() const { return state_; }

  static bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

 private:
  static constexpr int kMaxDepth = 64;

  void feed_inside(char c) {
    if (in_string_) {
      if (escaped_)
        escaped_ = false;
      else if (c == '\\')
        escaped_ = true;
      else if (c == '"')
        in_string_ = false;
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      if (++depth_ > kMaxDepth) state_ = State::broken;
    } else if (c == '}' || c == ']') {
      if (--depth_ == 0) state_ = State::complete;
    }
  }

  State state_ = State::before;
  int depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace xrouter::chat_format
