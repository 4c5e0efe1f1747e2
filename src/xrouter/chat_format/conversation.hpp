// Writes messages as a family's template does.
#pragma once

#include <string>
#include <vector>

#include "xrouter/chat_format/format_data.hpp"
#include "xrouter/chat_format/spans.hpp"

namespace xrouter::chat_format {

/// One use each. Errors: invalid_request, `param` names the message or tool.
class ConversationWriter {
 public:
  ConversationWriter(const FormatData& format, std::string_view default_system, Thinking thinking)
      : format_(format), default_system_(default_system), thinking_(thinking) {}

  Result<std::vector<Span>> whole(const std::vector<Message>& messages, const std::vector<ToolSpec>& tools);
  Result<std::vector<Span>> continued(const std::vector<Message>& messages);
  /// What the assistant says, without head and end. Precondition: no custom calls.
  std::vector<Span> reply(std::string_view text, const std::vector<ToolCall>& calls);

  /// See ChatFormat::beginning_of_call.
  static std::string beginning_of_call(const FormatData& format, std::string_view tool);

 private:
  Result<void> read_all(const std::vector<Message>& messages);
  Result<void> read_tools(const std::vector<ToolSpec>& tools);
  void write_system(bool with_tools);
  void write_tools();
  void write_turns(std::size_t first);
  void write_turn(std::size_t index);
  void write_assistant(std::size_t index);
  void write_results(std::size_t& index);
  void write_words(std::string_view content, const std::vector<ToolCall>& calls);
  void write_call(const ToolCall& call);
  void write_head(std::string_view role);
  void write_end();
  void write_assistant_head();
  bool is_result(std::size_t index) const;
  /// The last message of a user that is a question; size() - 1 when there is none, as the template has it.
  std::size_t last_question() const;

  const FormatData& format_;
  std::string_view default_system_;
  Thinking thinking_;
  std::vector<Message> messages_;   ///< with contents that are text, trimmed where the template trims
  std::vector<std::string> tools_;  ///< their JSON
  SpanWriter out_;
};

}  // namespace xrouter::chat_format
