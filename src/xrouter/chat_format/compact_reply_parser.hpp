// Reads a reply in the format compact as it grows.
#pragma once

#include <string>
#include <string_view>

#include "xrouter/chat_format/chat_format.hpp"
#include "xrouter/chat_format/object_scanner.hpp"

namespace xrouter::chat_format {

/// Whether a call can name this tool: no blanks, no '<', 256 bytes at most.
bool is_compact_name(std::string_view name);

/// How a reply begins says what it is: calls behind <|call|>, else text, with or without <|answer|> in front. What is
/// no call where one should come is text from there on.
class CompactReplyParser final : public ReplyParser {
 public:
  explicit CompactReplyParser(CallsInReply calls) : calls_(calls) {}

  ParsedReply add(std::string_view text) override;
  ParsedReply finish() override;

 private:
  enum class Place { start, calls, arguments, text };

  /// Each takes what is certain from held_; true: another step may take more.
  bool step(bool ended);
  bool step_start(bool ended);
  bool step_calls(bool ended);
  bool step_arguments(bool ended);
  bool step_text();

  bool give_call(std::size_t bytes, std::string_view arguments);
  bool go_on_as_text();

  CallsInReply calls_;
  Place place_ = Place::start;
  std::string held_;          ///< not given yet
  std::size_t name_end_ = 0;  ///< in held_, of a call whose arguments are read
  std::size_t scanned_ = 0;   ///< in held_: read by scanner_
  ObjectScanner scanner_;
  std::int64_t calls_given_ = 0;
  ParsedReply certain_;
};

}  // namespace xrouter::chat_format
