// One choice of a reply: from tokens to the deltas that a client sees.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "xrouter/chat/types.hpp"
#include "xrouter/host/hosted_model.hpp"

namespace xrouter::host {

struct ChoiceStyle {
  chat_format::CallsInReply calls = chat_format::CallsInReply::as_text;
  bool logprobs = false;
  int top_logprobs = 0;     ///< alternatives of a token, at most
  std::string call_prefix;  ///< of the ids of calls: clients send them back, so they differ from reply to reply
};

class ChoiceWriter {
 public:
  /// `model` outlives the writer.
  ChoiceWriter(std::int64_t index, const HostedModel& model, ChoiceStyle style);

  /// What these tokens add for the client; nothing while all of it is held back.
  std::optional<ChatDelta> add(const std::vector<lm::GeneratedToken>& tokens);
  /// The rest, with the finish reason.
  ChatDelta finish(const lm::Generation& generation);
  bool finished() const { return finished_; }

 private:
  ChatDelta delta_of(chat_format::ParsedReply parsed);

  std::int64_t index_;
  const HostedModel& model_;
  ChoiceStyle style_;
  std::unique_ptr<chat_format::ReplyParser> parser_;
  std::vector<lm::GeneratedToken> unreported_;  ///< log-probs of what is held back
  std::int64_t calls_ = 0;
  bool said_something_ = false;
  bool finished_ = false;
};

}  // namespace xrouter::host
