#include "xrouter/service/run.hpp"

#include <gtest/gtest.h>

#include "xrouter/json/parse.hpp"
#include "xrouter/service/json_check.hpp"
#include "xrouter/service/metadata.hpp"
#include "xrouter/testing/scripted.hpp"
#include "xrouter/testing/world.hpp"

namespace xrouter::service {
namespace {

using namespace std::chrono_literals;

class Running : public ::testing::Test {
 protected:
  Running() {
    for (const char* id : {"cheap", "strong"}) {
      ModelSpec& model = models_.emplace_back();
      model.id = ModelId(id);
      model.upstream = "up";
      model.price.input = Usd::from_pico(1'000'000);
      model.price.output = Usd::from_pico(2'000'000);
    }
    config_.upstreams.push_back({.name = "up", .base_url = "http://up.example/v1"});
    config_.catalog = *ModelCatalog::make(models_);
  }

  Outcome run_plan(ChatRequest request) {
    const Planner planner(std::make_shared<config::Config>(config_), nullptr, &affinity_);
    plan_ = *planner.plan(std::move(request));
    episode_.emplace(plan_.spec);
    CallScope scope(world_.executor(), world_.timers(), Deadline::after(world_.now(), 60s), "test");
    ObserverList nobody({});
    return world_.run(service::run(plan_, *episode_, {policy_, pool_}, nobody, scope, &affinity_, nullptr));
  }

  static ChatRequest asking(std::string model, std::string format = "") {
    ChatRequest request;
    request.model = std::move(model);
    request.messages.push_back({.role = Role::user, .content = std::string("six times seven?")});
    request.response_format.text = std::move(format);
    return request;
  }

  World world_;
  ScriptedPolicy policy_;
  ScriptedPool pool_;
  ToolAffinity affinity_;
  std::vector<ModelSpec> models_;
  config::Config config_;
  Plan plan_;
  std::optional<Episode> episode_;
};

constexpr const char* kJsonObject = R"({"type":"json_object"})";

TEST_F(Running, a_reply_that_is_no_json_fails_and_the_next_candidate_answers) {
  policy_.then(calling({"cheap"})).then(committing("strong"));
  pool_.on("cheap", "{\"a\": ").on("strong", "{\"a\": 1}");
  const Outcome outcome = run_plan(asking("xrouter", kJsonObject));
  ASSERT_TRUE(outcome.answer);
  EXPECT_EQ(outcome.answer->text(), "{\"a\": 1}");
  EXPECT_EQ(episode_->ledger().lines().size(), 2u) << "the bad reply was paid for";
}

TEST_F(Running, a_direct_answer_that_is_no_json_is_none) {
  policy_.then(answering("42"), 0s).then(answering("{}"));
  EXPECT_TRUE(run_plan(asking("xrouter", kJsonObject)).answer) << "42 is JSON";
  policy_ = ScriptedPolicy();
  policy_.then(answering("forty-two"));
  const Outcome outcome = run_plan(asking("xrouter", kJsonObject));
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::upstream_invalid);
}

TEST_F(Running, without_a_response_format_nothing_is_checked) {
  pool_.on("cheap", "{\"a\": ");
  EXPECT_TRUE(run_plan(asking("cheap")).answer);
}

std::string schema_format(const char* strict) {
  return std::string(R"({"type":"json_schema","json_schema":{"name":"n","strict":)") + strict +
         R"(,"schema":{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}}}})";
}

TEST_F(Running, a_reply_that_does_not_follow_a_strict_schema_fails_and_the_next_candidate_answers) {
  policy_.then(calling({"cheap"})).then(committing("strong"));
  pool_.on("cheap", "{\"a\": \"1\"}").on("strong", "{\"a\": 1}");
  const Outcome outcome = run_plan(asking("xrouter", schema_format("true")));
  ASSERT_TRUE(outcome.answer);
  EXPECT_EQ(outcome.answer->text(), "{\"a\": 1}");
}

TEST_F(Running, a_direct_answer_that_does_not_follow_a_strict_schema_is_none) {
  policy_.then(answering("{\"b\": 1}"));
  EXPECT_FALSE(run_plan(asking("xrouter", schema_format("true"))).answer);
}

TEST_F(Running, a_schema_that_is_not_strict_is_a_wish) {
  policy_.then(committing("cheap"));
  pool_.on("cheap", "{\"b\": 1}");
  EXPECT_TRUE(run_plan(asking("xrouter", schema_format("false"))).answer);
}

TEST(JsonCheck, a_reply_cut_by_its_length_passes_because_the_client_is_told) {
  ChatReply cut = text_reply("{\"a\": ");
  const JsonDemand demand(RawJson{kJsonObject});
  EXPECT_FALSE(demand.check(cut));
  cut.choices[0].finish_reason = FinishReason::length;
  EXPECT_TRUE(demand.check(cut));
}

TEST_F(Running, the_model_that_asks_for_a_tool_is_remembered) {
  ScriptedReply tool;
  tool.reply->choices[0].message.content = std::monostate{};
  tool.reply->choices[0].message.tool_calls.push_back({.id = "call_9", .name = "f", .arguments = "{}"});
  tool.reply->choices[0].finish_reason = FinishReason::tool_calls;
  policy_.then(committing("strong"));
  pool_.on("strong", std::move(tool));
  ASSERT_TRUE(run_plan(asking("xrouter")).answer);
  ChatRequest follow_up = asking("xrouter");
  follow_up.messages.push_back({.role = Role::assistant, .content = {}, .tool_calls = {{.id = "call_9", .name = "f", .arguments = "{}"}}});
  follow_up.messages.push_back({.role = Role::tool, .content = std::string("3"), .tool_call_id = "call_9"});
  EXPECT_EQ(affinity_.model_for(follow_up, ""), ModelId("strong"));
}

TEST_F(Running, metadata_names_the_winner_and_sums_every_call_exactly) {
  policy_.then(calling({"cheap", "strong"})).then(selecting("c2"));
  const Outcome outcome = run_plan(asking("xrouter"));
  const RawJson raw = render_metadata(*episode_, outcome, plan_.strategy, 1500ms);
  const auto metadata = json::parse(raw.text);
  ASSERT_TRUE(metadata) << raw.text;
  EXPECT_EQ(metadata->at("model_used").as_string(), "strong");
  EXPECT_EQ(metadata->at("total_cost_pico").as_string(), "40000000");
  EXPECT_NE(raw.text.find("\"total_cost\":0.00004,"), std::string::npos) << "exact decimal digits: " << raw.text;
  EXPECT_EQ(metadata->at("call_history").as_array().size(), 2u);
  EXPECT_EQ(metadata->at("call_history").at(1).at("selected"), true);
  EXPECT_EQ(metadata->at("turns_used"), 2);
  EXPECT_EQ(metadata->at("total_time"), 1.5);
  EXPECT_EQ(metadata->at("answer_source").as_string(), "selected");
}

}  // namespace
}  // namespace xrouter::service
