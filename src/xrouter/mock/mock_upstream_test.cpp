// The mock over a network in memory: what arrives at the client, when, and what the counters say.
#include "xrouter/mock/mock_upstream.hpp"

#include <gtest/gtest.h>

#include "xrouter/json/parse.hpp"
#include "xrouter/net/http_client.hpp"
#include "xrouter/testing/world.hpp"
#include "xrouter/testing_net/sim_net.hpp"

namespace xrouter::mock {
namespace {

using std::chrono::milliseconds;

const net::Origin kOrigin{.tls = false, .host = "mock", .port = 80};

class MockUpstreamTest : public testing::Test {
 protected:
  void start(std::string_view script) {
    upstream_ = std::make_unique<MockUpstream>(parse_script(script).value());
    network_.listen(kOrigin, [this](std::unique_ptr<net::ByteStream> stream) {
      boost::asio::co_spawn(world_.io(), upstream_->serve(std::move(stream), server_, server_), [](std::exception_ptr) {});
    });
  }

  Result<net::HttpResponse> post(std::string_view model, bool stream = false, milliseconds patience = milliseconds(60'000)) {
    CallScope scope(client_scope_, patience, "call");
    const net::HttpRequest request = chat(model, stream);
    return world_.run(client_.send(kOrigin, request, scope));
  }
  static net::HttpRequest chat(std::string_view model, bool stream) {
    net::HttpRequest request{.method = "POST", .target = "/v1/chat/completions"};
    request.body = "{\"model\":" + json::quote(model) + ",\"stream\":" + (stream ? "true" : "false") +
                   ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    return request;
  }
  std::int64_t counter(std::string_view name) {
    world_.run_for(milliseconds(1));
    return json::parse(upstream_->stats().to_json())->at(name).as_int64();
  }
  void TearDown() override {
    client_scope_.cancel();
    server_.cancel();
    world_.run_until_idle();
  }

  World world_;
  net::SimNetwork network_{world_.executor(), world_.timers(), 1};
  CallScope server_{world_.executor(), world_.timers(), Deadline::never(), "mock"};
  CallScope client_scope_{world_.executor(), world_.timers(), Deadline::never(), "client"};
  std::unique_ptr<MockUpstream> upstream_;
  net::HttpClient client_{network_};
};

TEST_F(MockUpstreamTest, delays_and_gaps_pass_on_the_clock) {
  start(R"({"defaults": {"delay_ms": 100, "ttft_ms": 50, "gap_ms": 10, "text": "ab", "chunks": 2}})");
  const TimePoint begun = world_.now();
  ASSERT_TRUE(post("m", true));
  const int gaps = 4;  // role, a, b, finish, [DONE]
  EXPECT_EQ(world_.now() - begun, milliseconds(100 + 50 + gaps * 10));
}

TEST_F(MockUpstreamTest, a_client_that_leaves_is_counted_in_its_window) {
  start("{}");
  const milliseconds patience(500);
  EXPECT_EQ(post("mock-stall", false, patience).error().kind, ErrorKind::attempt_timeout);
  EXPECT_EQ(counter("cancelled_before_head"), 1);
  EXPECT_FALSE(post("mock-stall-first", true, patience));
  EXPECT_EQ(counter("cancelled_before_first"), 1);
  EXPECT_FALSE(post("mock-stall-mid", true, patience));
  EXPECT_EQ(counter("cancelled_mid_response"), 1);
  EXPECT_EQ(counter("streams_cancelled"), 2);
  EXPECT_EQ(counter("in_flight"), 0);
}

TEST_F(MockUpstreamTest, a_cut_is_seen_as_a_broken_connection_and_counted_as_ours) {
  start("{}");
  for (std::string_view model : {"mock-reset", "mock-reset-head", "mock-cut", "mock-cut-close"}) {
    const auto reply = post(model, true);
    ASSERT_FALSE(reply) << model;
    EXPECT_EQ(reply.error().kind, ErrorKind::upstream_unreachable) << model;
  }
  EXPECT_EQ(counter("cut"), 4);
  EXPECT_EQ(counter("cancelled"), 0);
  EXPECT_EQ(counter("invalid_requests"), 0);
}

TEST_F(MockUpstreamTest, a_status_sequence_plays_in_order_and_begins_anew_after_a_reset) {
  start(R"({"rules": [{"do": [{"status": 503}, {}]}]})");
  EXPECT_EQ(post("m")->head.status, 503);
  EXPECT_EQ(post("m")->head.status, 200);
  CallScope scope(client_scope_, milliseconds(1000), "reset");
  const net::HttpRequest reset{.method = "POST", .target = "/__reset"};
  ASSERT_TRUE(world_.run(client_.send(kOrigin, reset, scope)));
  EXPECT_EQ(counter("started"), 0);
  EXPECT_EQ(post("m")->head.status, 503);
}

TEST_F(MockUpstreamTest, bytes_are_the_same_however_they_are_split) {
  start(R"({"defaults": {"text": "Grüße 世界 🚀"}, "rules": [{"when": {"nth": 2}, "do": {"split_every": 1}}]})");
  const auto whole = post("m", true);
  const auto split = post("m", true);
  ASSERT_TRUE(whole && split);
  EXPECT_EQ(whole->body, split->body);
}

TEST_F(MockUpstreamTest, what_is_no_chat_request_is_refused_in_openais_shape) {
  start("{}");
  net::HttpRequest bad = chat("m", false);
  bad.body = "{\"model\":\"m\"}";
  CallScope scope(client_scope_, milliseconds(1000), "bad");
  const auto reply = world_.run(client_.send(kOrigin, bad, scope));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->head.status, 400);
  EXPECT_EQ(json::parse(reply->body)->at("error").at("param"), "messages");
  EXPECT_EQ(counter("invalid_requests"), 1);
}

TEST_F(MockUpstreamTest, shows_what_it_received_without_the_key) {
  start("{}");
  net::HttpRequest request = chat("m", false);
  request.headers.set("authorization", "Bearer sk-secret");
  CallScope scope(client_scope_, milliseconds(1000), "call");
  ASSERT_TRUE(world_.run(client_.send(kOrigin, request, scope)));
  const net::HttpRequest show{.method = "GET", .target = "/__requests"};
  const auto shown = world_.run(client_.send(kOrigin, show, scope));
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->body.find("sk-secret"), std::string::npos);
  EXPECT_EQ(json::parse(shown->body)->at("requests").at(0).at("body").at("model"), "m");
}

}  // namespace
}  // namespace xrouter::mock
