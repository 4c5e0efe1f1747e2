#include "xrouter/policy/router_prompt.hpp"

#include <gtest/gtest.h>

#include "xrouter/engine/arguments.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/policy/bench_test.hpp"

namespace xrouter::policy {
namespace {

std::string system_of(const ChatRequest& request) { return text_of(request.messages.at(0).content); }

std::string last_of(const ChatRequest& request) { return text_of(request.messages.back().content); }

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

bool offers(const ChatRequest& request, std::string_view tool) {
  return std::any_of(request.tools.begin(), request.tools.end(), [&](const ToolSpec& spec) { return spec.name == tool; });
}

// Golden: a change of the prompt is a change of the policy and shall be seen in a review.
constexpr std::string_view kSystem =
    R"(You are the router of a pool of language models. Decide how the last message of the conversation is answered well at the lowest cost. You are a small model; the models behind your tools are stronger than you, and each call of one costs money.

How to decide
- Answer in plain text yourself only when the task is simple: small talk, a question about you, trivial arithmetic, a fact you are sure of. That costs least, but a poor answer of yours is worse than the price of a call.
- Otherwise call a model. Of two models that can both solve the task take the cheaper one. Judge whether the task needs long reasoning, code, special knowledge or merely fluent text, and choose by that.
- Prices stand in the router note as letters, the cheapest first: R is that of the strongest model, two letters earlier is half of it, two letters later twice as much.
- Calls of one turn run at the same time. Call several models only when the gain in quality is worth the sum of their prices.
- The cost weight in the router note says how much money counts: at 0 only quality does; the higher it is, the more a dollar counts.

How to call
- The called model receives the whole conversation. Never repeat the question or the dialogue in your arguments.
- Write a system_prompt only when it helps: one sentence of role, one line of scope, an example if the request is ambiguous, then the requirements and the form of the output, fitted to the strengths of that model. Leave it out otherwise.
- Use a low temperature for precise tasks such as mathematics, code and facts, a higher one for creative tasks.

How to finish
- A call with final true gives its answer to the user as it is: you do not see it, and nothing more is decided. Say it when you would select that answer anyway. When every call of it failed you are asked again.
- When one answer is clearly best, call select_response with its call_id: it is given to the user word for word and costs nothing more. It must be the only tool call of its turn, and only successful calls can be selected.
- Write the final answer as plain text only to merge, reconcile or correct answers.
- A failed call says why. Call again, call another model, or finish with what there is.

Text beside tool calls is your own note and is shown to nobody. The router note behind the user's message, and the one in a call's result, come from the program that runs you: they say what this request is worth and what is possible now.
)";

constexpr std::string_view kFirstQuestion = R"(What is 6 times 7?

[Router note, not from the user]
Prices:
I:call_small_a
I:call_small_b
R:call_big
Cost weight: 0.5.
The user's program offers tools of its own to the model that answers. You cannot use them; when one is needed, call a model. They are:
- get_weather: Weather of a city
- get_time
Money left for this request: 0.25 USD. A call that could cost more is refused.)";

TEST(RouterPrompt, the_first_turn_in_agent_mode) {
  PolicyBench bench;
  bench.spec.cost_weight = 0.5;
  bench.spec.request.tools = {{.name = "get_weather", .description = "Weather of a city"}, {.name = "get_time"}};
  DecisionPrompt prompt = bench.prompt();
  prompt.cost_left = *Usd::parse("0.25");
  const ChatRequest request = render_router_prompt(prompt);
  EXPECT_EQ(system_of(request), kSystem);
  ASSERT_EQ(request.messages.size(), 2u);
  EXPECT_EQ(last_of(request), kFirstQuestion);
  EXPECT_EQ(request.sampling.max_output_tokens, bench.spec.router_output_tokens);
  EXPECT_TRUE(request.model.empty());
}

TEST(RouterPrompt, a_model_is_a_tool_with_its_price_and_limits) {
  PolicyBench bench;
  const ToolSpec tool = call_tool(bench.spec.offered[0], Mode::agent);
  EXPECT_EQ(tool.name, "call_small_a");
  EXPECT_EQ(
      tool.description,
      "Quick at short questions. Tier: budget. USD per million tokens: input 0.1, output 0.4. Context 128k tokens, output at most 4k.");
  EXPECT_EQ(
      tool.parameters.text,
      R"({"type":"object","properties":{)"
      R"("system_prompt":{"type":"string","description":"Optional instructions for this model, in front of the conversation."},)"
      R"("temperature":{"type":"number","minimum":0,"maximum":2,"description":"Optional. Low for precise tasks, higher for creative ones."},)"
      R"("max_tokens":{"type":"integer","minimum":1,"maximum":1000000,"description":"Optional limit of the answer's length."},)"
      R"("final":{"type":"boolean","description":"Optional. True: the answer goes to the user as it is and you will not see it."}},)"
      R"("required":[],"additionalProperties":false})");
}

TEST(RouterPrompt, scores_stand_behind_the_description) {
  ModelSpec model = test_model("m", Tier::standard, 1'000'000, 1'000'000);
  model.description = "Good.";
  model.scores = {{"math", 79}, {"code_reasoning", 86}};
  EXPECT_EQ(call_tool({.spec = &model, .tool_name = "call_m"}, Mode::agent).description.rfind("Good. Scores: code_reasoning 86, math 79. Tier: standard.", 0), 0u);
}

TEST(RouterPrompt, prices_have_three_digits_and_limits_are_told_in_thousands) {
  const auto told = [](std::int64_t input_pico, std::int64_t output_pico, std::int64_t context, std::int64_t output) {
    ModelSpec model = test_model("m", Tier::standard, input_pico, output_pico);
    model.context_tokens = context;
    model.max_output_tokens = output;
    return call_tool({.spec = &model, .tool_name = "call_m"}, Mode::agent).description;
  };
  EXPECT_EQ(told(152'775, 13'005'000, 2'097'152, 999), "Tier: standard. USD per million tokens: input 0.153, output 13. Context 2097k tokens, output at most 999.");
  EXPECT_EQ(told(62'650, 999'999, 8'192, 65'536), "Tier: standard. USD per million tokens: input 0.0627, output 1. Context 8k tokens, output at most 65k.");
  EXPECT_EQ(told(0, 31'500, 1'000, 1'999), "Tier: standard. USD per million tokens: input 0, output 0.0315. Context 1k tokens, output at most 1k.");
}

TEST(RouterPrompt, an_unknown_price_is_said_to_be_unknown) {
  ModelSpec model = test_model("m", Tier::standard, 1'000'000, 1'000'000);
  model.price = {};
  EXPECT_NE(call_tool({.spec = &model, .tool_name = "call_m"}, Mode::agent).description.find("input unknown, output unknown"), std::string::npos);
}

TEST(RouterPrompt, the_schemas_are_what_the_engine_reads) {
  PolicyBench bench;
  const auto call = json::parse(call_tool(bench.spec.offered[0], Mode::agent).parameters.text);
  ASSERT_TRUE(call);
  for (const auto& property : call->at("properties").as_object()) {
    const std::string type(property.value().at("type").as_string());
    const std::string value = type == "string" ? "\"x\"" : type == "boolean" ? "true" : "1";
    const std::string arguments = "{\"" + std::string(property.key()) + "\":" + value + "}";
    EXPECT_TRUE(parse_call_arguments(arguments)) << arguments;
  }
  const auto select = json::parse(select_tool().parameters.text);
  ASSERT_TRUE(select);
  EXPECT_TRUE(parse_select_arguments("{\"" + std::string(select->at("properties").as_object().begin()->key()) + "\":\"c1\"}"));
}

TEST(RouterPrompt, the_conversation_is_kept_as_it_is) {
  PolicyBench bench;
  Message with_parts{.role = Role::user,
                     .content = std::vector<ContentPart>{{.type = "text", .text = "look", .raw = {R"({"type":"text","text":"look"})"}}}};
  Message asking{.role = Role::assistant, .content = {}};
  asking.tool_calls.push_back(tool_call("get_weather", "{\"city\":\"Ulm\"}", "t1"));
  const Message result{.role = Role::tool, .content = std::string("rain"), .tool_call_id = "t1"};
  bench.spec.request.messages = {with_parts, asking, result};
  const ChatRequest request = render_router_prompt(bench.prompt());
  ASSERT_EQ(request.messages.size(), 4u);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(request.messages[i + 1], bench.spec.request.messages[i]) << i;
  EXPECT_EQ(request.messages[3].tool_call_id, "t1");
  EXPECT_EQ(last_of(request), "rain\n\n[Router note, not from the user]\nPrices:\nI:call_small_a\nI:call_small_b\nR:call_big\nCost weight: 1.");
}

TEST(RouterPrompt, there_is_one_system_message_and_the_callers_are_told_in_front_of_the_user) {
  PolicyBench bench;
  const Message pirate{.role = Role::system, .content = std::string("Speak like a pirate.")};
  const Message brief{.role = Role::developer, .content = std::string("Be brief.")};
  const Message question{.role = Role::user, .content = std::string("Why?")};
  const std::string told = "[Instructions of the user's program to the model that answers]\nSpeak like a pirate.";
  bench.spec.request.messages = {pirate, question};
  ChatRequest request = render_router_prompt(bench.prompt());
  ASSERT_EQ(request.messages.size(), 2u);
  EXPECT_TRUE(last_of(request).starts_with(told + "\n\n[The user]\nWhy?\n\n[Router note")) << last_of(request);

  const ContentPart look{.type = "text", .text = "look", .raw = {R"({"type":"text","text":"look"})"}};
  bench.spec.request.messages = {pirate, brief, {.role = Role::user, .content = std::vector<ContentPart>{look}}};
  request = render_router_prompt(bench.prompt());
  ASSERT_EQ(request.messages.size(), 2u);
  const auto& parts = std::get<std::vector<ContentPart>>(request.messages[1].content);
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[0].text, told + "\n\n[Instructions of the user's program to the model that answers]\nBe brief.\n\n[The user]\n");
  EXPECT_EQ(parts[1], look);

  bench.spec.request.messages = {question, {.role = Role::assistant, .content = std::string("So.")}, pirate};
  request = render_router_prompt(bench.prompt());
  ASSERT_EQ(request.messages.size(), 4u);
  EXPECT_EQ(request.messages[1], question);
  EXPECT_EQ(request.messages[3].role, Role::user);
  EXPECT_TRUE(last_of(request).starts_with(told + "\n\n[Router note")) << last_of(request);
}

TEST(RouterPrompt, the_note_is_a_part_behind_parts_and_a_message_where_nobody_has_the_last_word) {
  PolicyBench bench;
  const ContentPart part{.type = "text", .text = "look", .raw = {R"({"type":"text","text":"look"})"}};
  bench.spec.request.messages = {{.role = Role::user, .content = std::vector<ContentPart>{part}}};
  const auto parts = std::get<std::vector<ContentPart>>(render_router_prompt(bench.prompt()).messages.at(1).content);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0], part);
  EXPECT_EQ(parts[1].text, "[Router note, not from the user]\nPrices:\nI:call_small_a\nI:call_small_b\nR:call_big\nCost weight: 1.");
  EXPECT_EQ(json::parse(parts[1].raw.text)->at("text").as_string(), parts[1].text);
  bench.spec.request.messages.push_back({.role = Role::assistant, .content = std::string("I begin:")});
  const ChatRequest request = render_router_prompt(bench.prompt());
  ASSERT_EQ(request.messages.size(), 4u);
  EXPECT_EQ(request.messages[2], bench.spec.request.messages[1]);
  EXPECT_EQ(request.messages[3].role, Role::user);
  EXPECT_EQ(last_of(request), parts[1].text);
}

TEST(RouterPrompt, pictures_go_to_a_router_that_can_see_and_are_named_to_one_that_cannot) {
  PolicyBench bench;
  const ContentPart image{.type = "image_url", .text = {}, .raw = {R"({"type":"image_url","image_url":{"url":"data:,x"}})"}};
  bench.spec.request.messages = {{.role = Role::user, .content = std::vector<ContentPart>{image}}};
  bench.spec.router = &bench.router;
  const ChatRequest blind = render_router_prompt(bench.prompt());
  const auto& parts = std::get<std::vector<ContentPart>>(blind.messages.at(1).content);
  EXPECT_EQ(parts.at(0).raw.text, R"({"type":"text","text":"[a part of type image_url that you cannot read]"})");
  bench.router.capabilities.vision = true;
  const ChatRequest seeing = render_router_prompt(bench.prompt());
  EXPECT_EQ(std::get<std::vector<ContentPart>>(seeing.messages.at(1).content).at(0), image);
}

TEST(RouterPrompt, earlier_turns_are_tool_calls_with_one_result_each) {
  PolicyBench bench;
  Turn turn;
  turn.text = "two opinions";
  bench.add_call(turn, "c1", "small-a", CallStatus::ok, "say \"42\"");
  bench.add_call(turn, "c2", "big", CallStatus::failed, "The upstream is rate limited.");
  bench.transcript.turns.push_back(turn);
  const ChatRequest request = render_router_prompt(bench.prompt());
  ASSERT_EQ(request.messages.size(), 5u);
  const Message& decision = request.messages[2];
  EXPECT_EQ(decision.role, Role::assistant);
  EXPECT_EQ(text_of(decision.content), "two opinions");
  ASSERT_EQ(decision.tool_calls.size(), 2u);
  EXPECT_EQ(decision.tool_calls[0].id, "c1");
  EXPECT_EQ(request.messages[3].tool_call_id, "c1");
  EXPECT_EQ(text_of(request.messages[3].content), R"({"call_id":"c1","model":"small-a","status":"ok","answer":"say \"42\""})");
  EXPECT_EQ(text_of(request.messages[4].content),
            R"({"call_id":"c2","model":"big","status":"failed","error":"The upstream is rate limited."})");
}

TEST(RouterPrompt, what_the_router_wrote_wrongly_cannot_break_the_next_turn) {
  PolicyBench bench;
  Turn turn;
  bench.add_call(turn, "c1", "small-a", CallStatus::refused, "There is no such tool.").asked =
      tool_call("drop table; \xc3\xa9", "{not json", "c1");
  bench.add_call(turn, "c2", "small-a", CallStatus::refused, "x").asked = tool_call(std::string(200, 'n'), "[1]", "c2");
  bench.transcript.turns.push_back(turn);
  const std::vector<ToolCall> calls = render_router_prompt(bench.prompt()).messages.at(2).tool_calls;
  EXPECT_EQ(calls.at(0).name, "drop_table____");
  EXPECT_EQ(calls.at(0).arguments, "{}");
  EXPECT_EQ(calls.at(1).name, std::string(64, 'n'));
  EXPECT_EQ(calls.at(1).arguments, "{}");
}

TEST(RouterPrompt, the_tools_stay_the_same_and_the_result_says_what_is_possible) {
  PolicyBench bench;
  DecisionPrompt prompt = bench.prompt();
  const std::vector<ToolSpec> tools = render_router_prompt(prompt).tools;
  ASSERT_EQ(tools.size(), 4u);
  EXPECT_EQ(tools.back().name, kSelectTool);
  Turn turn;
  bench.add_call(turn, "c1", "small-a", CallStatus::failed, "x");
  bench.add_call(turn, "c2", "big", CallStatus::ok, "42");
  bench.transcript.turns.push_back(turn);
  EXPECT_EQ(render_router_prompt(prompt).tools, tools);
  EXPECT_EQ(last_of(render_router_prompt(prompt)), R"({"call_id":"c2","model":"big","status":"ok","answer":"42"})") << "nothing to say";
  prompt.may_call = false;
  prompt.cost_left = *Usd::parse("0.01");
  const ChatRequest last = render_router_prompt(prompt);
  EXPECT_EQ(last.tools, tools);
  EXPECT_TRUE(last.tool_choice.empty());
  EXPECT_EQ(last_of(last), R"({"call_id":"c2","model":"big","status":"ok","answer":"42","note":"Money left for this request: 0.01 USD. )"
                           R"(A call that could cost more is refused. No more calls can be made. )"
                           R"(Finish now: select a response or answer in plain text."})");
  bench.transcript.turns[0].calls.pop_back();
  EXPECT_TRUE(contains(last_of(render_router_prompt(prompt)), "Answer in plain text now.")) << "a failed call cannot be selected";
  EXPECT_EQ(render_router_prompt(prompt).tool_choice.text, "\"none\"");
}

TEST(RouterPrompt, without_models_there_are_no_tools_at_all) {
  PolicyBench bench;
  bench.spec.offered.clear();
  DecisionPrompt prompt = bench.prompt();
  prompt.may_call = false;
  const ChatRequest request = render_router_prompt(prompt);
  EXPECT_TRUE(request.tools.empty());
  EXPECT_TRUE(request.tool_choice.empty());
  EXPECT_TRUE(contains(last_of(request), "Answer in plain text now."));
}

TEST(RouterPrompt, a_router_whose_text_cannot_be_the_answer_is_told_so_and_has_to_call) {
  PolicyBench bench;
  DecisionPrompt prompt = bench.prompt();
  EXPECT_TRUE(render_router_prompt(prompt).tool_choice.empty());
  prompt.may_answer = false;
  for (const Mode mode : {Mode::agent, Mode::simple}) {
    bench.spec.mode = mode;
    const ChatRequest request = render_router_prompt(prompt);
    EXPECT_EQ(request.tool_choice.text, "\"required\"");
    EXPECT_TRUE(contains(last_of(request), "You cannot answer this request in your own words"));
  }
}

TEST(RouterPrompt, with_nothing_but_a_selection_left_it_has_to_select) {
  PolicyBench bench;
  Turn turn;
  bench.add_call(turn, "c1", "small-a", CallStatus::ok, "42");
  bench.transcript.turns.push_back(turn);
  DecisionPrompt prompt = bench.prompt();
  prompt.may_answer = false;
  prompt.may_call = false;
  const ChatRequest request = render_router_prompt(prompt);
  EXPECT_EQ(request.tool_choice.text, R"({"type":"function","function":{"name":"select_response"}})");
  EXPECT_TRUE(contains(last_of(request), "Finish now: select a response.\"}")) << last_of(request);
}

TEST(RouterPrompt, where_one_call_is_left_the_router_is_told_so_as_a_parameter) {
  PolicyBench bench;
  EXPECT_TRUE(render_router_prompt(bench.prompt()).extra.empty());
  bench.spec.limits.max_calls_per_turn = 1;
  const ExtraFields told{{"parallel_tool_calls", RawJson{"false"}}};
  EXPECT_EQ(render_router_prompt(bench.prompt()).extra, told);
  bench.router.capabilities.parallel_tool_calls = false;
  bench.spec.router = &bench.router;
  EXPECT_TRUE(render_router_prompt(bench.prompt()).extra.empty()) << "a model that does not know the parameter";
}

TEST(RouterPrompt, simple_mode_has_one_decision_and_no_selection) {
  PolicyBench bench;
  bench.spec.mode = Mode::simple;
  const ChatRequest request = render_router_prompt(bench.prompt());
  EXPECT_NE(system_of(request).find("This is your only decision"), std::string::npos);
  EXPECT_EQ(system_of(request).find(kSelectTool), std::string::npos);
  EXPECT_FALSE(offers(request, kSelectTool));
  EXPECT_EQ(request.tools.size(), 3u);
  EXPECT_FALSE(contains(system_of(request), "final true"));
  for (const ToolSpec& tool : request.tools) EXPECT_FALSE(contains(tool.parameters.text, "\"final\"")) << "every call is final";
}

}  // namespace
}  // namespace xrouter::policy
