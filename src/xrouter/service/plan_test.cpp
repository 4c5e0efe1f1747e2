// From a request to an episode: names, narrowing, limits, affinity.
#include "xrouter/service/plan.hpp"

#include <gtest/gtest.h>

namespace xrouter::service {
namespace {

using namespace std::chrono_literals;

ModelSpec model(std::string id, std::string upstream = "up") {
  ModelSpec made;
  made.id = ModelId(std::move(id));
  made.upstream = std::move(upstream);
  return made;
}

config::Config test_config() {
  ModelSpec plain = model("plain");
  plain.capabilities.logprobs = false;
  plain.capabilities.sampling = false;
  plain.context_tokens = 2'000;
  ModelSpec retired = model("retired");
  retired.active = false;
  config::Config config;
  config.upstreams.push_back({.name = "up", .base_url = "http://up.example/v1"});
  config.catalog = *ModelCatalog::make({model("strong"), plain, retired, model("router-lm"), model("nowhere", "not-configured")});
  return config;
}

ChatRequest request(std::string name, std::string text = "hello") {
  ChatRequest made;
  made.model = std::move(name);
  made.messages.push_back({.role = Role::user, .content = std::move(text)});
  return made;
}

Planner planner(config::Config config = test_config(), const Availability* availability = nullptr, ToolAffinity* affinity = nullptr) {
  return Planner(std::make_shared<config::Config>(std::move(config)), availability, affinity);
}

std::string names(const EpisodeSpec& spec) {
  std::string text;
  for (const OfferedModel& offered : spec.offered) text += offered.spec->id.value + " ";
  return text;
}

TEST(Planner, the_router_gets_every_active_model_that_something_serves) {
  const auto plan = planner().plan(request("xrouter"));
  ASSERT_TRUE(plan);
  EXPECT_EQ(names(plan->spec), "strong plain router-lm ");
  EXPECT_TRUE(plan->fixed_model.empty());
  EXPECT_EQ(plan->strategy, "ngram");
}

TEST(Planner, aliases_mean_the_router) {
  for (const char* name : {"router", "router-tool-rl"}) EXPECT_TRUE(planner().plan(request(name))) << name;
}

TEST(Planner, a_pool_models_name_passes_through_also_when_it_is_not_offered_to_the_router) {
  const auto plan = planner().plan(request("retired"));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->fixed_model, ModelId("retired"));
  EXPECT_EQ(plan->strategy, "pass_through");
  EXPECT_EQ(plan->spec.mode, Mode::simple);
  EXPECT_EQ(names(plan->spec), "retired ");
}

TEST(Planner, a_model_that_nothing_serves_does_not_exist) {
  for (const char* name : {"nowhere", "unheard-of"}) {
    const auto plan = planner().plan(request(name));
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().kind, ErrorKind::model_not_found);
    EXPECT_EQ(plan.error().param, "model");
  }
}

TEST(Planner, a_long_unknown_name_is_not_echoed_in_full) {
  const auto plan = planner().plan(request(std::string(100'000, 'x')));
  EXPECT_LT(plan.error().public_text.size(), 300u);
}

TEST(Planner, the_routers_own_model_is_no_tool_of_it_and_its_turns_are_reserved) {
  config::Config config = test_config();
  config.policy.kind = "remote";
  config.policy.model = "router-lm";
  const auto plan = planner(config).plan(request("xrouter"));
  EXPECT_EQ(names(plan->spec), "strong plain ");
  ASSERT_TRUE(plan->spec.router);
  EXPECT_EQ(plan->spec.router->id, ModelId("router-lm"));
}

TEST(Planner, parameters_narrow_the_offer) {
  ChatRequest with = request("xrouter");
  with.sampling.logprobs = true;
  EXPECT_EQ(names(planner().plan(with)->spec), "strong router-lm ");
}

TEST(Planner, a_temperature_of_1_asks_for_nothing_special) {
  ChatRequest with = request("plain");
  with.sampling.temperature = 1.0;
  EXPECT_TRUE(planner().plan(with));
  with.sampling.temperature = 0.0;
  const auto refused = planner().plan(with);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().param, "temperature");
}

TEST(Planner, n_above_1_is_for_pool_models) {
  ChatRequest with = request("xrouter");
  with.sampling.n = 2;
  EXPECT_EQ(planner().plan(with).error().param, "n");
  with.model = "strong";
  EXPECT_TRUE(planner().plan(with));
}

TEST(Planner, models_that_surely_hold_the_prompt_are_preferred) {
  EXPECT_EQ(names(planner().plan(request("xrouter", std::string(8'000, 'a')))->spec), "strong router-lm ");
  EXPECT_TRUE(planner().plan(request("plain", std::string(8'000, 'a')))) << "it may fit: the model decides";
  const auto refused = planner().plan(request("plain", std::string(20'000, 'a')));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::context_length);
}

TEST(Planner, the_tighter_cost_limit_and_the_callers_weight_hold) {
  config::Config config = test_config();
  config.episode.max_cost = Usd::from_pico(500);
  ChatRequest with = request("xrouter");
  with.routing.max_cost_pico = 900;
  with.routing.cost_weight = 0.25;
  auto plan = planner(config).plan(with);
  EXPECT_EQ(plan->spec.limits.max_cost, Usd::from_pico(500));
  EXPECT_EQ(plan->spec.cost_weight, 0.25);
  with.routing.max_cost_pico = 100;
  EXPECT_EQ(planner(config).plan(with)->spec.limits.max_cost, Usd::from_pico(100));
}

TEST(Planner, the_deadline_lies_below_the_clients_own_limit) {
  EXPECT_EQ(deadline_within(300s, {}), 300s);
  EXPECT_EQ(deadline_within(300s, 600s), 300s);
  EXPECT_EQ(deadline_within(300s, 20s), 19s);
  EXPECT_EQ(deadline_within(300s, 1s), 900ms);
  EXPECT_EQ(deadline_within(300s, 200s), 198s);
}

TEST(Planner, a_question_that_no_recorded_model_knows_is_refused_with_its_reason) {
  struct Nothing final : Availability {
    Result<std::vector<OfferedModel>> available(const ChatRequest&, std::vector<OfferedModel>) const override {
      return fail(ErrorKind::question_not_recorded, "not recorded");
    }
  } nothing;
  EXPECT_EQ(planner(test_config(), &nothing).plan(request("xrouter")).error().kind, ErrorKind::question_not_recorded);
}

TEST(Planner, a_fixed_model_that_cannot_honour_a_parameter_is_refused_with_its_name) {
  config::Config config = test_config();
  config.policy.kind = "fixed";
  config.policy.model = "plain";
  EXPECT_EQ(names(planner(config).plan(request("xrouter"))->spec), "plain ");
  ChatRequest with = request("xrouter");
  with.sampling.logprobs = true;
  const auto refused = planner(config).plan(with);
  ASSERT_FALSE(refused) << "that strong has log-probabilities is no help: the policy never asks it";
  EXPECT_EQ(refused.error().param, "logprobs");
  EXPECT_EQ(refused.error().code, "unsupported_parameter");
  config.policy.fallback_model = "strong";
  EXPECT_EQ(names(planner(config).plan(with)->spec), "strong ") << "the fallback can";
}

TEST(Planner, a_cascade_is_offered_its_own_models_only) {
  config::Config config = test_config();
  config.policy.kind = "cascade";
  config.policy.pair = {"plain", "router-lm"};
  config.policy.strong = "router-lm";
  EXPECT_EQ(names(planner(config).plan(request("xrouter"))->spec), "plain router-lm ");
}

ToolCall tool_call(std::string id, std::string arguments) { return {.id = std::move(id), .name = "f", .arguments = std::move(arguments)}; }

ChatReply asking_for_tool(std::string id, std::string arguments = "{}") {
  ChatReply reply;
  reply.choices.emplace_back().message.tool_calls.push_back(tool_call(std::move(id), std::move(arguments)));
  return reply;
}

ChatRequest bringing_result(std::string id, std::string arguments = "{}") {
  ChatRequest made = request("xrouter");
  made.messages.push_back({.role = Role::assistant, .content = {}, .tool_calls = {tool_call(id, std::move(arguments))}});
  made.messages.push_back({.role = Role::tool, .content = std::string("3"), .tool_call_id = std::move(id)});
  return made;
}

TEST(ToolAffinity, a_tool_result_goes_back_to_the_model_that_asked) {
  ToolAffinity affinity;
  affinity.remember(asking_for_tool("call_1"), ModelId("strong"), "");
  const auto plan = planner(test_config(), nullptr, &affinity).plan(bringing_result("call_1"));
  EXPECT_EQ(plan->fixed_model, ModelId("strong"));
  EXPECT_EQ(plan->strategy, "tool_affinity");
  EXPECT_TRUE(planner(test_config(), nullptr, &affinity).plan(bringing_result("call_2"))->fixed_model.empty());
}

TEST(ToolAffinity, a_new_user_turn_lets_the_router_decide_afresh) {
  ToolAffinity affinity;
  affinity.remember(asking_for_tool("call_1"), ModelId("strong"), "");
  ChatRequest later = bringing_result("call_1");
  later.messages.push_back({.role = Role::user, .content = std::string("and now?")});
  EXPECT_FALSE(affinity.model_for(later, ""));
}

TEST(ToolAffinity, the_same_id_in_another_conversation_is_another_call) {
  ToolAffinity affinity;
  affinity.remember(asking_for_tool("call_1", R"({"city": "Ulm"})"), ModelId("strong"), "key-a");
  affinity.remember(asking_for_tool("call_1", R"({"city": "Bonn"})"), ModelId("plain"), "key-a");
  EXPECT_EQ(affinity.model_for(bringing_result("call_1", R"({"city": "Ulm"})"), "key-a"), ModelId("strong"));
  EXPECT_EQ(affinity.model_for(bringing_result("call_1", R"({"city":"Bonn"})"), "key-a"), ModelId("plain")) << "blanks do not matter";
  EXPECT_FALSE(affinity.model_for(bringing_result("call_1", R"({"city": "Rome"})"), "key-a"));
  EXPECT_FALSE(affinity.model_for(bringing_result("call_1", R"({"city": "Ulm"})"), "key-b")) << "another caller";
  const auto plan = planner(test_config(), nullptr, &affinity).plan(bringing_result("call_1", R"({"city": "Ulm"})"), {.caller = "key-a"});
  EXPECT_EQ(plan->fixed_model, ModelId("strong"));
  EXPECT_EQ(plan->caller, "key-a");
}

TEST(ToolAffinity, the_oldest_entry_goes_when_it_is_full) {
  ToolAffinity affinity(2);
  for (const char* id : {"a", "b", "c"}) affinity.remember(asking_for_tool(id), ModelId("strong"), "");
  EXPECT_EQ(affinity.size(), 2u);
  EXPECT_FALSE(affinity.model_for(bringing_result("a"), ""));
  EXPECT_TRUE(affinity.model_for(bringing_result("c"), ""));
}

}  // namespace
}  // namespace xrouter::service
