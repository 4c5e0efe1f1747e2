// The neutral chat vocabulary. Codecs in wire/ translate vendors' JSON to and from these types;
// everything else in the project speaks only these. Plain values, compared by ==.
//
// What we act on is a typed field. What we only relay is RawJson under its original name in
// `extra`, so that a parameter we have never heard of still reaches the upstream unchanged.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "xrouter/base/raw_json.hpp"
#include "xrouter/chat/streamed_json.hpp"

namespace xrouter {

enum class Role { system, developer, user, assistant, tool, function };

struct ToolCall {
  std::string id;
  std::string type = "function";  ///< function or custom
  std::string name;
  std::string arguments;    ///< JSON text as the model wrote it, may be malformed; the input of a custom tool
  ExtraFields extra = {};   ///< vendor members that must come back in the next turn, such as extra_content
  bool operator==(const ToolCall&) const = default;
};

struct ContentPart {
  std::string type;  ///< text, image_url, input_audio, file, refusal
  std::string text;  ///< of text and refusal parts
  RawJson raw;       ///< the whole part as received; what is relayed
  bool operator==(const ContentPart&) const = default;
};

/// The id of a call whose upstream gave it none: always the same for the same place.
std::string made_up_call_id(std::int64_t index);

/// null, a string, or a list of parts.
using Content = std::variant<std::monostate, std::string, std::vector<ContentPart>>;

struct Message {
  Role role = Role::user;
  Content content;
  std::string name = {};
  std::vector<ToolCall> tool_calls = {};  ///< assistant turns
  std::string tool_call_id = {};          ///< tool turns
  ExtraFields extra = {};                 ///< refusal, audio, function_call, reasoning_content ...
  bool operator==(const Message&) const = default;
};

/// All text of a message: the string, or its text parts joined by a line break.
std::string text_of(const Content& content);

struct ToolSpec {
  std::string name;         ///< of a function tool; empty for other types
  std::string description = {};
  RawJson parameters = {};  ///< JSON Schema; empty text = absent
  RawJson raw = {};         ///< the whole tool as received; empty = build it from the fields
  bool operator==(const ToolSpec&) const = default;
};

/// Sampling and output parameters that the engine or a policy may have to act on.
/// An empty optional means: the caller did not say.
struct Sampling {
  std::optional<double> temperature = {};  ///< 0 to 2; 0 is a real value
  std::optional<double> top_p = {};
  std::optional<std::int64_t> max_output_tokens = {};  ///< max_completion_tokens, or max_tokens
  std::optional<std::int64_t> seed = {};
  std::vector<std::string> stop = {};
  std::optional<std::int64_t> n = {};
  std::optional<bool> logprobs = {};
  std::optional<std::int64_t> top_logprobs = {};
  bool operator==(const Sampling&) const = default;
};

/// What a caller may tell the router about the trade it wants (extension object `xrouter`).
struct RoutingWishes {
  std::optional<double> cost_weight = {};     ///< lambda: 0 = quality only
  std::optional<std::int64_t> max_cost_pico = {};  ///< hard limit of the whole request, pico-dollars
  bool operator==(const RoutingWishes&) const = default;
};

struct ChatRequest {
  std::string model;
  std::vector<Message> messages;
  Sampling sampling = {};
  std::vector<ToolSpec> tools = {};
  RawJson tool_choice = {};      ///< as received; empty text = absent
  RawJson response_format = {};  ///< as received; empty text = absent
  bool stream = false;
  bool include_usage = false;    ///< stream_options.include_usage
  RoutingWishes routing = {};    ///< never sent upstream
  ExtraFields extra = {};        ///< every other parameter, relayed
  bool operator==(const ChatRequest&) const = default;
};

/// The text of the last user message, "" if there is none.
std::string last_user_text(const ChatRequest& request);

/// Token counts as OpenAI reports them: cached and cache-write tokens are inside prompt_tokens,
/// reasoning, audio and rejected-prediction tokens inside completion_tokens.
struct Usage {
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  std::int64_t cached_tokens = 0;
  std::int64_t cache_write_tokens = 0;
  std::int64_t prompt_audio_tokens = 0;
  std::int64_t reasoning_tokens = 0;
  std::int64_t completion_audio_tokens = 0;
  std::int64_t accepted_prediction_tokens = 0;
  std::int64_t rejected_prediction_tokens = 0;

  std::int64_t total_tokens() const { return prompt_tokens + completion_tokens; }
  Usage& operator+=(const Usage& other);
  bool operator==(const Usage&) const = default;
};

/// More than this in one bucket of one reply is an upstream fault, not a count (bounds money sums).
inline constexpr std::int64_t kMaxTokensPerReply = 10'000'000;

enum class FinishReason { stop, length, tool_calls, content_filter, function_call };
std::string_view to_text(FinishReason reason);
std::optional<FinishReason> finish_reason_of(std::string_view text);
std::string_view to_text(Role role);
std::optional<Role> role_of(std::string_view text);

struct Choice {
  std::int64_t index = 0;
  Message message = {.role = Role::assistant, .content = {}};
  FinishReason finish_reason = FinishReason::stop;
  RawJson logprobs = {};  ///< as received; empty = null
  bool operator==(const Choice&) const = default;
};

struct ChatReply {
  std::string id;     ///< the upstream's own
  std::string model;  ///< as the upstream named it
  std::vector<Choice> choices;
  std::optional<Usage> usage = {};
  ExtraFields extra = {};  ///< service_tier, system_fingerprint ...
  bool operator==(const ChatReply&) const = default;

  /// True when the first choice has text, a refusal or tool calls. Reasoning text is no answer.
  bool has_answer() const;
  /// Text of the first choice, "" without one.
  std::string text() const;
};

struct ToolCallDelta {
  std::int64_t index = 0;
  std::string id = {};    ///< first fragment only
  std::string type = {};  ///< first fragment only
  std::string name = {};  ///< first fragment only
  std::string arguments = {};
  ExtraFields extra = {};
  bool custom = false;  ///< the call of a custom tool; said in every fragment, where `type` is not
  bool operator==(const ToolCallDelta&) const = default;
};

struct ChoiceDelta {
  std::int64_t index = 0;
  std::optional<Role> role = {};
  std::optional<std::string> content = {};
  std::vector<ToolCallDelta> tool_calls = {};
  std::optional<FinishReason> finish_reason = {};
  RawJson logprobs = {};
  ExtraFields extra = {};  ///< refusal, reasoning_content ...
  bool operator==(const ChoiceDelta&) const = default;
};

/// One streamed chunk.
struct ChatDelta {
  std::string id = {};
  std::string model = {};
  std::vector<ChoiceDelta> choices = {};
  std::optional<Usage> usage = {};
  ExtraFields extra = {};
  bool operator==(const ChatDelta&) const = default;

  /// True when a client would see something: content, a refusal or a tool fragment.
  bool commits() const;
};

/// Folds deltas into the reply they describe. Strings and lists come in fragments and are joined;
/// so are the strings inside streamed objects such as `audio`. Fields of the chunk itself repeat, so
/// the last value counts.
class ReplyAccumulator {
 public:
  void add(const ChatDelta& delta);
  /// Every choice seen so far got its finish_reason.
  bool finished() const;
  bool any() const { return !choices_.empty(); }
  /// The reply so far; choices without a finish_reason report stop.
  ChatReply reply() const;

 private:
  struct Building {
    Choice choice;
    bool finished = false;
    StreamedFields extra;
    StreamedJson logprobs;
    std::map<std::int64_t, ToolCall> tool_calls;
  };
  void add(const ChoiceDelta& piece);

  std::string id_;
  std::string model_;
  std::optional<Usage> usage_;
  ExtraFields extra_;
  std::map<std::int64_t, Building> choices_;
};

/// The deltas of a finished reply, for streaming a buffered answer: per choice everything, then its
/// finish; usage apart. Folding them gives the reply back, but for usage and for content that was a
/// list of parts: chunks know only text, so it becomes its text.
std::vector<ChatDelta> deltas_of(const ChatReply& reply);

}  // namespace xrouter
