#include "xrouter/server/metrics.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "xrouter/server/test_server.hpp"

namespace xrouter::server {
namespace {

using namespace std::chrono_literals;

bool exports(const std::string& text, const std::string& line) { return ("\n" + text).find("\n" + line + "\n") != std::string::npos; }

TEST(Metrics, count_requests_by_route_and_status_and_export_only_what_happened) {
  Metrics metrics(*test_config().catalog);
  metrics.request("chat", 200, 30ms);
  metrics.request("chat", 200, 30ms);
  metrics.request("chat", 502, 30ms);
  metrics.request("unknown", 404, 1ms);
  metrics.request("unparsed", 999, 0ms);
  const std::string text = metrics.render();
  EXPECT_TRUE(exports(text, R"(xrouter_requests_total{route="chat",status="200"} 2)")) << text;
  EXPECT_TRUE(exports(text, R"(xrouter_requests_total{route="chat",status="502"} 1)"));
  EXPECT_TRUE(exports(text, R"(xrouter_requests_total{route="unknown",status="404"} 1)"));
  EXPECT_TRUE(exports(text, R"(xrouter_requests_total{route="unparsed",status="999"} 1)"));
  EXPECT_TRUE(exports(text, R"(xrouter_request_seconds_count{route="chat"} 3)"));
  EXPECT_EQ(text.find(R"(route="models")"), std::string::npos);
}

TEST(Metrics, count_calls_attempts_and_answers_of_an_episode) {
  TestServer server;
  EXPECT_EQ(server.ask("cheap").status, 200);
  EXPECT_EQ(server.ask("cheap").status, 200);
  const std::string text = server.get("/metrics").body;
  EXPECT_TRUE(exports(text, R"(xrouter_route_total{model="cheap",outcome="ok"} 2)")) << text;
  EXPECT_TRUE(exports(text, R"(xrouter_attempts_total{model="cheap",outcome="ok"} 2)"));
  EXPECT_TRUE(exports(text, R"(xrouter_answers_total{source="selected",stop="answered"} 2)"));
  EXPECT_TRUE(exports(text, R"(xrouter_upstream_call_seconds_count{model="cheap"} 2)"));
  EXPECT_EQ(text.find(R"(outcome="failed")"), std::string::npos);
  EXPECT_EQ(text.find("xrouter_retries_total{"), std::string::npos);
}

TEST(Metrics, what_is_reserved_for_calls_is_free_again_when_they_have_ended) {
  Metrics metrics(*test_config().catalog);
  const ModelSpec model = test_model("cheap");
  ModelCall call{.id = CallId("c1"), .model = &model, .request = {}};
  call.reserved = Usd::from_pico(700);
  {
    RequestWatch watch(metrics);
    watch.on(CallStarted{call});
    EXPECT_TRUE(exports(metrics.render(), "xrouter_budget_reserved_pusd 700"));
    watch.on(CallFinished{call, ModelReply{.call = call.id}});
    EXPECT_TRUE(exports(metrics.render(), "xrouter_budget_reserved_pusd 0"));
    watch.on(CallStarted{call});
  }
  EXPECT_TRUE(exports(metrics.render(), "xrouter_budget_reserved_pusd 0")) << "an episode that broke down";
}

TEST(Metrics, our_own_time_is_told_by_request_and_by_turn) {
  TestServer server;
  EXPECT_EQ(server.ask("cheap").status, 200);
  const std::string text = server.get("/metrics").body;
  EXPECT_TRUE(exports(text, "xrouter_overhead_seconds_count 1")) << text;
  EXPECT_TRUE(exports(text, "xrouter_turn_overhead_seconds_count 1"));
  EXPECT_NE(text.find("\nprocess_resident_memory_bytes "), std::string::npos);
  EXPECT_FALSE(exports(text, "process_resident_memory_bytes 0"));
}

TEST(Metrics, threads_that_meet_at_a_new_series_count_in_the_same_one) {
  Metrics metrics(*test_config().catalog);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&metrics] {
      for (int n = 0; n < 1000; ++n) metrics.request("chat", 200 + n % 7, 1ms);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(exports(metrics.render(), R"(xrouter_request_seconds_count{route="chat"} 4000)")) << metrics.render();
}

}  // namespace
}  // namespace xrouter::server
