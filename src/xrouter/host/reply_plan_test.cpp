// What a request becomes before anything is generated, and what is refused.
#include "xrouter/host/reply_plan.hpp"

#include <gtest/gtest.h>

#include "xrouter/chat_format/fake_tokenizer.hpp"
#include "xrouter/host/fake_generator.hpp"
#include "xrouter/wire/openai/codec.hpp"

namespace xrouter::host {
namespace {

class Plan : public ::testing::Test {
 protected:
  Result<ReplyPlan> plan(const std::string& more, const std::string& messages = R"([{"role":"user","content":"hi"}])") {
    const auto request = wire::openai::parse_chat_request(R"({"model":"tiny","messages":)" + messages + more + "}");
    if (!request) return fail(request.error());
    return plan_reply(*request, model_, rules_, grammars_, rng_);
  }
  std::string refused_param(const std::string& more, const std::string& messages = R"([{"role":"user","content":"hi"}])") {
    const auto planned = plan(more, messages);
    if (planned) return "accepted";
    EXPECT_EQ(traits_of(planned.error().kind).http_status, 400) << planned.error().describe();
    return planned.error().param;
  }

  const std::vector<std::string> special_{"<|im_start|>", "<|im_end|>"};
  HostedModel model_{.name = "tiny",
                     .format = *chat_format::ChatFormat::named("hermes"),
                     .tokenizer = std::make_shared<chat_format::FakeTokenizer>(special_),
                     .generator = std::make_shared<FakeGenerator>(),
                     .context_tokens = 1000};
  HostRules rules_{.max_output_tokens = 300};
  GrammarCache grammars_;
  Rng rng_{1};
};

const std::string kTools = R"(,"tools":[{"type":"function","function":{"name":"a","parameters":{"type":"object","properties":{}}}},
    {"type":"function","function":{"name":"b"}}])";

TEST_F(Plan, sampling_is_as_asked) {
  const auto planned = plan(
      R"(,"temperature":0.25,"top_p":0.5,"max_completion_tokens":17,"seed":-1,"stop":["x","yz"],"logprobs":true,"top_logprobs":3,"top_k":40,"min_p":0.1)");
  ASSERT_TRUE(planned) << planned.error().describe();
  const lm::SamplingParams& sampling = planned->generations.at(0).sampling;
  EXPECT_EQ(sampling.temperature, 0.25);
  EXPECT_EQ(sampling.top_p, 0.5);
  EXPECT_EQ(sampling.max_tokens, 17);
  EXPECT_EQ(sampling.seed, ~std::uint64_t{0});
  EXPECT_EQ(sampling.stop, (std::vector<std::string>{"x", "yz"}));
  EXPECT_EQ(sampling.top_logprobs, 3);
  EXPECT_EQ(sampling.top_k, 40);
  EXPECT_EQ(sampling.min_p, 0.1);
  EXPECT_TRUE(planned->logprobs);
}

TEST_F(Plan, output_is_limited_by_the_rules_and_by_the_context) {
  EXPECT_EQ(plan("")->generations[0].sampling.max_tokens, 300);
  const int prompt = static_cast<int>(plan("")->generations[0].prompt.size());
  EXPECT_EQ(plan(R"(,"max_tokens":100000)")->generations[0].sampling.max_tokens, 1000 - prompt);
}

TEST_F(Plan, a_seed_is_drawn_where_none_is_given) {
  EXPECT_NE(plan("")->generations[0].sampling.seed, plan("")->generations[0].sampling.seed);
  EXPECT_EQ(plan(R"(,"seed":5)")->generations[0].sampling.seed, 5U);
}

TEST_F(Plan, a_conversation_that_fills_the_context_is_refused_as_such) {
  const auto planned = plan("", R"([{"role":"user","content":")" + std::string(1000, 'a') + "\"}]");
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().kind, ErrorKind::context_length);
}

TEST_F(Plan, the_model_has_one_name) {
  const auto request = wire::openai::parse_chat_request(R"({"model":"other","messages":[{"role":"user","content":"hi"}]})");
  const auto planned = plan_reply(*request, model_, rules_, grammars_, rng_);
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().kind, ErrorKind::model_not_found);
}

TEST_F(Plan, what_cannot_be_done_is_refused_by_name) {
  EXPECT_EQ(refused_param(R"(,"n":9)"), "n");
  EXPECT_EQ(refused_param(R"(,"top_p":0)"), "top_p");
  EXPECT_EQ(refused_param(R"(,"some_new_field":1)"), "some_new_field");
  EXPECT_EQ(refused_param(R"(,"presence_penalty":0.5)"), "presence_penalty");
  EXPECT_EQ(refused_param(R"(,"frequency_penalty":-1)"), "frequency_penalty");
  EXPECT_EQ(refused_param(R"(,"logit_bias":{"1":2})"), "logit_bias");
  EXPECT_EQ(refused_param(R"(,"modalities":["text","audio"])"), "modalities");
  EXPECT_EQ(refused_param(R"(,"audio":{})"), "audio");
  EXPECT_EQ(refused_param(R"(,"functions":[{"name":"a"}])"), "functions");
  EXPECT_EQ(refused_param(R"(,"prediction":{})"), "prediction");
  EXPECT_EQ(refused_param(R"(,"store":true)"), "store");
  EXPECT_EQ(refused_param(R"(,"top_k":"all")"), "top_k");
  EXPECT_EQ(refused_param(R"(,"min_p":2)"), "min_p");
  EXPECT_EQ(refused_param(R"(,"chat_template_kwargs":{"other":true})"), "chat_template_kwargs");
  EXPECT_EQ(refused_param(R"(,"xrouter":{"cost_weight":1})"), "xrouter");
  EXPECT_EQ(refused_param(R"(,"response_format":{"type":"grammar"})"), "response_format.type");
  EXPECT_EQ(refused_param(R"(,"tools":[{"type":"custom","custom":{"name":"x"}}])"), "tools[0]");
  EXPECT_EQ(refused_param("", R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}])"),
            "messages[0].content[0]");
  EXPECT_EQ(refused_param("", R"([{"role":"user","content":"a","odd":1}])"), "messages[0].odd");
}

TEST_F(Plan, fields_that_change_nothing_are_accepted) {
  EXPECT_TRUE(plan(
      R"(,"user":"u","metadata":{"a":"b"},"store":false,"service_tier":"auto","presence_penalty":0,"frequency_penalty":0.0,"logit_bias":{},
      "modalities":["text"],"prompt_cache_key":"k","safety_identifier":"s","some_new_field":null,"reasoning_effort":"low")"));
  EXPECT_TRUE(plan(
      "",
      R"([{"role":"user","content":"a"},{"role":"assistant","content":"b","refusal":null,"annotations":[],"audio":null,"reasoning_content":"hm"},
      {"role":"user","content":[{"type":"text","text":"c"}]}])"));
}

TEST_F(Plan, tools_are_constrained_however_they_are_chosen) {
  using chat_format::CallsInReply;
  EXPECT_FALSE(plan("")->generations[0].grammar);
  for (const std::string_view choice :
       {R"("auto")", R"("required")", R"({"type":"function","function":{"name":"b"}})",
        R"({"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"a"}}]}})"}) {
    const auto planned = plan(kTools + R"(,"tool_choice":)" + std::string(choice));
    ASSERT_TRUE(planned) << planned.error().describe();
    EXPECT_TRUE(planned->generations[0].grammar);
    EXPECT_EQ(planned->calls, CallsInReply::parsed);
  }
  const auto none = plan(kTools + R"(,"tool_choice":"none")");
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->generations[0].grammar) << "text that can be no call";
  EXPECT_EQ(none->calls, CallsInReply::as_text);
  EXPECT_EQ(refused_param(kTools + R"(,"tool_choice":{"type":"function","function":{"name":"c"}})"), "tool_choice.function.name");
}

TEST_F(Plan, the_same_tools_share_one_grammar) {
  const auto first = plan(kTools);
  const auto second = plan(kTools);
  const auto single = plan(kTools + R"(,"parallel_tool_calls":false)");
  EXPECT_EQ(first->generations[0].grammar, second->generations[0].grammar);
  EXPECT_NE(first->generations[0].grammar, single->generations[0].grammar);
  EXPECT_EQ(grammars_.size(), 2U);
}

TEST_F(Plan, json_answers_are_constrained_and_exclude_calls) {
  const std::string schema =
      R"(,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","properties":{"a":{"type":"integer"}}}}})";
  EXPECT_TRUE(plan(schema)->generations[0].grammar);
  EXPECT_TRUE(plan(R"(,"response_format":{"type":"json_object"})")->generations[0].grammar);
  EXPECT_FALSE(plan(R"(,"response_format":{"type":"text"})")->generations[0].grammar);
  EXPECT_EQ(refused_param(kTools + schema), "response_format");
  EXPECT_TRUE(plan(kTools + schema + R"(,"tool_choice":"none")"));
  EXPECT_EQ(
      refused_param(
          R"(,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","if":{"minProperties":1}}}})"),
      "response_format.json_schema.schema.if");
}

TEST_F(Plan, a_schema_of_a_tool_that_cannot_be_kept_is_refused) {
  EXPECT_EQ(
      refused_param(R"(,"tools":[{"type":"function","function":{"name":"a","parameters":{"type":"object","if":{"minProperties":1}}}}])"),
      "tools[0].function.parameters.if");
}

TEST(GrammarCache, forgets_what_was_not_used_for_longest) {
  GrammarCache cache(2);
  int made = 0;
  const auto make = [&]() -> Result<GrammarCache::Shared> {
    ++made;
    grammar::Builder builder;
    return builder.build(builder.literal("a"));
  };
  for (const char* key : {"a", "b", "a", "c", "a", "b"}) ASSERT_TRUE(cache.get(key, make));
  EXPECT_EQ(made, 4);
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_FALSE(cache.get("bad", []() -> Result<GrammarCache::Shared> { return fail(ErrorKind::invalid_request, "no"); }));
  EXPECT_EQ(cache.size(), 2U);
}

}  // namespace
}  // namespace xrouter::host
