#include "xrouter/chat_format/conversation.hpp"

#include "xrouter/base/assert.hpp"
#include "xrouter/chat_format/message_texts.hpp"
#include "xrouter/chat_format/python_json.hpp"

namespace xrouter::chat_format {
namespace {

std::string_view role_text(Role role) {
  switch (role) {
    case Role::system:
    case Role::developer:
      return "system";
    case Role::user:
      return "user";
    case Role::assistant:
      return "assistant";
    case Role::tool:
    case Role::function:
      break;
  }
  XROUTER_ASSERT(false, "results of tools have the role of the format");
}

constexpr std::string_view kNameKey = "{\"name\": ";

bool speaks_as_system(const Message& message) { return message.role == Role::system || message.role == Role::developer; }

const std::string& content_of(const Message& message) { return std::get<std::string>(message.content); }

bool has_result_tags(std::string_view text) { return text.starts_with("<tool_response>") && text.ends_with("</tool_response>"); }

}  // namespace

Result<std::vector<Span>> ConversationWriter::whole(const std::vector<Message>& messages, const std::vector<ToolSpec>& tools) {
  if (const auto read = read_all(messages); !read) return fail(read.error());
  if (const auto read = read_tools(tools); !read) return fail(read.error());
  const bool tools_with_user = !tools_.empty() && format_.tools.place == ToolsPlace::first_user_turn;
  std::size_t first = !messages_.empty() && speaks_as_system(messages_.front()) ? 1 : 0;
  if (tools_with_user && (first >= messages_.size() || messages_[first].role != Role::user))
    return fail(
        {.kind = ErrorKind::invalid_request,
         .public_text = "This model reads its tools in the first message of the user, so a conversation with tools has to begin with one.",
         .param = "messages"});
  out_.ours(format_.begin);
  write_system(!tools_.empty());
  if (tools_with_user) {
    write_head("user");
    write_tools();
    out_.theirs(content_of(messages_[first++]));
    write_end();
  }
  write_turns(first);
  write_assistant_head();
  return out_.take();
}

Result<std::vector<Span>> ConversationWriter::continued(const std::vector<Message>& messages) {
  if (const auto read = read_all(messages); !read) return fail(read.error());
  write_end();
  write_turns(0);
  write_assistant_head();
  return out_.take();
}

std::vector<Span> ConversationWriter::reply(std::string_view text, const std::vector<ToolCall>& calls) {
  write_words(text, calls);
  return out_.take();
}

std::string ConversationWriter::beginning_of_call(const FormatData& format, std::string_view tool) {
  std::string text(format.call.open);
  return text.append(format.call.tag_break).append(kNameKey).append(python_json(tool));
}

Result<void> ConversationWriter::read_all(const std::vector<Message>& messages) {
  messages_.reserve(messages.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    auto text = plain_text(messages[i], i);
    if (!text) return fail(text.error());
    if (const auto fits = check_calls(messages[i], i, format_.call.several); !fits) return fail(fits.error());
    Message message = messages[i];
    const bool is_result = message.role == Role::tool || message.role == Role::function;
    message.content = format_.trims_content && !is_result ? std::string(python_strip(*text)) : std::move(*text);
    messages_.push_back(std::move(message));
  }
  return {};
}

Result<void> ConversationWriter::read_tools(const std::vector<ToolSpec>& tools) {
  for (std::size_t i = 0; i < tools.size(); ++i) {
    auto text = tool_json(tools[i], i, format_.tools.json_indent);
    if (!text) return fail(text.error());
    tools_.push_back(std::move(*text));
  }
  return {};
}

void ConversationWriter::write_system(bool with_tools) {
  const bool callers = !messages_.empty() && speaks_as_system(messages_.front());
  const bool tools_here = with_tools && format_.tools.place == ToolsPlace::system_turn;
  const bool anything = callers || !default_system_.empty() || tools_here || !format_.system.always.empty();
  if (!anything) return;
  write_head("system");
  if (with_tools) out_.ours(format_.system.with_tools);
  out_.ours(format_.system.always);
  if (callers)
    out_.theirs(content_of(messages_.front()));
  else
    out_.ours(default_system_);
  if (tools_here) {
    if (callers || !default_system_.empty()) out_.ours(format_.tools.separator);
    write_tools();
  }
  write_end();
}

void ConversationWriter::write_tools() {
  out_.ours(format_.tools.before);
  for (const std::string& tool : tools_) {
    out_.ours(format_.tools.each_before);
    out_.theirs(tool);
    out_.ours(format_.tools.each_after);
  }
  out_.ours(format_.tools.after);
}

void ConversationWriter::write_turns(std::size_t first) {
  for (std::size_t i = first; i < messages_.size(); ++i) {
    if (is_result(i))
      write_results(i);
    else if (messages_[i].role == Role::assistant)
      write_assistant(i);
    else
      write_turn(i);
  }
}

void ConversationWriter::write_turn(std::size_t index) {
  write_head(role_text(messages_[index].role));
  out_.theirs(content_of(messages_[index]));
  write_end();
}

void ConversationWriter::write_assistant(std::size_t index) {
  const Message& message = messages_[index];
  write_head("assistant");
  std::string_view content = content_of(message);
  ThinkingAndText apart;
  if (format_.thinking.in_history) {
    apart = thinking_apart(message, format_.thinking);
    content = apart.text;
    const bool shown = index > last_question() && (index + 1 == messages_.size() || !apart.thinking.empty());
    if (shown) {
      out_.ours(format_.thinking.open).ours("\n").theirs(strip_line_breaks(apart.thinking)).ours("\n");
      out_.ours(format_.thinking.close).ours("\n\n");
      content = strip_leading_line_breaks(content);
    }
  }
  write_words(content, message.tool_calls);
  write_end();
}

void ConversationWriter::write_words(std::string_view content, const std::vector<ToolCall>& calls) {
  if (calls.empty() || format_.call.beside_text) out_.theirs(content);
  bool first = content.empty() || !format_.call.beside_text;
  for (const ToolCall& call : calls) {
    if (!first) out_.ours(format_.call.separator);
    first = false;
    write_call(call);
  }
}

void ConversationWriter::write_call(const ToolCall& call) {
  out_.ours(format_.call.open).ours(format_.call.tag_break).ours(kNameKey);
  out_.theirs(python_json(call.name));
  out_.ours(", \"").ours(format_.call.arguments_key).ours("\": ");
  out_.theirs(arguments_json(call));
  out_.ours("}").ours(format_.call.tag_break).ours(format_.call.close);
}

void ConversationWriter::write_results(std::size_t& index) {
  write_head(format_.result.role);
  const std::size_t first = index;
  for (;; ++index) {
    if (index > first) out_.ours(format_.result.separator);
    const std::string& content = content_of(messages_[index]);
    out_.ours(format_.result.open);
    out_.theirs(format_.result.as_json_string ? python_json(std::string_view(content)) : content);
    out_.ours(format_.result.close);
    if (!format_.result.one_turn || !is_result(index + 1)) break;
  }
  write_end();
}

void ConversationWriter::write_head(std::string_view role) { out_.ours(format_.turn.head).ours(role).ours(format_.turn.head_end); }

void ConversationWriter::write_end() { out_.ours(format_.turn.end).ours(format_.turn.after); }

void ConversationWriter::write_assistant_head() {
  write_head("assistant");
  if (thinking_ == Thinking::off) out_.ours(format_.thinking.head_off);
}

bool ConversationWriter::is_result(std::size_t index) const {
  return index < messages_.size() && (messages_[index].role == Role::tool || messages_[index].role == Role::function);
}

std::size_t ConversationWriter::last_question() const {
  for (std::size_t i = messages_.size(); i-- > 0;)
    if (messages_[i].role == Role::user && !has_result_tags(content_of(messages_[i]))) return i;
  return messages_.empty() ? 0 : messages_.size() - 1;
}

}  // namespace xrouter::chat_format
