// Streamed answers: framing, header hold, comments, failures before and after the first byte.
#include "xrouter/server/test_server.hpp"

namespace xrouter::server {
namespace {

using namespace std::chrono_literals;

constexpr const char* kStream = R"(,"stream":true)";
constexpr const char* kStreamWithUsage = R"(,"stream":true,"stream_options":{"include_usage":true})";

config::Config quick_config() {
  config::Config config = test_config();
  config.server.header_hold = 10s;
  config.server.keep_alive_comment = 5s;
  return config;
}

std::size_t count(const std::string& text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++found;
  return found;
}

ScriptedReply slow(std::string text, Duration delay) {
  ScriptedReply scripted;
  scripted.reply = text_reply(std::move(text), Usage{.prompt_tokens = 10, .completion_tokens = 5});
  scripted.delay = delay;
  return scripted;
}

boost::json::value chunk(const std::string& event) { return *json::parse(event); }

TEST(Stream, every_chunk_has_the_same_identity_and_the_role_comes_once) {
  TestServer server;
  server.pool.on("cheap", "hello");
  const Answer answer = server.ask("cheap", kStream);
  const std::vector<std::string> events = answer.events();
  ASSERT_GE(events.size(), 3u);
  const boost::json::value first = chunk(events[0]);
  for (std::size_t i = 0; i + 1 < events.size(); ++i) {
    const boost::json::value one = chunk(events[i]);
    for (const char* name : {"id", "created", "model", "object"}) EXPECT_EQ(one.at(name), first.at(name)) << events[i];
    EXPECT_EQ(events[i].find("usage"), std::string::npos) << "usage was not asked for";
  }
  EXPECT_EQ(first.at("object"), "chat.completion.chunk");
  EXPECT_EQ(count(answer.body, R"("role":"assistant")"), 1u);
  EXPECT_EQ(count(answer.body, R"("finish_reason":"stop")"), 1u);
  EXPECT_EQ(count(answer.body, "data: [DONE]"), 1u);
  EXPECT_TRUE(answer.body.ends_with("data: [DONE]\n\n"));
}

TEST(Stream, the_usage_chunk_comes_last_with_empty_choices_and_the_routing_facts) {
  TestServer server;
  server.policy.then(calling({"cheap", "strong"})).then(selecting("c2"));
  const Answer answer = server.ask("xrouter", kStreamWithUsage);
  const std::vector<std::string> events = answer.events();
  ASSERT_GE(events.size(), 3u);
  const boost::json::value usage = chunk(events[events.size() - 2]);
  EXPECT_TRUE(usage.at("choices").as_array().empty());
  EXPECT_EQ(usage.at("usage").at("total_tokens"), 30);
  EXPECT_EQ(usage.at("router_metadata").at("model_used"), "strong");
  EXPECT_EQ(usage.at("router_metadata").at("total_cost_pico").as_string(), std::to_string(2 * (10 * 1'000'000 + 5 * 3'000'000)));
  for (std::size_t i = 0; i + 2 < events.size(); ++i) EXPECT_TRUE(chunk(events[i]).at("usage").is_null());
}

TEST(Stream, comments_keep_the_connection_alive_while_the_router_thinks) {
  TestServer server(quick_config());
  server.policy.then(calling({"cheap"}), 12s).then(selecting("c1"), 11s);
  const Answer answer = server.ask("xrouter", kStream);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.took, 23s);
  EXPECT_EQ(count(answer.body, ": keep-alive"), 3u) << "at 10, 15 and 20 s: " << answer.body;
  EXPECT_EQ(answer.events().back(), "[DONE]");
}

TEST(Stream, a_failure_before_the_headers_gets_its_own_status) {
  TestServer server(quick_config());
  server.pool.on("cheap", scripted_failure(ErrorKind::upstream_unreachable, 9s));
  const Answer answer = server.ask("cheap", kStream);
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(answer.headers.get("content-type"), "application/json");
  EXPECT_EQ(answer.text_at("error.code"), "upstream_unavailable");
}

TEST(Stream, a_failure_after_the_headers_is_an_event_without_done) {
  TestServer server(quick_config());
  server.pool.on("cheap", scripted_failure(ErrorKind::upstream_unreachable, 11s));
  const Answer answer = server.ask("cheap", kStream);
  EXPECT_EQ(answer.status, 200);
  const std::vector<std::string> events = answer.events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(chunk(events[0]).at("error").at("code"), "upstream_unavailable");
  EXPECT_EQ(answer.body.find("[DONE]"), std::string::npos);
}

TEST(Stream, an_answer_cut_in_the_middle_is_never_continued_by_another_model) {
  TestServer server(quick_config());
  ScriptedReply cut = slow("half of it", 0s);
  cut.cut = ErrorKind::stream_interrupted;
  server.policy.then(committing("cheap")).then(committing("strong"));
  server.pool.on("cheap", std::move(cut));
  const Answer answer = server.ask("xrouter", kStream);
  EXPECT_EQ(answer.status, 200);
  const std::vector<std::string> events = answer.events();
  EXPECT_EQ(chunk(events.back()).at("error").at("code"), "stream_interrupted");
  EXPECT_EQ(server.pool.calls().size(), 1u);
  EXPECT_EQ(answer.body.find("[DONE]"), std::string::npos);
}

TEST(Stream, a_committed_call_is_relayed_while_it_is_made) {
  TestServer server(quick_config());
  ScriptedReply scripted = slow("word", 2s);
  scripted.delta_delay = 3s;
  server.policy.then(committing("cheap"));
  server.pool.on("cheap", std::move(scripted));
  const net::HttpRequest request{.method = "POST", .target = "/v1/chat/completions", .body = TestServer::body_of("xrouter", kStream)};
  CallScope scope(server.world.executor(), server.world.timers(), Deadline::never(), "client");
  const TimePoint begun = server.world.now();
  auto open = server.world.run(server.client.open(TestServer::kOrigin, request, scope));
  ASSERT_TRUE(open);
  EXPECT_LT(server.world.now() - begun, 8s) << "the head does not wait for the end of the answer";
  EXPECT_EQ((*open)->head().headers.get("x-xrouter-model"), "cheap");
  auto piece = server.world.run((*open)->read_body(scope));
  ASSERT_TRUE(piece);
  EXPECT_NE(piece->find("word"), std::string_view::npos);
}

TEST(Stream, a_client_that_leaves_in_the_middle_ends_the_call_and_the_costs_are_booked) {
  TestServer server(quick_config());
  ScriptedReply scripted = slow("word", 1s);
  scripted.delta_delay = 30s;
  server.pool.on("cheap", std::move(scripted));
  const net::HttpRequest request{.method = "POST", .target = "/v1/chat/completions", .body = TestServer::body_of("cheap", kStream)};
  const Answer gone = server.send(request, 5s);
  EXPECT_EQ(gone.status, 0);
  server.world.run_for(1s);
  EXPECT_EQ(server.pool.in_flight(), 0);
  EXPECT_EQ(server.book.finished, 1);
  EXPECT_GT(server.book.booked.known, Usd::zero());
  EXPECT_TRUE(server.book.booked.estimated);
}

TEST(Stream, a_client_that_does_not_read_holds_the_upstream_no_longer_than_the_deadline) {
  config::Config config = quick_config();
  config.episode.deadline = 20s;
  TestServer server(config);
  net::SimPlan stalling;
  stalling.to_client.capacity = 1;
  server.network.set_plan([stalling](const net::Origin&, std::size_t) { return stalling; });
  ScriptedReply scripted = slow("word", 2s);
  scripted.delta_delay = 3s;
  server.pool.on("cheap", std::move(scripted));
  const net::HttpRequest request{.method = "POST", .target = "/v1/chat/completions", .body = TestServer::body_of("cheap", kStream)};
  CallScope scope(server.world.executor(), server.world.timers(), Deadline::never(), "client");
  auto stream = server.world.run(server.network.connect(TestServer::kOrigin, scope));
  ASSERT_TRUE(stream);
  const std::string bytes = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n\r\n" + request.body;
  ASSERT_TRUE(server.world.run((*stream)->write(bytes, scope)));
  server.world.run_for(19s);
  EXPECT_EQ(server.pool.in_flight(), 1) << "within the deadline a slow reader is waited for";
  server.world.run_for(2s);
  EXPECT_EQ(server.pool.in_flight(), 0) << "each write would have had a minute of its own";
  EXPECT_EQ(server.book.finished, 1);
  EXPECT_EQ(server.shared.in_flight, 0);
}

TEST(Stream, a_comment_that_the_client_does_not_read_takes_no_time_from_the_answer) {
  TestServer server(quick_config());
  net::SimPlan stalling;
  stalling.to_client.capacity = 100;  // less than the head
  server.network.set_plan([stalling](const net::Origin&, std::size_t) { return stalling; });
  server.policy.then(answering("forty-two"), 30s);
  const net::HttpRequest request{.method = "POST", .target = "/v1/chat/completions", .body = TestServer::body_of("xrouter", kStream)};
  CallScope scope(server.world.executor(), server.world.timers(), Deadline::never(), "client");
  auto stream = server.world.run(server.network.connect(TestServer::kOrigin, scope));
  ASSERT_TRUE(stream);
  const std::string bytes = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n\r\n" + request.body;
  ASSERT_TRUE(server.world.run((*stream)->write(bytes, scope)));
  server.world.run_for(75s);  // a minute after the first comment, and within a minute of the answer
  std::string received;
  std::array<char, 256> buffer;
  for (std::size_t count = 1; count > 0;) {
    auto got = server.world.run((*stream)->read_some(buffer, scope));
    ASSERT_TRUE(got) << received;
    count = *got;
    received.append(buffer.data(), count);
  }
  EXPECT_TRUE(received.starts_with("HTTP/1.1 200")) << received;
  EXPECT_EQ(count(received, "HTTP/1.1"), 1u);
  EXPECT_EQ(count(received, ": keep-alive"), 1u) << "comments do not pile up";
  EXPECT_NE(received.find("forty-two"), std::string::npos);
  EXPECT_TRUE(received.ends_with("data: [DONE]\n\n\r\n0\r\n\r\n")) << received;
}

TEST(Stream, a_buffered_winner_is_streamed_without_pauses) {
  TestServer server(quick_config());
  server.pool.on("cheap", slow("no", 4s)).on("strong", slow("yes", 1s));
  server.policy.then(calling({"cheap", "strong"})).then(selecting("c2"));
  const Answer answer = server.ask("xrouter", kStream);
  EXPECT_EQ(answer.took, 4s);
  EXPECT_NE(answer.body.find("yes"), std::string::npos);
  EXPECT_EQ(answer.body.find("\"no\""), std::string::npos) << "the losing answer is not shown";
}

}  // namespace
}  // namespace xrouter::server
