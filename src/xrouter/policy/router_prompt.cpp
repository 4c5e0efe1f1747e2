#include "xrouter/policy/router_prompt.hpp"

#include <algorithm>
#include <utility>

#include "xrouter/chat/router_role.hpp"
#include "xrouter/engine/arguments.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/policy/agreement.hpp"
#include "xrouter/policy/call_result.hpp"
#include "xrouter/policy/price_scale.hpp"

namespace xrouter::policy {
namespace {

// What is the same for every request of a mode. It stands in front of the tools and of all that differs, so that
// requests with the same offered models share the keys and values of everything up to their conversation.
constexpr std::string_view kRole =
    " Decide how the last message of the conversation is answered well at the lowest cost. "
    "You are a small model; the models behind your tools are stronger than you, and each call of one costs money.\n"
    "\n"
    "How to decide\n"
    "- Answer in plain text yourself only when the task is simple: small talk, a question about you, trivial arithmetic, a fact you are "
    "sure of. "
    "That costs least, but a poor answer of yours is worse than the price of a call.\n"
    "- Otherwise call a model. Of two models that can both solve the task take the cheaper one. Judge whether the task needs long "
    "reasoning, code, special knowledge or merely fluent text, and choose by that.\n"
    "- Prices stand in the router note as letters, the cheapest first: R is that of the strongest model, two letters earlier is half of "
    "it, two letters later twice as much.\n"
    "- Calls of one turn run at the same time. Call several models only when the gain in quality is worth the sum of their prices.\n"
    "- The cost weight in the router note says how much money counts: at 0 only quality does; the higher it is, the more a dollar counts.\n"
    "\n"
    "How to call\n"
    "- The called model receives the whole conversation. Never repeat the question or the dialogue in your arguments.\n"
    "- Write a system_prompt only when it helps: one sentence of role, one line of scope, an example if the request is ambiguous, then the "
    "requirements and the form of the output, fitted to the strengths of that model. Leave it out otherwise.\n"
    "- Use a low temperature for precise tasks such as mathematics, code and facts, a higher one for creative tasks.\n"
    "\n";

constexpr std::string_view kHowToFinish =
    "How to finish\n"
    "- A call with final true gives its answer to the user as it is: you do not see it, and nothing more is decided. Say it when you would "
    "select that answer anyway. When every call of it failed you are asked again.\n"
    "- When one answer is clearly best, call select_response with its call_id: it is given to the user word for word and costs nothing "
    "more. "
    "It must be the only tool call of its turn, and only successful calls can be selected.\n"
    "- Write the final answer as plain text only to merge, reconcile or correct answers.\n"
    "- A failed call says why. Call again, call another model, or finish with what there is.\n";

constexpr std::string_view kOnlyDecision =
    "This is your only decision: either answer in plain text or call a model. The first successful answer goes to the user as it is.\n";

constexpr std::string_view kOutput =
    "\n"
    "Text beside tool calls is your own note and is shown to nobody. The router note behind the user's message, and the one in a call's "
    "result, come from the program that runs you: they say what this request is worth and what is possible now.\n";

constexpr std::string_view kInstructionsHead = "[Instructions of the user's program to the model that answers]\n";
constexpr std::string_view kUserHead = "[The user]\n";
constexpr std::string_view kNoteHead = "[Router note, not from the user]\n";
constexpr std::string_view kMayNotAnswer =
    "You cannot answer this request in your own words: it asks for something that only a model of the pool can give. Call a model.";
constexpr std::string_view kMustFinishBySelecting = "No more calls can be made. Finish now: select a response or answer in plain text.";
constexpr std::string_view kMustSelect = "No more calls can be made. Finish now: select a response.";
constexpr std::string_view kMustFinish = "No more calls can be made. Answer in plain text now.";

/// What is possible at one decision of the episode; the prompts of later decisions tell it again, word for word.
struct Standing {
  bool may_call = true;
  bool may_answer = true;
  bool may_select = false;
  std::optional<Usd> cost_left = {};
};

// 0.5 instead of 0.500000; JSON numbers have the shortest form that reads back.
std::string number_text(double value) {
  json::Writer out;
  out.value(value);
  return out.take();
}

// Three digits that count: here prices are compared, not charged, and every digit is a token of every prompt.
Usd rounded(Usd price) {
  std::int64_t unit = 1;
  while (price.pico() / unit >= 1000) unit *= 10;
  return Usd::from_pico((price.pico() + unit / 2) / unit * unit);
}

std::string per_million(const std::optional<Usd>& per_token) {
  const std::optional<Usd> price = per_token ? per_token->checked_mul(1'000'000) : std::nullopt;
  return price ? rounded(*price).to_decimal() : "unknown";
}

// 128k for 128,000 to 128,999.
std::string in_thousands(std::int64_t count) {
  constexpr std::int64_t kThousand = 1000;
  return count < kThousand ? std::to_string(count) : std::to_string(count / kThousand) + "k";
}

std::string system_text(Mode mode) {
  std::string text(kRouterRole);
  text += kRole;
  text += mode == Mode::agent ? kHowToFinish : kOnlyDecision;
  text += kOutput;
  return text;
}

// Sentences that the situation calls for; often none.
std::vector<std::string> sentences_of(const Standing& standing) {
  std::vector<std::string> sentences;
  if (standing.cost_left)
    sentences.push_back("Money left for this request: " + standing.cost_left->to_decimal() + " USD. A call that could cost more is refused.");
  if (!standing.may_call && standing.may_select) sentences.emplace_back(standing.may_answer ? kMustFinishBySelecting : kMustSelect);
  if (!standing.may_call && !standing.may_select && standing.may_answer) sentences.emplace_back(kMustFinish);
  return sentences;
}

std::string joined(const std::vector<std::string>& sentences, std::string_view between) {
  std::string text;
  for (const std::string& sentence : sentences) text.append(text.empty() ? "" : between).append(sentence);
  return text;
}

void append_callers_tools(std::string& text, const ChatRequest& request) {
  if (request.tools.empty()) return;
  text +=
      "The user's program offers tools of its own to the model that answers. You cannot use them; when one is needed, call a model. They "
      "are:\n";
  for (const ToolSpec& tool : request.tools) {
    text += "- " + (tool.name.empty() ? std::string("(unnamed)") : tool.name);
    if (!tool.description.empty()) text += ": " + tool.description;
    text += "\n";
  }
}

std::string first_note(const EpisodeSpec& spec, const Standing& standing) {
  std::string text(kNoteHead);
  text += money_note(spec.offered, spec.cost_weight);
  if (!standing.may_answer) text.append(kMayNotAnswer) += "\n";
  append_callers_tools(text, spec.request);
  for (const std::string& sentence : sentences_of(standing)) text += sentence + "\n";
  text.pop_back();
  return text;
}

ContentPart text_part(const std::string& text) {
  return {.type = "text", .text = text, .raw = RawJson{"{\"type\":\"text\",\"text\":" + json::quote(text) + "}"}};
}

// At the end of the conversation: everything in front of it stays as it is when the same conversation comes back, and
// the end of a message is a place that every chat template has.
void append_note(std::vector<Message>& messages, const std::string& note) {
  Message& last = messages.back();
  const bool takes_text = last.role == Role::user || last.role == Role::tool;
  if (!takes_text) return messages.push_back({.role = Role::user, .content = note});
  if (auto* parts = std::get_if<std::vector<ContentPart>>(&last.content)) return parts->push_back(text_part(note));
  const std::string text = text_of(last.content);
  last.content = text.empty() ? note : text + "\n\n" + note;
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
// it calls gets the original. Without a model of the catalogue it is one in this process, which reads text.
bool can_read(const ModelSpec* router, const ContentPart& part) {
  if (part.type == "text" || part.type == "refusal") return true;
  if (!router) return false;
  if (part.type == "image_url") return router->capabilities.vision;
  return part.type != "input_audio" || router->capabilities.audio;
}

Message readable_by(const ModelSpec* router, Message message) {
  auto* parts = std::get_if<std::vector<ContentPart>>(&message.content);
  if (!parts) return message;
  for (ContentPart& part : *parts)
    if (!can_read(router, part)) part = text_part("[a part of type " + part.type + " that you cannot read]");
  return message;
}

void put_in_front(Message& message, const std::string& text) {
  if (auto* parts = std::get_if<std::vector<ContentPart>>(&message.content))
    parts->insert(parts->begin(), text_part(text));
  else
    message.content = text + text_of(message.content);
}

// Instructions of the caller are for the model that answers, and many templates know one system message alone: they
// are told to the router in front of the next message of the user.
std::vector<Message> conversation_of(const EpisodeSpec& spec) {
  std::vector<Message> messages;
  std::string instructions;
  const auto tell_apart = [&] {
    if (!instructions.empty()) messages.push_back({.role = Role::user, .content = std::move(instructions)});
    instructions.clear();
  };
  for (const Message& original : spec.request.messages) {
    if (original.role == Role::system || original.role == Role::developer) {
      instructions += (instructions.empty() ? "" : "\n\n") + std::string(kInstructionsHead) + text_of(original.content);
      continue;
    }
    Message message = readable_by(spec.router, original);
    if (message.role == Role::user && !instructions.empty())
      put_in_front(message, std::exchange(instructions, {}) + "\n\n" + std::string(kUserHead));
    tell_apart();
    messages.push_back(std::move(message));
  }
  tell_apart();
  return messages;
}

// Results of a turn; what has changed since the last decision stands in the last one.
void append_results(std::vector<Message>& messages, const DecisionPrompt& prompt, std::size_t turn, const Standing& afterwards) {
  const bool one_answer_wanted = asks_for_an_answer(last_user_text(prompt.spec.request));
  const std::string note = joined(sentences_of(afterwards), " ");
  const std::vector<Turn>& turns = prompt.transcript.turns;
  std::vector<const CallRecord*> earlier;
  for (std::size_t i = 0; i < turn; ++i)
    for (const CallRecord& record : turns[i].calls) earlier.push_back(&record);
  for (const CallRecord& record : turns[turn].calls) {
    const bool last = &record == &turns[turn].calls.back();
    ResultContext context{.earlier = earlier, .one_answer_wanted = one_answer_wanted, .note = last ? std::string_view(note) : ""};
    messages.push_back({.role = Role::tool, .content = render_call_result(record, context), .tool_call_id = record.asked.id});
    earlier.push_back(&record);
  }
}

Message decision_of(const Turn& turn) {
  Message decision{.role = Role::assistant, .content = {}};
  if (!turn.text.empty()) decision.content = turn.text;
  for (const CallRecord& record : turn.calls) decision.tool_calls.push_back(sendable(record.asked));
  return decision;
}

std::string scores_text(const std::map<std::string, int>& scores) {
  std::string text;
  for (const auto& [domain, score] : scores) text.append(text.empty() ? "" : ", ").append(domain).append(" ").append(std::to_string(score));
  return text;
}

std::string description_of(const ModelSpec& model) {
  std::string text = model.description;
  if (!text.empty()) text += ' ';
  if (!model.scores.empty()) text += "Scores: " + scores_text(model.scores) + ". ";
  text += "Tier: " + std::string(xrouter::to_text(model.tier)) + ".";
  text += " USD per million tokens: input " + per_million(model.price.input) + ", output " + per_million(model.price.output) + ".";
  text += " Context " + in_thousands(model.context_tokens) + " tokens, output at most " + in_thousands(model.max_output_tokens) + ".";
  if (model.capabilities.vision) text += " Reads images.";
  if (model.capabilities.audio) text += " Reads audio.";
  return text;
}

bool has_success(const Turn& turn) {
  return std::any_of(turn.calls.begin(), turn.calls.end(), [](const CallRecord& call) { return call.status == CallStatus::ok; });
}

// The standing at every decision up to the one that is asked for.
std::vector<Standing> standings_of(const DecisionPrompt& prompt) {
  std::vector<Standing> all;
  bool may_select = false;
  for (const Turn& turn : prompt.transcript.turns) {
    all.push_back({.may_call = turn.could_call, .may_answer = prompt.may_answer, .may_select = may_select, .cost_left = turn.cost_left});
    may_select = may_select || (prompt.spec.mode == Mode::agent && has_success(turn));
  }
  all.push_back({.may_call = prompt.may_call, .may_answer = prompt.may_answer, .may_select = may_select, .cost_left = prompt.cost_left});
  return all;
}

// Said only where it says something: not every vendor knows the parameter.
bool one_call_at_most(const DecisionPrompt& prompt) {
  const ModelSpec* router = prompt.spec.router;
  return (!router || router->capabilities.parallel_tool_calls) && calls_allowed(prompt) <= 1;
}

// The tools stay the same while the episode lasts, and templates write the choice nowhere: it is what can still be
// done without changing the prompt.
std::string tool_choice_of(const Standing& now) {
  if (now.may_call) return now.may_answer ? "" : "\"required\"";
  if (!now.may_select) return "\"none\"";
  if (now.may_answer) return "";
  return "{\"type\":\"function\",\"function\":{\"name\":" + json::quote(kSelectTool) + "}}";
}

}  // namespace

ToolSpec call_tool(const OfferedModel& model, Mode mode) {
  json::Writer schema;
  schema.begin_object().field("type", "object").key("properties").begin_object();
  schema.key("system_prompt").begin_object().field("type", "string");
  schema.field("description", "Optional instructions for this model, in front of the conversation.").end_object();
  schema.key("temperature").begin_object().field("type", "number").field("minimum", 0).field("maximum", 2);
  schema.field("description", "Optional. Low for precise tasks, higher for creative ones.").end_object();
  schema.key("max_tokens").begin_object().field("type", "integer").field("minimum", 1).field("maximum", kMaxOutputTokensArgument);
  schema.field("description", "Optional limit of the answer's length.").end_object();
  if (mode == Mode::agent) {
    schema.key("final").begin_object().field("type", "boolean");
    schema.field("description", "Optional. True: the answer goes to the user as it is and you will not see it.").end_object();
  }
  schema.end_object().key("required").begin_array().end_array().field("additionalProperties", false).end_object();
  return {.name = model.tool_name, .description = description_of(*model.spec), .parameters = RawJson{schema.take()}};
}

std::vector<ToolSpec> router_tools(const EpisodeSpec& spec) {
  std::vector<ToolSpec> tools;
  if (spec.offered.empty()) return tools;  // then there will never be anything to select either
  for (const OfferedModel& model : spec.offered) tools.push_back(call_tool(model, spec.mode));
  if (spec.mode == Mode::agent) tools.push_back(select_tool());
  return tools;
}

ToolSpec select_tool() {
  json::Writer schema;
  schema.begin_object().field("type", "object").key("properties").begin_object();
  schema.key(kCallIdArgument)
      .begin_object()
      .field("type", "string")
      .field("description", "The call_id in the result of a successful call.")
      .end_object();
  schema.end_object().key("required").begin_array().value(kCallIdArgument).end_array().field("additionalProperties", false).end_object();
  return {.name = std::string(kSelectTool),
          .description =
              "Gives the answer of an earlier successful call to the user, word for word, and ends the work. Must be the only tool call of "
              "its turn.",
          .parameters = RawJson{schema.take()}};
}

std::string money_note(std::span<const OfferedModel> offered, double cost_weight) {
  std::string text;
  for (const PricedModel& model : price_letters(offered)) text += std::string(1, model.letter) + ":" + model.offered->tool_name + "\n";
  if (!text.empty()) text.insert(0, "Prices:\n");
  return text + "Cost weight: " + number_text(cost_weight) + ".\n";
}

ChatRequest render_router_prompt(const DecisionPrompt& prompt) {
  const EpisodeSpec& spec = prompt.spec;
  const std::vector<Standing> standings = standings_of(prompt);
  ChatRequest request;
  std::vector<Message>& messages = request.messages;
  messages.push_back({.role = Role::system, .content = system_text(spec.mode)});
  for (Message& message : conversation_of(spec)) messages.push_back(std::move(message));
  append_note(messages, first_note(spec, standings.front()));
  const std::vector<Turn>& turns = prompt.transcript.turns;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    messages.push_back(decision_of(turns[i]));
    append_results(messages, prompt, i, standings[i + 1]);
  }
  request.tools = router_tools(spec);
  if (!request.tools.empty()) request.tool_choice = RawJson{tool_choice_of(standings.back())};
  if (!request.tools.empty() && one_call_at_most(prompt)) request.extra.emplace_back("parallel_tool_calls", RawJson{"false"});
  request.sampling.max_output_tokens = spec.router_output_tokens;
  return request;
}

int calls_allowed(const DecisionPrompt& prompt) {
  const EpisodeLimits& limits = prompt.spec.limits;
  return prompt.may_call ? std::min(limits.max_calls_per_turn, std::max(1, limits.max_calls - prompt.transcript.calls_made())) : 0;
}

std::vector<Message> render_results(const DecisionPrompt& prompt) {
  std::vector<Message> messages;
  append_results(messages, prompt, prompt.transcript.turns.size() - 1, standings_of(prompt).back());
  return messages;
}

}  // namespace xrouter::policy
