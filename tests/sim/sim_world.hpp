// The whole server in one thread on a fake clock: clients, server, engine, upstream pool and mock
// upstream are the production code; only the network, the clock and the disk are simulated.
#pragma once

#include <string>
#include <vector>

#include "scenario.hpp"
#include "xrouter/engine/ledger.hpp"
#include "xrouter/engine/outcome.hpp"

namespace xrouter::sim {

/// What one client saw.
struct ClientResult {
  bool connected = false;
  int status = 0;               ///< 0: no response head arrived
  bool complete = false;        ///< the response was read to its end
  bool left = false;            ///< the client went away by plan
  std::string body;             ///< raw, SSE framing included
  Duration took{0};
};

/// What the server booked for one episode.
struct EpisodeResult {
  std::string request_id;
  int finishes = 0;
  Duration took{0};             ///< from EpisodeStarted to EpisodeFinished
  Outcome outcome = {};
  std::vector<CostLine> lines = {};
  Cost total = {};
  Usage usage = {};
  std::optional<Usd> max_cost = {};
  std::vector<Usd> reserved = {};  ///< per call
};

struct WorldResult {
  std::vector<ClientResult> clients;
  std::vector<EpisodeResult> episodes;
  Usd charged_by_upstream;      ///< what the mock's counters say
  std::uint64_t upstream_in_flight = 0;
  std::size_t open_ends = 0;    ///< connections still open once everything has ended
  int server_in_flight = 0;
  std::string trace;            ///< of every event with its time: equal for equal seeds
};

WorldResult run_world(const Scenario& scenario);

}  // namespace xrouter::sim
