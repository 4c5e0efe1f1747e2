// For tests: a catalogue of three models and the prompt of any moment of an episode.
#pragma once

#include "xrouter/engine/drive.hpp"
#include "xrouter/testing/scripted.hpp"
#include "xrouter/testing/world.hpp"

namespace xrouter::policy {

inline ModelSpec test_model(std::string id, Tier tier, std::int64_t input_pico, std::int64_t output_pico) {
  ModelSpec model;
  model.id = ModelId(std::move(id));
  model.tier = tier;
  model.price = {.input = Usd::from_pico(input_pico), .output = Usd::from_pico(output_pico)};
  model.upstream = "up";
  return model;
}

struct NoObserver final : EpisodeObserver {
  void on(const EpisodeEvent&) override {}
};

struct PolicyBench {
  World world;
  ScriptedPool pool;
  NoObserver observer;
  EpisodeSpec spec;
  Transcript transcript;
  ModelSpec router = test_model("router-7b", Tier::specialised, 40'000, 100'000);

  PolicyBench() {
    std::vector<ModelSpec> models{test_model("small-a", Tier::budget, 100'000, 400'000),
                                  test_model("small-b", Tier::budget, 200'000, 300'000),
                                  test_model("big", Tier::premium, 2'000'000, 8'000'000)};
    models[0].description = "Quick at short questions.";
    models[2].capabilities.vision = true;
    spec.catalog = *ModelCatalog::make(std::move(models));
    spec.offered = offer_all(*spec.catalog);
    spec.request.messages.push_back({.role = Role::user, .content = std::string("What is 6 times 7?")});
  }
  PolicyBench(const PolicyBench&) = delete;

  DecisionPrompt prompt() const { return {.spec = spec, .transcript = transcript, .turn = static_cast<int>(transcript.turns.size()) + 1}; }
  const ModelSpec* model(const std::string& id) const { return spec.catalog->find(ModelId(id)); }

  CallRecord& add_call(Turn& turn, const std::string& id, const std::string& model_id, CallStatus status, const std::string& text) {
    CallRecord record{
        .id = CallId(id), .asked = tool_call(tool_name_of(ModelId(model_id)), "{}", id), .model = model(model_id), .status = status};
    if (status == CallStatus::ok)
      record.reply = text_reply(text);
    else
      record.message = text;
    turn.calls.push_back(std::move(record));
    return turn.calls.back();
  }

  PolicyReply decide(Policy& policy) {
    CallScope scope(world.executor(), world.timers(), Deadline::after(world.now(), std::chrono::seconds(60)), "req");
    const DecisionPrompt now = prompt();
    return world.run(policy.decide(now, scope));
  }

  /// A whole episode through the engine.
  Outcome run(Policy& policy, DeltaSink* live = nullptr) {
    Episode episode(spec);
    CallScope scope(world.executor(), world.timers(), Deadline::after(world.now(), spec.limits.deadline), "req");
    return world.run(drive(episode, policy, pool, observer, scope, live));
  }
};

}  // namespace xrouter::policy
