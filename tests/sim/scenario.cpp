#include "scenario.hpp"

#include <array>

namespace xrouter::sim {
namespace {

using std::chrono::milliseconds;

std::string number(std::uint64_t value) { return std::to_string(value); }

// One behaviour of a pool model. `faults` switches kinds of misbehaviour on, so that each world has a
// character of its own instead of a little of everything.
std::string good(Rng& rng) {
  std::string out = R"({"text_bytes":)" + number(1 + rng.below(600)) + R"(,"chunks":)" + number(1 + rng.below(12));
  if (rng.chance(0.5)) out += R"(,"delay_ms":)" + number(rng.below(3000));
  if (rng.chance(0.3)) out += R"(,"ttft_ms":)" + number(rng.below(2000)) + R"(,"gap_ms":)" + number(rng.below(300));
  if (rng.chance(0.2)) out += R"(,"split_every":)" + number(1 + rng.below(40));
  if (rng.chance(0.2)) out += R"(,"comments":true,"line_end":"crlf")";
  if (rng.chance(0.2)) out += R"(,"usage":{"prompt_tokens":1000,"completion_tokens":200,"cached_tokens":800,"reasoning_tokens":150})";
  return out + "}";
}

constexpr std::array<const char*, 26> kFaults = {
    R"({"status":429,"headers":{"retry-after":"1"}})",
    R"({"status":429,"headers":{"retry-after":"3600"}})",
    R"({"status":429,"error":{"message":"quota sk-SECRET","code":"insufficient_quota"}})",
    R"({"status":500})",
    R"({"status":503,"headers":{"retry-after-ms":"50"}})",
    R"({"status":401,"error":{"message":"bad key sk-SECRET"}})",
    R"({"status":400,"error":{"message":"too long","code":"context_length_exceeded"}})",
    R"({"status":404})",
    R"({"cut":{"how":"reset","after":"request"}})",
    R"({"cut":{"how":"close","after":"head"}})",
    R"({"cut":{"how":"stall","after":"request"}})",
    R"({"cut":{"how":"stall","after":"head"}})",
    R"({"cut":{"how":"reset","events":2},"chunks":9,"text_bytes":400})",
    R"({"cut":{"how":"close","bytes":120},"chunks":9,"text_bytes":400})",
    R"({"cut":{"how":"stall","events":3},"chunks":9,"text_bytes":400})",
    R"({"cut":{"how":"half_close","bytes":200},"chunks":9,"text_bytes":400})",
    R"({"body":"{\"id\": \"x\", \"choices\": [{\"index\": 0,"})",
    R"({"body":"<html>502 Bad Gateway</html>","content_type":"text/html"})",
    R"({"body":{"error":{"message":"The backend failed: http://10.0.0.7/secret","type":"server_error"}}})",
    R"({"text":""})",
    R"({"done":"missing"})",
    R"({"usage":{"place":"none"}})",
    R"({"usage":{"prompt_tokens":-5,"completion_tokens":-1}})",
    R"({"usage":{"prompt_tokens":9000000000000000000,"completion_tokens":9000000000000000000}})",
    R"({"text_bytes":400000,"chunks":50})",
    R"({"raw_http":"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"})",
};

std::string call(const std::string& tool, const std::string& arguments) {
  return R"({"name":")" + tool + R"(","arguments":)" + arguments + "}";
}

std::string decision(std::initializer_list<std::string> calls) {
  std::string list;
  for (const std::string& one : calls) list += (list.empty() ? "" : ",") + one;
  return R"({"tool_calls":[)" + list + "]}";
}

// What the router model says, sense and nonsense alike.
std::string router_decision(Rng& rng) {
  const auto model = [&] { return "call_" + kPoolModels[rng.below(kPoolModels.size())]; };
  switch (rng.below(16)) {
    case 0: return R"({"text":"The router answers by itself."})";
    case 1: case 2: case 3: return decision({call(model(), "{}")});
    case 4: case 5: return decision({call(model(), "{}"), call(model(), R"({"system_prompt":"Be exact.","temperature":0})")});
    case 6: return decision({call(model(), "{}"), call(model(), "{}"), call(model(), "{}"), call(model(), "{}"), call(model(), "{}"), call(model(), "{}")});
    case 7: case 8: case 9: return decision({call("select_response", R"({"call_id":"c)" + number(1 + rng.below(3)) + R"("})")});
    case 10: return decision({call("select_response", R"({"call_id":"c99"})"), call(model(), "{}")});
    case 11: return decision({call("no_such_tool", "{}"), call("call_omega", "{}")});
    case 12: return decision({call(model(), R"("{not json")"), call(model(), R"({"temperature":"hot"})")});
    case 13: return R"({"text":""})";
    case 14: return R"({"text":"<think>round and round"})";
    default: return decision({call(model(), R"({"unknown":1})")});
  }
}

std::string steps_of(std::vector<std::string> steps) {
  std::string out;
  for (const std::string& step : steps) out += (out.empty() ? "" : ",") + step;
  return "[" + out + "]";
}

std::string rule(const std::string& model, const std::vector<std::string>& steps) {
  return R"({"name":")" + model + R"(","when":{"model":")" + model + R"("},"do":)" + steps_of(steps) + R"(,"cycle":true})";
}

std::string make_script(std::uint64_t seed, Rng& rng) {
  const double fault_share = rng.chance(0.15) ? 0.0 : rng.uniform() * 0.8;
  std::vector<std::size_t> kinds;
  for (std::size_t i = 0; i < kFaults.size(); ++i)
    if (rng.chance(0.35)) kinds.push_back(i);
  std::string rules;
  for (const std::string& model : kPoolModels) {
    std::vector<std::string> steps;
    for (std::uint64_t i = 0, count = 1 + rng.below(6); i < count; ++i)
      steps.push_back(!kinds.empty() && rng.chance(fault_share) ? kFaults[kinds[rng.below(kinds.size())]] : good(rng));
    rules += rule(model, steps) + ",";
  }
  std::vector<std::string> decisions;
  for (std::uint64_t i = 0, count = 1 + rng.below(7); i < count; ++i)
    decisions.push_back(!kinds.empty() && rng.chance(fault_share * 0.3) ? kFaults[kinds[rng.below(kinds.size())]] : router_decision(rng));
  rules += rule(kRouterModel, decisions);
  return R"({"seed":)" + number(seed) + R"(,"prices":{"*":{"input":"1.00","output":"4.00","cached_input":"0.25"}},"rules":[)" + rules + "]}";
}

ClientPlan make_client(Rng& rng) {
  ClientPlan plan;
  plan.starts = milliseconds(rng.below(5000));
  plan.model = rng.chance(0.7) ? "xrouter" : kPoolModels[rng.below(kPoolModels.size())];
  plan.stream = rng.chance(0.5);
  plan.include_usage = rng.chance(0.5);
  if (rng.chance(0.2)) plan.max_cost_usd = rng.chance(0.5) ? "0.05" : "0.002";
  if (rng.chance(0.2)) plan.leaves = milliseconds(rng.below(6000));
  return plan;
}

config::Config make_config(Rng& rng) {
  config::Config config;
  config.server.keep_alive_comment = milliseconds(500 + rng.below(3000));
  config.server.header_hold = milliseconds(200 + rng.below(5000));
  config.server.max_in_flight = rng.chance(0.1) ? 2 : 64;
  config.episode.mode = rng.chance(0.25) ? "simple" : "agent";
  config.episode.max_turns = static_cast<int>(1 + rng.below(4));
  config.episode.max_calls_per_turn = static_cast<int>(1 + rng.below(4));
  config.episode.max_calls = static_cast<int>(config.episode.max_calls_per_turn + rng.below(6));
  config.episode.deadline = milliseconds(rng.chance(0.3) ? 3'000 : 60'000);
  config.retry.max_attempts = static_cast<int>(1 + rng.below(3));
  config.retry.max_retry_after = milliseconds(2'000);
  config.breaker.consecutive_failures = rng.chance(0.5) ? 3 : 0;
  config::UpstreamConfig upstream;
  upstream.name = "mock";
  upstream.base_url = "http://mock:80/v1";
  upstream.api_keys = {Secret("sk-SECRET")};
  upstream.attempt_timeout = milliseconds(rng.chance(0.3) ? 1'500 : 20'000);
  upstream.first_token_timeout = milliseconds(1'000 + rng.below(4'000));
  upstream.idle_timeout = milliseconds(500 + rng.below(3'000));
  upstream.max_response_bytes = 256 * 1024;
  upstream.max_in_flight = rng.chance(0.1) ? 1 : 64;
  config.upstreams.push_back(upstream);
  if (rng.chance(0.3)) config.policy.fallback_model = "alpha";
  config.policy.kind = "remote";
  config.policy.model = kRouterModel;
  config.policy.timeout = milliseconds(10'000);
  return config;
}

net::SimFaults make_link(Rng& rng) {
  net::SimFaults link;
  link.latency = milliseconds(rng.below(50));
  if (rng.chance(0.3)) link.max_chunk = 1 + rng.below(200);
  return link;
}

}  // namespace

Scenario make_scenario(std::uint64_t seed) {
  Rng rng = Rng(seed).fork("scenario");
  Scenario scenario;
  scenario.seed = seed;
  scenario.mock_script = make_script(seed, rng);
  scenario.config = make_config(rng);
  scenario.towards_upstream = make_link(rng);
  scenario.towards_client = make_link(rng);
  scenario.connect_refused = rng.chance(0.2) ? 0.3 : 0.0;
  for (std::uint64_t i = 0, count = 1 + rng.below(6); i < count; ++i) scenario.clients.push_back(make_client(rng));
  return scenario;
}

}  // namespace xrouter::sim
