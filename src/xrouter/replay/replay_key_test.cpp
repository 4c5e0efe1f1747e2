#include "xrouter/replay/replay_key.hpp"

#include "xrouter/replay/test_support.hpp"

namespace xrouter::replay {
namespace {

const ModelSpec kModel = priced_model("cheap");

std::string digest_with(const std::function<void(ModelSpec&, ModelCall&)>& change) {
  ModelSpec model = kModel;
  ModelCall call = call_of(model);
  change(model, call);
  return request_digest(call);
}

const std::string kPlain = digest_with([](ModelSpec&, ModelCall&) {});

TEST(ReplayKey, leaves_out_what_does_not_change_the_answer) {
  EXPECT_EQ(kPlain.size(), 64U);
  for (const auto& change : std::vector<std::function<void(ModelSpec&, ModelCall&)>>{
           [](ModelSpec& model, ModelCall&) { model.price.input = Usd::from_pico(7); },
           [](ModelSpec& model, ModelCall&) { model.id = ModelId("model_k3"); },
           [](ModelSpec& model, ModelCall&) { model.description = "other words"; },
           [](ModelSpec&, ModelCall& call) { call.id = CallId("c9"); },
           [](ModelSpec&, ModelCall& call) { call.turn = 3; },
           [](ModelSpec&, ModelCall& call) { call.request.stream = true; },
           [](ModelSpec&, ModelCall& call) { call.request.model = "another public name"; },
           [](ModelSpec&, ModelCall& call) { call.request.routing.cost_weight = 2; },
           [](ModelSpec&, ModelCall& call) { call.max_attempts = 5; }})
    EXPECT_EQ(digest_with(change), kPlain);
}

TEST(ReplayKey, differs_with_model_messages_and_sampling) {
  std::vector<std::string> digests = {kPlain};
  for (const auto& change : std::vector<std::function<void(ModelSpec&, ModelCall&)>>{
           [](ModelSpec& model, ModelCall&) { model.upstream_model = "cheap-2"; },
           [](ModelSpec& model, ModelCall&) { model.upstream = "elsewhere"; },
           [](ModelSpec&, ModelCall& call) { call.request.messages[0].content = "What is 2+3?"; },
           [](ModelSpec&, ModelCall& call) { call.request.messages.insert(call.request.messages.begin(), {.role = Role::system, .content = "Be terse."}); },
           [](ModelSpec&, ModelCall& call) { call.request.messages[0].role = Role::system; },
           [](ModelSpec&, ModelCall& call) { call.request.sampling.temperature = 0.5; },
           [](ModelSpec&, ModelCall& call) { call.request.sampling.temperature = {}; },
           [](ModelSpec&, ModelCall& call) { call.request.sampling.seed = 1; },
           [](ModelSpec&, ModelCall& call) { call.request.sampling.max_output_tokens = 10; },
           [](ModelSpec&, ModelCall& call) { call.request.tools.push_back({.name = "t"}); },
           [](ModelSpec&, ModelCall& call) { call.request.response_format = RawJson{"{\"type\":\"json_object\"}"}; },
           [](ModelSpec&, ModelCall& call) { call.request.extra.emplace_back("reasoning_effort", RawJson{"\"low\""}); }})
    digests.push_back(digest_with(change));
  std::sort(digests.begin(), digests.end());
  EXPECT_EQ(std::unique(digests.begin(), digests.end()), digests.end());
}

TEST(ReplayKey, never_changes) {
  // Recordings rest on it; a change needs a new kKeyVersion.
  EXPECT_EQ(key_of(kPlain, 0).digest, "114a988aadd78d0204fe1d8879739634b95fb605f6c5376c30a4af20e69ec818");
  EXPECT_NE(key_of(kPlain, 0).digest, key_of(kPlain, 1).digest);
}

TEST(ReplicaCounter, numbers_identical_calls) {
  ReplicaCounter counter;
  EXPECT_EQ(counter.next("a"), 0);
  EXPECT_EQ(counter.next("b"), 0);
  EXPECT_EQ(counter.next("a"), 1);
  EXPECT_EQ(counter.next("a"), 2);
  ReplicaCounter third_of_eight(2, 8);
  EXPECT_EQ(third_of_eight.next("a"), 2);
  EXPECT_EQ(third_of_eight.next("a"), 10);
}

}  // namespace
}  // namespace xrouter::replay
