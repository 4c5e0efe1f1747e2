// What happens in one simulated world, drawn from its seed: how upstreams misbehave, what the
// router model says, who asks and who leaves. Each seed switches on a random part of the faults.
#pragma once

#include <string>
#include <vector>

#include "xrouter/base/clock.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/config/config.hpp"
#include "xrouter/testing_net/sim_net.hpp"

namespace xrouter::sim {

struct ClientPlan {
  Duration starts{0};
  std::string model;                        ///< router name or a pool model
  bool stream = false;
  bool include_usage = false;
  std::optional<std::string> max_cost_usd = {};
  std::optional<Duration> leaves = {};      ///< after its start
};

struct Scenario {
  std::uint64_t seed = 0;
  std::string mock_script;                  ///< JSON of the upstream's behaviour
  std::vector<ClientPlan> clients;
  config::Config config;                    ///< limits, retries, breaker, upstream timeouts; without a catalogue
  net::SimFaults towards_upstream = {};     ///< latency and chopping only: what the mock charges must arrive
  net::SimFaults towards_client = {};
  double connect_refused = 0;               ///< share of upstream connections
};

/// The same seed gives the same scenario on every machine.
Scenario make_scenario(std::uint64_t seed);

/// Model ids of the pool, beside the router's own "router-lm".
inline const std::vector<std::string> kPoolModels = {"alpha", "beta", "gamma"};
inline constexpr const char* kRouterModel = "router-lm";

}  // namespace xrouter::sim
