// Seeded worlds and what must hold in every one of them. A failure names its seed:
//   XROUTER_SIM_SEED=1234 build/release/tests/sim_test        replays that world and prints its trace
//   XROUTER_SIM_WORLDS=20000 build/release/tests/sim_test     runs more worlds than the usual 2,000
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <set>

#include "sim_world.hpp"
#include "xrouter/base/log.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/wire/openai/codec.hpp"
#include "xrouter/wire/sse/sse.hpp"

namespace xrouter::sim {
namespace {

using wire::sse::Event;

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

bool mentions_secrets(const std::string& text) { return text.find("SECRET") != std::string::npos || text.find("10.0.0.7") != std::string::npos; }

struct Totals {
  std::size_t episodes = 0;
  std::size_t answers = 0;
  std::size_t exact_worlds = 0;
  std::size_t attempts = 0;
  std::size_t cancelled = 0;
  std::size_t in_band_errors = 0;
};

void check_episode(const EpisodeResult& episode, const Scenario& scenario, Totals& totals) {
  EXPECT_EQ(episode.finishes, 1) << "exactly one finish per episode";
  EXPECT_LE(episode.took, scenario.config.episode.deadline) << "the deadline is kept";
  EXPECT_EQ(episode.outcome.answer.has_value(), !episode.outcome.error.has_value());
  Cost sum;
  for (const CostLine& line : episode.lines) sum += line.record.cost;
  EXPECT_EQ(sum.known, episode.total.known);
  if (episode.max_cost) {
    Usd most = Usd::zero();
    for (Usd reserved : episode.reserved) most += reserved;
    // Reservations of one turn share the budget; an upstream that reports more than the worst case is
    // the only way beyond it.
    EXPECT_LE(episode.reserved.empty() ? Usd::zero() : episode.reserved.front(), *episode.max_cost);
  }
  ++totals.episodes;
  totals.answers += episode.outcome.answer ? 1 : 0;
  totals.attempts += episode.lines.size();
  totals.cancelled += episode.outcome.stop == StopReason::cancelled ? 1 : 0;
}

const EpisodeResult* episode_named(const WorldResult& world, const std::string& id) {
  for (const EpisodeResult& episode : world.episodes)
    if (episode.request_id == id) return &episode;
  return nullptr;
}

void check_error_body(const std::string& body) {
  auto value = json::parse(body);
  ASSERT_TRUE(value) << body;
  json::ObjectReader in(*value);
  const auto* error = in.optional_object("error");
  ASSERT_NE(error, nullptr) << body;
  for (const char* field : {"message", "type", "param", "code"}) EXPECT_TRUE(error->contains(field)) << body;
}

void check_metadata(const boost::json::object& metadata, const EpisodeResult& episode) {
  const auto* cost = metadata.if_contains("total_cost_pico");
  ASSERT_NE(cost, nullptr);
  if (!episode.total.complete) return;
  EXPECT_EQ(std::string(cost->as_string()), std::to_string(episode.total.known.pico())) << "the client's bill is the ledger's";
}

void check_unary(const ClientResult& client, const WorldResult& world) {
  auto reply = wire::openai::parse_chat_reply(client.body);
  ASSERT_TRUE(reply) << client.body;
  EXPECT_TRUE(reply->has_answer());
  const EpisodeResult* episode = episode_named(world, reply->id);
  ASSERT_NE(episode, nullptr) << "the answer's id is the ledger's";
  ASSERT_TRUE(episode->outcome.answer.has_value());
  EXPECT_EQ(reply->text(), episode->outcome.answer->text()) << "the client has the answer that was booked";
  ASSERT_TRUE(reply->usage.has_value());
  EXPECT_EQ(reply->usage->prompt_tokens, episode->usage.prompt_tokens);
  EXPECT_EQ(reply->usage->completion_tokens, episode->usage.completion_tokens);
  auto value = json::parse(client.body);
  check_metadata(value->as_object().at("router_metadata").as_object(), *episode);
}

void check_stream(const ClientResult& client, const ClientPlan& plan, const WorldResult& world, Totals& totals) {
  wire::sse::Parser parser;
  std::vector<Event> events;
  ASSERT_TRUE(parser.feed(client.body, events));
  ReplyAccumulator answer;
  int done = 0, usage_chunks = 0, errors = 0, roles = 0;
  std::set<std::string> ids;
  for (const Event& event : events) {
    EXPECT_EQ(done, 0) << "nothing follows [DONE]";
    EXPECT_EQ(errors, 0) << "nothing follows an error";
    if (event.data == "[DONE]") {
      ++done;
      continue;
    }
    auto value = json::parse(event.data);
    ASSERT_TRUE(value) << event.data;
    if (value->as_object().contains("error")) {
      check_error_body(event.data);
      ++errors;
      continue;
    }
    auto delta = wire::openai::parse_chunk(event.data);
    ASSERT_TRUE(delta) << event.data;
    ids.insert(delta->id);
    if (delta->choices.empty()) ++usage_chunks;
    for (const ChoiceDelta& choice : delta->choices) roles += choice.role ? 1 : 0;
    EXPECT_FALSE(answer.any() && answer.finished() && !delta->choices.empty()) << "nothing follows the finish reason";
    answer.add(*delta);
    EXPECT_EQ(value->as_object().contains("usage"), plan.include_usage) << event.data;
  }
  EXPECT_LE(ids.size(), 1u) << "one id in all chunks";
  if (!client.complete) return;
  EXPECT_EQ(done + errors, 1) << "a stream ends with [DONE] or with an error, never with both";
  totals.in_band_errors += static_cast<std::size_t>(errors);
  if (done == 0) return;
  EXPECT_TRUE(answer.finished());
  EXPECT_EQ(roles, 1) << "the role comes once";
  EXPECT_EQ(usage_chunks, plan.include_usage ? 1 : 0);
  const EpisodeResult* episode = episode_named(world, *ids.begin());
  ASSERT_NE(episode, nullptr);
  ASSERT_TRUE(episode->outcome.answer.has_value());
  EXPECT_EQ(answer.reply().text(), episode->outcome.answer->text()) << "no answer twice, none mixed";
  if (!plan.include_usage) return;
  EXPECT_EQ(answer.reply().usage->completion_tokens, episode->usage.completion_tokens);
}

void check_client(const ClientResult& client, const ClientPlan& plan, const Scenario& scenario, const WorldResult& world, Totals& totals) {
  EXPECT_FALSE(mentions_secrets(client.body)) << client.body;
  if (client.left) return;
  ASSERT_NE(client.status, 0) << "a client that stays gets an answer";
  EXPECT_LE(client.took, scenario.config.episode.deadline + std::chrono::seconds(60));
  if (client.status != 200) {
    EXPECT_TRUE(client.complete);
    check_error_body(client.body);
  } else if (plan.stream) {
    check_stream(client, plan, world, totals);
  } else {
    EXPECT_TRUE(client.complete);
    check_unary(client, world);
  }
}

// What the attempts report must add up to what the upstream charged. An attempt that broke off is an
// estimate, or has seen its usage just before the upstream took it for lost: only then the two differ.
void check_money(const WorldResult& world, Totals& totals) {
  Usd certain = Usd::zero();
  bool broken_off = false;
  for (const EpisodeResult& episode : world.episodes) {
    for (const CostLine& line : episode.lines) {
      const AttemptRecord& record = line.record;
      const bool whole = !record.error || *record.error == ErrorKind::upstream_invalid || *record.error == ErrorKind::content_filtered;
      broken_off = broken_off || record.usage_source == UsageSource::estimated || (record.usage_source == UsageSource::reported && !whole);
      if (record.usage_source == UsageSource::reported && whole) certain += record.cost.known;
    }
  }
  EXPECT_LE(certain.pico(), world.charged_by_upstream.pico());
  if (broken_off) return;
  EXPECT_EQ(certain.pico(), world.charged_by_upstream.pico()) << "cost charged = sum of upstream charges";
  ++totals.exact_worlds;
}

void check_world(std::uint64_t seed, Totals& totals) {
  SCOPED_TRACE("XROUTER_SIM_SEED=" + std::to_string(seed));
  const Scenario scenario = make_scenario(seed);
  const WorldResult world = run_world(scenario);
  EXPECT_EQ(world.upstream_in_flight, 0u);
  EXPECT_EQ(world.server_in_flight, 0);
  EXPECT_EQ(world.open_ends, 0u) << "no connection is left";
  for (const EpisodeResult& episode : world.episodes) check_episode(episode, scenario, totals);
  for (std::size_t i = 0; i < world.clients.size(); ++i) check_client(world.clients[i], scenario.clients[i], scenario, world, totals);
  check_money(world, totals);
}

TEST(Simulation, invariants_hold_in_every_world) {
  log::set_level(log::Level::off);
  Totals totals;
  if (const std::uint64_t seed = setting("XROUTER_SIM_SEED", 0)) {
    std::cout << make_scenario(seed).mock_script << "\n" << run_world(make_scenario(seed)).trace;
    check_world(seed, totals);
    return;
  }
  const std::uint64_t worlds = setting("XROUTER_SIM_WORLDS", 2000);
  for (std::uint64_t seed = 1; seed <= worlds && !HasFailure(); ++seed) check_world(seed, totals);
  std::cout << worlds << " worlds: " << totals.episodes << " episodes, " << totals.answers << " answered, " << totals.attempts << " attempts, "
            << totals.cancelled << " left by the client, " << totals.in_band_errors << " in-band errors, charges exact in " << totals.exact_worlds << " worlds\n";
  EXPECT_GT(totals.exact_worlds, worlds / 10) << "the exact comparison must not be skipped everywhere";
}

TEST(Simulation, a_seed_replays_to_the_same_trace) {
  log::set_level(log::Level::off);
  for (std::uint64_t seed = 1; seed <= 50; ++seed) EXPECT_EQ(run_world(make_scenario(seed)).trace, run_world(make_scenario(seed)).trace) << seed;
}

}  // namespace
}  // namespace xrouter::sim
