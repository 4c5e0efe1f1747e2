#include <gtest/gtest.h>

#include "xrouter/wire/openai/codec.hpp"

namespace xrouter::wire::openai {
namespace {

// A request of one user message, with `members` in front.
std::string body_with(const std::string& members) {
  return "{" + members + (members.empty() ? "" : ",") + R"("model":"m","messages":[{"role":"user","content":"hi"}]})";
}

std::string body_of(const std::string& message) { return R"({"model":"m","messages":[)" + message + "]}"; }

ChatRequest parsed(const std::string& body) {
  auto request = parse_chat_request(body);
  EXPECT_TRUE(request) << body << " -> " << (request ? "" : request.error().public_text);
  return request ? *request : ChatRequest{};
}

// The `param` of the refusal; "" when accepted.
std::string refused_param(const std::string& body, const RequestLimits& limits = {}) {
  auto request = parse_chat_request(body, limits);
  if (request) return "";
  EXPECT_EQ(request.error().kind, ErrorKind::invalid_request);
  return request.error().param.empty() ? "(none)" : request.error().param;
}

RawJson extra_of(const ExtraFields& extra, std::string_view name) {
  for (const auto& [key, value] : extra)
    if (key == name) return value;
  return {};
}

TEST(ParseRequest, reads_every_typed_parameter) {
  const ChatRequest request = parsed(body_with(
      R"("temperature":0,"top_p":0.5,"max_completion_tokens":7,"seed":-3,"stop":["a","b"],"n":2,"logprobs":true,"top_logprobs":20,
         "stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false},
         "xrouter":{"cost_weight":0.25,"max_cost_usd":"0.01"})"));
  EXPECT_EQ(request.model, "m");
  EXPECT_EQ(request.sampling.temperature, 0.0);
  EXPECT_EQ(request.sampling.top_p, 0.5);
  EXPECT_EQ(request.sampling.max_output_tokens, 7);
  EXPECT_EQ(request.sampling.seed, -3);
  EXPECT_EQ(request.sampling.stop, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(request.sampling.n, 2);
  EXPECT_EQ(request.sampling.logprobs, true);
  EXPECT_EQ(request.sampling.top_logprobs, 20);
  EXPECT_TRUE(request.stream);
  EXPECT_TRUE(request.include_usage);
  EXPECT_EQ(request.routing.cost_weight, 0.25);
  EXPECT_EQ(request.routing.max_cost_pico, 10'000'000'000);
  EXPECT_TRUE(request.extra.empty());
}

TEST(ParseRequest, null_is_absent_for_typed_parameters) {
  const ChatRequest request = parsed(body_with(
      R"("temperature":null,"max_tokens":null,"stop":null,"n":null,"tools":null,"tool_choice":null,"response_format":null,"stream":null,"stream_options":null,"xrouter":null)"));
  EXPECT_EQ(request, parsed(body_with("")));
}

TEST(ParseRequest, both_names_of_the_output_limit_mean_the_same) {
  EXPECT_EQ(parsed(body_with(R"("max_tokens":9)")), parsed(body_with(R"("max_completion_tokens":9)")));
  EXPECT_EQ(refused_param(body_with(R"("max_tokens":9,"max_completion_tokens":9)")), "max_tokens");
}

TEST(ParseRequest, a_stop_string_is_a_list_of_one) { EXPECT_EQ(parsed(body_with(R"("stop":"x")")).sampling.stop, std::vector<std::string>{"x"}); }

TEST(ParseRequest, unknown_and_relayed_fields_keep_their_source_text) {
  const ChatRequest request = parsed(body_with(R"("top_k" : 5, "user":null, "x":{ "big": 123456789012345678901234567890, "tiny":1.50e-400, "a b":[ 1 ] })"));
  EXPECT_EQ(extra_of(request.extra, "top_k").text, "5");
  EXPECT_EQ(extra_of(request.extra, "user").text, "null");
  EXPECT_EQ(extra_of(request.extra, "x").text, R"({"big":123456789012345678901234567890,"tiny":1.50e-400,"a b":[1]})");
  const std::string rendered = render_chat_request(request, "m", false);
  EXPECT_NE(rendered.find(R"("x":{"big":123456789012345678901234567890,"tiny":1.50e-400,"a b":[1]})"), std::string::npos) << rendered;
}

TEST(ParseRequest, unknown_words_are_relayed_like_unknown_fields) {
  EXPECT_EQ(refused_param(body_with(R"("reasoning_effort":"ultra")")), "");
  EXPECT_EQ(refused_param(body_with(R"("response_format":{"type":"grammar"})")), "");
  EXPECT_EQ(refused_param(body_with(R"("tools":[{"type":"web_search"}])")), "");
  EXPECT_EQ(refused_param(body_of(R"({"role":"user","content":[{"type":"video_url","video_url":{}}]})")), "");
}

TEST(ParseRequest, strict_mode_refuses_unknown_fields_and_words) {
  const RequestLimits strict{.reject_unknown_fields = true};
  EXPECT_EQ(refused_param(body_with(R"("top_k":5)"), strict), "top_k");
  EXPECT_EQ(refused_param(body_with(R"("reasoning_effort":"ultra")"), strict), "reasoning_effort");
  EXPECT_EQ(refused_param(body_with(R"("verbosity":"loud")"), strict), "verbosity");
  EXPECT_EQ(refused_param(body_with(R"("response_format":{"type":"grammar"})"), strict), "response_format.type");
  EXPECT_EQ(refused_param(body_with(R"("tools":[{"type":"web_search"}])"), strict), "tools[0].type");
  EXPECT_EQ(refused_param(body_with(R"("stream":true,"stream_options":{"x":1})"), strict), "stream_options.x");
  EXPECT_EQ(refused_param(body_of(R"({"role":"user","content":"a","cache":1})"), strict), "messages[0].cache");
  EXPECT_EQ(refused_param(body_of(R"({"role":"user","content":[{"type":"video_url"}]})"), strict), "messages[0].content[0].type");
  EXPECT_EQ(refused_param(body_with(R"("user":"u","metadata":{"a":"b"},"store":true,"reasoning_effort":"xhigh","verbosity":"low")"), strict), "");
  EXPECT_EQ(refused_param(body_of(R"({"role":"assistant","content":null,"refusal":"no"})"), strict), "");
}

TEST(ParseRequest, the_cost_limit_is_exact_as_string_and_as_number) {
  const auto pico = [](const char* text) { return parsed(body_with(std::string(R"("xrouter":{"max_cost_usd":)") + text + "}")).routing.max_cost_pico; };
  EXPECT_EQ(pico("\"0.000000000001\""), 1);
  EXPECT_EQ(pico("0.000000000001"), 1);
  EXPECT_EQ(pico("9007199.254740993"), 9'007'199'254'740'993'000);  // a double would end in 992
  EXPECT_EQ(pico("0"), 0);
  EXPECT_EQ(pico("null"), std::nullopt);
}

TEST(ParseRequest, the_routing_object_is_closed_and_bounded) {
  const auto param = [](const char* members) { return refused_param(body_with(std::string(R"("xrouter":{)") + members + "}")); };
  EXPECT_EQ(param(R"("cost_weight":-0.1)"), "xrouter.cost_weight");
  EXPECT_EQ(param(R"("cost_weight":1000.5)"), "xrouter.cost_weight");
  EXPECT_EQ(param(R"("cost_weight":1e999)"), "xrouter.cost_weight");
  EXPECT_EQ(param(R"("cost_weight":"1")"), "xrouter.cost_weight");
  EXPECT_EQ(param(R"("cost_weight":1000)"), "");
  EXPECT_EQ(param(R"("max_cost_usd":"-1")"), "xrouter.max_cost_usd");
  EXPECT_EQ(param(R"("max_cost_usd":"1 USD")"), "xrouter.max_cost_usd");
  EXPECT_EQ(param(R"("max_cost_usd":"1e-13")"), "xrouter.max_cost_usd");
  EXPECT_EQ(param(R"("max_cost_usd":1e300)"), "xrouter.max_cost_usd");
  EXPECT_EQ(param(R"("max_cost_usd":true)"), "xrouter.max_cost_usd");
  EXPECT_EQ(param(R"("max_cost":1)"), "xrouter.max_cost");
  EXPECT_EQ(param(R"("max_cost_usd":1,"max_cost_usd":2)"), "xrouter");
  EXPECT_EQ(refused_param(body_with(R"("xrouter":[])")), "xrouter");
}

struct Refusal {
  const char* members;
  const char* param;
};
void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.members; }

class RefusedParameter : public testing::TestWithParam<Refusal> {};
TEST_P(RefusedParameter, is_named) { EXPECT_EQ(refused_param(body_with(GetParam().members)), GetParam().param); }
INSTANTIATE_TEST_SUITE_P(ParseRequest, RefusedParameter,
                         testing::Values(Refusal{R"("temperature":2.1)", "temperature"}, Refusal{R"("temperature":"1")", "temperature"},
                                         Refusal{R"("temperature":-1e-9)", "temperature"}, Refusal{R"("top_p":1.01)", "top_p"},
                                         Refusal{R"("max_tokens":0)", "max_tokens"}, Refusal{R"("max_tokens":1.5)", "max_tokens"},
                                         Refusal{R"("max_completion_tokens":99999999999999999999)", "max_completion_tokens"},
                                         Refusal{R"("seed":9223372036854775808)", "seed"}, Refusal{R"("seed":1e400)", "seed"},
                                         Refusal{R"("stop":["1","2","3","4","5"])", "stop"}, Refusal{R"("stop":[1])", "stop"},
                                         Refusal{R"("n":0)", "n"}, Refusal{R"("n":129)", "n"}, Refusal{R"("logprobs":1)", "logprobs"},
                                         Refusal{R"("top_logprobs":5)", "top_logprobs"}, Refusal{R"("logprobs":false,"top_logprobs":5)", "top_logprobs"},
                                         Refusal{R"("logprobs":true,"top_logprobs":21)", "top_logprobs"},
                                         Refusal{R"("frequency_penalty":2.5)", "frequency_penalty"}, Refusal{R"("presence_penalty":-3)", "presence_penalty"},
                                         Refusal{R"("logit_bias":{"50256":-101})", "logit_bias.50256"}, Refusal{R"("logit_bias":[])", "logit_bias"},
                                         Refusal{R"("reasoning_effort":3)", "reasoning_effort"}, Refusal{R"("modalities":["text",1])", "modalities"},
                                         Refusal{R"("audio":"x")", "audio"}, Refusal{R"("parallel_tool_calls":"yes")", "parallel_tool_calls"},
                                         Refusal{R"("metadata":{"a":1})", "metadata.a"}, Refusal{R"("metadata":"a")", "metadata"},
                                         Refusal{R"("store":1)", "store"}, Refusal{R"("user":{})", "user"}, Refusal{R"("stream":"true")", "stream"},
                                         Refusal{R"("stream_options":{"include_usage":true})", "stream_options"},
                                         Refusal{R"("stream":true,"stream_options":{"include_usage":1})", "stream_options.include_usage"},
                                         Refusal{R"("tools":{})", "tools"}, Refusal{R"("tools":[1])", "tools[0]"}, Refusal{R"("tools":[{}])", "tools[0].type"},
                                         Refusal{R"("tools":[{"type":"function"}])", "tools[0].function"},
                                         Refusal{R"("tools":[{"type":"function","function":{"name":""}}])", "tools[0].function.name"},
                                         Refusal{R"("tools":[{"type":"function","function":{"name":"f","parameters":[]}}])", "tools[0].function.parameters"},
                                         Refusal{R"("tools":[{"type":"custom","custom":{}}])", "tools[0].custom.name"},
                                         Refusal{R"("tool_choice":"required")", "tool_choice"}, Refusal{R"("tool_choice":"maybe")", "tool_choice"},
                                         Refusal{R"("tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"g"}})",
                                                 "tool_choice.function.name"},
                                         Refusal{R"("tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"x","tools":[]}})",
                                                 "tool_choice.allowed_tools.mode"},
                                         Refusal{R"("functions":[{}])", "functions[0].name"}, Refusal{R"("function_call":"required")", "function_call"},
                                         Refusal{R"("response_format":"json")", "response_format"}, Refusal{R"("response_format":{"type":"json_schema"})", "response_format.json_schema"},
                                         Refusal{R"("response_format":{"type":"json_schema","json_schema":{"schema":{}}})", "response_format.json_schema.name"},
                                         Refusal{R"("model":"x")", "(none)"}));

class RefusedMessage : public testing::TestWithParam<Refusal> {};
TEST_P(RefusedMessage, is_named) { EXPECT_EQ(refused_param(body_of(GetParam().members)), GetParam().param); }
INSTANTIATE_TEST_SUITE_P(
    ParseRequest, RefusedMessage,
    testing::Values(Refusal{"", "messages"}, Refusal{"3", "messages[0]"}, Refusal{"{}", "messages[0].role"}, Refusal{R"({"role":"robot","content":"a"})", "messages[0].role"},
                    Refusal{R"({"role":"user"})", "messages[0].content"}, Refusal{R"({"role":"user","content":null})", "messages[0].content"},
                    Refusal{R"({"role":"user","content":5})", "messages[0].content"}, Refusal{R"({"role":"user","content":[]})", "messages[0].content"},
                    Refusal{R"({"role":"user","content":["a"]})", "messages[0].content[0]"}, Refusal{R"({"role":"user","content":[{"type":"text"}]})", "messages[0].content[0].text"},
                    Refusal{R"({"role":"user","content":[{"type":"image_url","image_url":"u"}]})", "messages[0].content[0].image_url"},
                    Refusal{R"({"role":"user","content":[{"type":"file"}]})", "messages[0].content[0].file"},
                    Refusal{R"({"role":"user","content":"a","tool_call_id":"x"})", "messages[0].tool_call_id"},
                    Refusal{R"({"role":"tool","content":"a"})", "messages[0].tool_call_id"}, Refusal{R"({"role":"function","content":"a"})", "messages[0].name"},
                    Refusal{R"({"role":"user","content":"a","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":""}}]})", "messages[0].tool_calls"},
                    Refusal{R"({"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f","arguments":""}}]})", "messages[0].tool_calls[0].id"},
                    Refusal{R"({"role":"assistant","tool_calls":[{"id":"1","type":"function"}]})", "messages[0].tool_calls[0].function"},
                    Refusal{R"({"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f"}}]})", "messages[0].tool_calls[0].function.arguments"},
                    Refusal{R"({"role":"assistant","tool_calls":[{"id":"1","type":"magic"}]})", "messages[0].tool_calls[0].type"},
                    Refusal{R"({"role":"user","content":"a","content":"b"})", "messages[0]"}, Refusal{R"({"role":"assistant","content":"a","refusal":5})", "messages[0].refusal"},
                    Refusal{R"({"role":"user","content":"a"},{"role":"user"})", "messages[1].content"}));

TEST(ParseRequest, refuses_what_is_no_request_at_all) {
  for (const char* body : {"", "{", "[]", "null", "\"x\"", "{\"model\":\"m\"}", "{\"messages\":[]}", "{\"model\":\"\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
                           "\xFF", "{\"model\":\"\xFF\"}"})
    EXPECT_NE(refused_param(body), "") << body;
}

TEST(ParseRequest, every_list_is_bounded) {
  const RequestLimits small{.max_messages = 2, .max_tools = 1, .max_parts = 2, .max_depth = 8};
  const std::string message = R"({"role":"user","content":"a"})";
  EXPECT_EQ(refused_param(body_of(message + "," + message), small), "");
  EXPECT_EQ(refused_param(body_of(message + "," + message + "," + message), small), "messages");
  const std::string tool = R"({"type":"function","function":{"name":"f"}})";
  EXPECT_EQ(refused_param(body_with("\"tools\":[" + tool + "," + tool + "]"), small), "tools");
  EXPECT_EQ(refused_param(body_with(R"("functions":[{"name":"f"},{"name":"g"}])"), small), "functions");
  const std::string part = R"({"type":"text","text":"a"})";
  EXPECT_EQ(refused_param(body_of(R"({"role":"user","content":[)" + part + "," + part + "," + part + "]}"), small), "messages[0].content");
  EXPECT_EQ(refused_param(body_with(R"("x":[[[[[[[[1]]]]]]]])"), small), "(none)");
  std::string calls;
  for (int i = 0; i < 129; ++i) calls += std::string(i ? "," : "") + R"({"id":"1","type":"function","function":{"name":"f","arguments":""}})";
  EXPECT_EQ(refused_param(body_of(R"({"role":"assistant","tool_calls":[)" + calls + "]}")), "messages[0].tool_calls");
}

TEST(ParseRequest, metadata_counts_characters_not_bytes) {
  const auto metadata = [](const std::string& key, const std::string& value) { return refused_param(body_with("\"metadata\":{\"" + key + "\":\"" + value + "\"}")); };
  std::string accents;
  for (int i = 0; i < 512; ++i) accents += "\xC3\xA9";
  EXPECT_EQ(metadata("k", accents), "");
  EXPECT_EQ(metadata("k", accents + "x"), "metadata.k");
  EXPECT_EQ(metadata(std::string(64, 'k'), "v"), "");
  EXPECT_EQ(metadata(std::string(65, 'k'), "v"), "metadata");
  std::string pairs;
  for (int i = 0; i < 17; ++i) pairs += (i ? ",\"" : "\"") + std::to_string(i) + "\":\"\"";
  EXPECT_EQ(refused_param(body_with("\"metadata\":{" + pairs + "}")), "metadata");
}

TEST(ParseRequest, messages_keep_parts_calls_and_vendor_members) {
  const ChatRequest request = parsed(body_of(
      R"({"role":"developer","content":"d","name":"n"},
         {"role":"user","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"data:x"},"prompt_cache_breakpoint":{}}]},
         {"role":"assistant","content":null,"reasoning_content":"r","tool_calls":[
            {"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"},"extra_content":{"sig":"s"}},
            {"id":"c2","type":"custom","custom":{"name":"g","input":"raw"}}]},
         {"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":"ok"}]},
         {"role":"function","name":"old","content":null})"));
  ASSERT_EQ(request.messages.size(), 5U);
  EXPECT_EQ(request.messages[0].name, "n");
  EXPECT_EQ(text_of(request.messages[1].content), "see");
  EXPECT_EQ(std::get<std::vector<ContentPart>>(request.messages[1].content)[1].raw.text,
            R"({"type":"image_url","image_url":{"url":"data:x"},"prompt_cache_breakpoint":{}})");
  EXPECT_EQ(extra_of(request.messages[2].extra, "reasoning_content").text, "\"r\"");
  ASSERT_EQ(request.messages[2].tool_calls.size(), 2U);
  EXPECT_EQ(request.messages[2].tool_calls[0].arguments, R"({"a":1})");
  EXPECT_EQ(extra_of(request.messages[2].tool_calls[0].extra, "extra_content").text, R"({"sig":"s"})");
  EXPECT_EQ(request.messages[2].tool_calls[1].type, "custom");
  EXPECT_EQ(request.messages[2].tool_calls[1].arguments, "raw");
  EXPECT_EQ(request.messages[3].tool_call_id, "c1");
  EXPECT_EQ(parsed(render_chat_request(request, "m", false)), request);
}

TEST(RenderRequest, never_sends_the_routing_wishes_upstream) {
  const ChatRequest request = parsed(body_with(R"("xrouter":{"cost_weight":1,"max_cost_usd":"5"})"));
  const std::string rendered = render_chat_request(request, "gpt", false);
  EXPECT_EQ(rendered, R"({"model":"gpt","messages":[{"role":"user","content":"hi"}]})");
}

TEST(RenderRequest, asks_for_usage_whenever_it_streams) {
  const std::string rendered = render_chat_request(parsed(body_with("")), "gpt", true);
  EXPECT_EQ(rendered, R"({"model":"gpt","messages":[{"role":"user","content":"hi"}],"stream":true,"stream_options":{"include_usage":true}})");
}

TEST(RenderRequest, keeps_a_temperature_of_zero_and_writes_short_decimals) {
  EXPECT_NE(render_chat_request(parsed(body_with(R"("temperature":0)")), "m", false).find(R"("temperature":0)"), std::string::npos);
  EXPECT_NE(render_chat_request(parsed(body_with(R"("temperature":0.7)")), "m", false).find(R"("temperature":0.7)"), std::string::npos);
}

TEST(RenderRequest, names_the_output_limit_as_the_upstream_knows_it) {
  const ChatRequest request = parsed(body_with(R"("max_tokens":9)"));
  EXPECT_NE(render_chat_request(request, "m", false).find(R"("max_completion_tokens":9)"), std::string::npos);
  const std::string old = render_chat_request(request, "m", false, {.token_limit_name = TokenLimitName::max_tokens});
  EXPECT_NE(old.find(R"("max_tokens":9)"), std::string::npos);
  EXPECT_EQ(old.find("max_completion_tokens"), std::string::npos);
}

TEST(RenderRequest, builds_tools_that_no_client_wrote) {
  ChatRequest request;
  request.model = "m";
  request.messages.push_back({.role = Role::user, .content = "a"});
  request.tools.push_back({.name = "call_x", .description = "d\"", .parameters = {R"({"type":"object"})"}});
  const ChatRequest back = parsed(render_chat_request(request, "m", false));
  ASSERT_EQ(back.tools.size(), 1U);
  EXPECT_EQ(back.tools[0].name, "call_x");
  EXPECT_EQ(back.tools[0].description, "d\"");
  EXPECT_EQ(back.tools[0].parameters.text, R"({"type":"object"})");
}

}  // namespace
}  // namespace xrouter::wire::openai
