#include "xrouter/policy/router_prompt.hpp"

#include <algorithm>

#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::policy {
namespace {

constexpr std::string_view kRole =
    "You are the router of a pool of language models. Decide how the last message of the conversation is answered well at the lowest cost. "
    "You are a small model; the models behind your tools are stronger than you, and each call of one costs money.\n"
    "\n"
    "How to decide\n";

constexpr std::string_view kMayAnswer =
    "- Answer in plain text yourself only when the task is simple: small talk, a question about you, trivial arithmetic, a fact you are "
    "sure of. "
    "That costs least, but a poor answer of yours is worse than the price of a call.\n"
    "- Otherwise call a model. ";
constexpr std::string_view kMayNotAnswer =
    "- You cannot answer this request in your own words: it asks for something that only a model of the pool can give. Call a model. ";

constexpr std::string_view kChoice =
    "Of two models that can both solve the task take the cheaper one. Judge whether the task needs long "
    "reasoning, code, "
    "special knowledge or merely fluent text, and choose by that.\n";

constexpr std::string_view kSeveralCalls =
    "- Calls of one turn run at the same time. Call several models only when the gain in quality is worth the sum of their prices.\n";

constexpr std::string_view kCallRules =
    "\n"
    "How to call\n"
    "- The called model receives the whole conversation. Never repeat the question or the dialogue in your arguments.\n"
    "- Write a system_prompt only when it helps: one sentence of role, one line of scope, an example if the request is ambiguous, then the "
    "requirements and the form of the output, fitted to the strengths of that model. Leave it out otherwise.\n"
    "- Use a low temperature for precise tasks such as mathematics, code and facts, a higher one for creative tasks.\n";

constexpr std::string_view kSelectRule =
    "\n"
    "How to finish after calls\n"
    "- When one answer is clearly best, call select_response with its call_id: it is given to the user word for word and costs nothing "
    "more. "
    "It must be the only tool call of its turn, and only successful calls can be selected.\n";
constexpr std::string_view kMergeRule = "- Write the final answer as plain text only to merge, reconcile or correct answers.\n";
constexpr std::string_view kFailureRule = "- A failed call says why. Call again, call another model, or finish with what there is.\n";

constexpr std::string_view kOnlyDecision =
    "\n"
    "This is your only decision: either answer in plain text or call a model. The first successful answer goes to the user as it is.\n";
constexpr std::string_view kOnlyCall = "\nThis is your only decision. The first successful answer goes to the user as it is.\n";

constexpr std::string_view kOutput = "\nText beside tool calls is your own note and is shown to nobody.\n";

constexpr std::string_view kMustFinishBySelecting = "\nNo more calls can be made. Finish now: select a response or answer in plain text.\n";
constexpr std::string_view kMustSelect = "\nNo more calls can be made. Finish now: select a response.\n";
constexpr std::string_view kMustFinish = "\nNo more calls can be made. Answer in plain text now.\n";

bool anything_to_select(const DecisionPrompt& prompt) { return prompt.spec.mode == Mode::agent && !prompt.transcript.successes().empty(); }

// 0.5 instead of 0.500000; JSON numbers have the shortest form that reads back.
std::string number_text(double value) {
  json::Writer out;
  out.value(value);
  return out.take();
}

std::string per_million(const std::optional<Usd>& per_token) {
  const std::optional<Usd> price = per_token ? per_token->checked_mul(1'000'000) : std::nullopt;
  return price ? price->to_decimal() : "unknown";
}

void append_trade_off(std::string& text, const DecisionPrompt& prompt) {
  text += "\nCost weight: " + number_text(prompt.spec.cost_weight) + " (0 = only quality counts; the higher, the more a dollar counts).\n";
  if (prompt.cost_left)
    text += "Money left for this request: " + prompt.cost_left->to_decimal() + " USD. A call that could cost more is refused.\n";
}

void append_callers_tools(std::string& text, const ChatRequest& request) {
  if (request.tools.empty()) return;
  text +=
      "\nThe user's program offers tools of its own to the model that answers. You cannot use them; when one is needed, call a model. They "
      "are:\n";
  for (const ToolSpec& tool : request.tools) {
    text += "- " + (tool.name.empty() ? std::string("(unnamed)") : tool.name);
    if (!tool.description.empty()) text += ": " + tool.description;
    text += "\n";
  }
}

void append_finish_rules(std::string& text, const DecisionPrompt& prompt) {
  text += kSelectRule;
  if (prompt.may_answer) text += kMergeRule;
  text += kFailureRule;
}

std::string_view last_words(const DecisionPrompt& prompt) {
  if (!anything_to_select(prompt)) return kMustFinish;
  return prompt.may_answer ? kMustFinishBySelecting : kMustSelect;
}

std::string system_text(const DecisionPrompt& prompt) {
  const bool agent = prompt.spec.mode == Mode::agent;
  std::string text(kRole);
  text += prompt.may_answer ? kMayAnswer : kMayNotAnswer;
  text += kChoice;
  if (prompt.may_call) {
    text += kSeveralCalls;
    text += kCallRules;
  }
  if (agent)
    append_finish_rules(text, prompt);
  else
    text += prompt.may_answer ? kOnlyDecision : kOnlyCall;
  append_trade_off(text, prompt);
  append_callers_tools(text, prompt.spec.request);
  text += kOutput;
  if (!prompt.may_call) text += last_words(prompt);
  return text;
}

// Chat templates parse the arguments of earlier calls, and vendors check the names: what the router
// wrote wrongly must not make every later turn fail. The result of the call says what was wrong.
ToolCall sendable(ToolCall call) {
  constexpr std::size_t kMaxName = 64;
  if (call.name.size() > kMaxName) call.name.resize(kMaxName);
  for (char& c : call.name) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!allowed) c = '_';
  }
  if (call.name.empty()) call.name = "unnamed";
  const auto arguments = json::parse(call.arguments);
  if (!arguments || !arguments->is_object()) call.arguments = "{}";
  return call;
}

// A router that cannot see gets a word in place of the picture: it decides on the rest, and the model
// it calls gets the original.
bool can_read(const ModelSpec& router, const ContentPart& part) {
  if (part.type == "image_url") return router.capabilities.vision;
  return part.type != "input_audio" || router.capabilities.audio;
}

Message readable_by(const ModelSpec* router, Message message) {
  auto* parts = std::get_if<std::vector<ContentPart>>(&message.content);
  if (!router || !parts) return message;
  for (ContentPart& part : *parts) {
    if (can_read(*router, part)) continue;
    std::string text = "[a part of type " + part.type + " that you cannot read]";
    part = {.type = "text", .text = text, .raw = RawJson{"{\"type\":\"text\",\"text\":" + json::quote(text) + "}"}};
  }
  return message;
}

void append_turn(std::vector<Message>& messages, const Turn& turn) {
  Message decision{.role = Role::assistant, .content = {}};
  if (!turn.text.empty()) decision.content = turn.text;
  for (const CallRecord& record : turn.calls) decision.tool_calls.push_back(sendable(record.asked));
  messages.push_back(std::move(decision));
  for (const CallRecord& record : turn.calls)
    messages.push_back({.role = Role::tool, .content = render_call_result(record), .tool_call_id = record.asked.id});
}

// The caller may have asked for tools: a reply that is such a call is an answer as well.
std::string answer_text(const ChatReply& reply) {
  std::string text = reply.text();
  if (reply.choices.empty()) return text;
  for (const ToolCall& call : reply.choices.front().message.tool_calls) {
    if (!text.empty()) text += '\n';
    text += "[calls the user's tool " + call.name + " with " + call.arguments + "]";
  }
  return text;
}

std::string description_of(const ModelSpec& model) {
  std::string text = model.description;
  if (!text.empty()) text += ' ';
  text += "Tier: " + std::string(xrouter::to_text(model.tier)) + ".";
  text += " USD per million tokens: input " + per_million(model.price.input) + ", output " + per_million(model.price.output) + ".";
  text += " Context " + std::to_string(model.context_tokens) + " tokens, output at most " + std::to_string(model.max_output_tokens) + ".";
  if (model.capabilities.vision) text += " Reads images.";
  if (model.capabilities.audio) text += " Reads audio.";
  return text;
}

}  // namespace

ToolSpec call_tool(const OfferedModel& model) {
  json::Writer schema;
  schema.begin_object().field("type", "object").key("properties").begin_object();
  schema.key("system_prompt").begin_object().field("type", "string");
  schema.field("description", "Optional instructions for this model, in front of the conversation.").end_object();
  schema.key("temperature").begin_object().field("type", "number").field("minimum", 0).field("maximum", 2);
  schema.field("description", "Optional. Low for precise tasks, higher for creative ones.").end_object();
  schema.key("max_tokens").begin_object().field("type", "integer").field("minimum", 1);
  schema.field("description", "Optional limit of the answer's length.").end_object();
  schema.end_object().key("required").begin_array().end_array().field("additionalProperties", false).end_object();
  return {.name = model.tool_name, .description = description_of(*model.spec), .parameters = RawJson{schema.take()}};
}

ToolSpec select_tool() {
  json::Writer schema;
  schema.begin_object().field("type", "object").key("properties").begin_object();
  schema.key("call_id")
      .begin_object()
      .field("type", "string")
      .field("description", "The call_id in the result of a successful call.")
      .end_object();
  schema.end_object().key("required").begin_array().value("call_id").end_array().field("additionalProperties", false).end_object();
  return {.name = std::string(kSelectTool),
          .description =
              "Gives the answer of an earlier successful call to the user, word for word, and ends the work. Must be the only tool call of "
              "its turn.",
          .parameters = RawJson{schema.take()}};
}

std::string render_call_result(const CallRecord& record) {
  json::Writer out;
  out.begin_object().field("call_id", std::string_view(record.id.value));
  if (record.model) out.field("model", std::string_view(record.model->id.value));
  out.field("status", to_text(record.status));
  if (record.reply)
    out.field("answer", std::string_view(answer_text(*record.reply)));
  else
    out.field("error", std::string_view(record.message));
  out.end_object();
  return out.take();
}

ChatRequest render_router_prompt(const DecisionPrompt& prompt) {
  ChatRequest request;
  request.messages.push_back({.role = Role::system, .content = system_text(prompt)});
  for (const Message& message : prompt.spec.request.messages) request.messages.push_back(readable_by(prompt.spec.router, message));
  for (const Turn& turn : prompt.transcript.turns) append_turn(request.messages, turn);
  if (prompt.may_call)
    for (const OfferedModel& model : prompt.spec.offered) request.tools.push_back(call_tool(model));
  if (anything_to_select(prompt)) request.tools.push_back(select_tool());
  if (!prompt.may_answer && !request.tools.empty()) request.tool_choice = RawJson{"\"required\""};
  request.sampling.max_output_tokens = prompt.spec.router_output_tokens;
  return request;
}

}  // namespace xrouter::policy
