// Reads a reply as it grows: thinking, text and calls, holding back what may yet become a call.
#pragma once

#include <string>
#include <string_view>

#include "xrouter/chat_format/chat_format.hpp"
#include "xrouter/chat_format/format_data.hpp"
#include "xrouter/chat_format/object_scanner.hpp"

namespace xrouter::chat_format {

class StreamingReplyParser final : public ReplyParser {
 public:
  StreamingReplyParser(const FormatData& format, CallsInReply calls) : format_(format), calls_(calls) {}

  ParsedReply add(std::string_view text) override;
  ParsedReply finish() override;

 private:
  enum class Place { start, thinking, text, call, bare_call, only_text };

  /// Each takes what is certain from held_; true: another step may take more.
  bool step(bool ended);
  bool step_start(bool ended);
  bool step_thinking(bool ended);
  bool step_text(bool ended);
  bool step_call(bool ended);
  bool step_bare_call(bool ended);

  ParsedReply take();
  void begin_text();
  void give_text(std::size_t bytes);
  void give_thinking(std::size_t bytes);
  bool give_call(std::string_view object);
  bool give_bare_calls();
  /// The opening tag is text after all.
  void give_tag_as_text();

  const FormatData& format_;
  CallsInReply calls_;
  Place place_ = Place::start;
  std::string held_;         ///< not given yet
  std::size_t tag_end_ = 0;  ///< in held_: behind the opening tag of a call
  std::size_t scanned_ = 0;  ///< in held_: read by scanner_
  ObjectScanner scanner_;
  bool trims_leading_ = false;  ///< white space that comes next belongs to a tag
  std::int64_t calls_given_ = 0;
  ParsedReply certain_;
};

}  // namespace xrouter::chat_format
