// Messages, shared by requests and replies.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "xrouter/base/result.hpp"
#include "xrouter/chat/types.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::wire::openai {

inline constexpr std::size_t kMaxToolCalls = 128;  // what the SDK's accumulator accepts
inline constexpr std::size_t kMaxChoices = 128;

/// Clients are held to the format. Upstreams get the benefit of the doubt wherever the meaning is
/// clear: a paid answer is not thrown away for a missing `type`.
enum class Sender { client, upstream };

struct MessageRules {
  Sender sender = Sender::client;
  std::size_t max_parts = 1024;
  bool reject_unknown_fields = false;
};

/// `path` names the message in errors, which are invalid_request for both senders.
Result<Message> parse_message(const boost::json::value& value, std::string_view text, std::string path, const MessageRules& rules);

/// With `content` always, and `refusal` when `for_client`, as our answers must have them.
void write_message(json::Writer& out, const Message& message, bool for_client);
void write_extra(json::Writer& out, const ExtraFields& extra);

/// The text of `arguments` or `input`: vendors also send an object, or null for none.
std::string argument_text(json::ObjectReader& in, std::string_view name, std::string_view source);

}  // namespace xrouter::wire::openai
