// What every request passes: routes, keys, limits, CORS, recursion.
#include "xrouter/server/test_server.hpp"

namespace xrouter::server {
namespace {

using namespace std::chrono_literals;

TEST(Admission, a_known_path_with_another_method_is_405_with_the_allowed_ones) {
  TestServer server;
  const Answer answer = server.get("/v1/chat/completions");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.headers.get("allow"), "POST");
  EXPECT_EQ(answer.text_at("error.code"), "method_not_allowed");
}

TEST(Admission, the_query_is_not_part_of_the_path) {
  TestServer server;
  EXPECT_EQ(server.get("/v1/models?limit=3").status, 200);
}

TEST(Admission, an_escaped_model_name_is_decoded) {
  TestServer server;
  EXPECT_EQ(server.get("/v1/models/che%61p").text_at("id"), "cheap");
  EXPECT_EQ(server.get("/v1/models/che%6").status, 404);
}

TEST(Admission, requests_beyond_the_limit_get_503_and_may_come_back) {
  config::Config config = test_config();
  config.server.max_in_flight = 1;
  TestServer server(config);
  server.pool.otherwise.delay = 5s;
  const net::HttpRequest first{.method = "POST", .target = "/v1/chat/completions", .body = TestServer::body_of("cheap")};
  CallScope scope(server.world.executor(), server.world.timers(), Deadline::never(), "client");
  int status = 0;
  boost::asio::co_spawn(server.world.io(), server.client.send(TestServer::kOrigin, first, scope),
                        [&](std::exception_ptr, Result<net::HttpResponse> response) { status = response->head.status; });
  server.world.run_for(1s);
  const Answer refused = server.ask("cheap");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.text_at("error.code"), "overloaded");
  EXPECT_EQ(refused.headers.get("x-should-retry"), "true");
  EXPECT_FALSE(refused.headers.get("retry-after").empty());
  EXPECT_EQ(server.get("/health").status, 200) << "probes are not counted";
  server.world.run_for(10s);
  EXPECT_EQ(status, 200);
  EXPECT_EQ(server.ask("cheap").status, 200) << "the slot is free again";
}

TEST(Admission, nothing_is_spent_that_the_ledger_cannot_record) {
  TestServer server;
  server.book.open_for_business = false;
  const Answer answer = server.ask("cheap");
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(server.pool.calls().empty());
  EXPECT_EQ(answer.body.find("ledger"), std::string::npos) << "clients need not know why";
}

TEST(Admission, a_draining_server_is_not_ready_and_takes_no_requests) {
  TestServer server;
  server.shared.draining = true;
  EXPECT_EQ(server.get("/ready").status, 503);
  EXPECT_EQ(server.get("/health").status, 200);
  EXPECT_EQ(server.ask("cheap").status, 503);
}

TEST(Admission, a_request_that_has_passed_too_many_routers_is_refused) {
  TestServer server;
  EXPECT_EQ(server.post(TestServer::body_of("cheap"), {{"x-xrouter-depth", "3"}}).status, 200);
  EXPECT_EQ(server.pool.calls().at(0).depth, 3) << "the upstream is told one more";
  const Answer refused = server.post(TestServer::body_of("cheap"), {{"x-xrouter-depth", "4"}});
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.text_at("error.code"), "recursion_limit");
  EXPECT_EQ(server.post(TestServer::body_of("cheap"), {{"x-xrouter-depth", "many"}}).status, 400);
}

TEST(Admission, only_configured_origins_get_cors_headers) {
  config::Config config = test_config();
  config.server.cors_origins = {"https://app.example"};
  TestServer server(config);
  net::HttpRequest preflight{.method = "OPTIONS", .target = "/v1/chat/completions", .headers = {{"origin", "https://app.example"}, {"access-control-request-method", "POST"}}};
  const Answer allowed = server.send(preflight);
  EXPECT_EQ(allowed.status, 204);
  EXPECT_EQ(allowed.headers.get("access-control-allow-origin"), "https://app.example");
  EXPECT_EQ(allowed.headers.get("access-control-allow-methods"), "POST");
  preflight.headers.set("origin", "https://evil.example");
  const Answer refused = server.send(preflight);
  EXPECT_EQ(refused.status, 405);
  EXPECT_FALSE(refused.headers.has("access-control-allow-origin"));
  EXPECT_FALSE(server.post(TestServer::body_of("cheap"), {{"origin", "https://evil.example"}}).headers.has("access-control-allow-origin"));
}

TEST(Admission, a_body_that_is_no_json_is_400_in_the_envelope) {
  TestServer server;
  const Answer answer = server.post("{\"model\":");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.text_at("error.type"), "invalid_request_error");
}

TEST(Admission, a_request_that_breaks_http_gets_the_envelope_too) {
  TestServer server;
  const Answer answer = server.send({.method = "POST", .target = "/v1/chat/completions", .body = std::string(5 << 20, 'x')});
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.text_at("error.code"), "request_too_large");
}

TEST(Admission, strict_fields_refuses_unknown_ones) {
  config::Config config = test_config();
  config.server.strict_fields = true;
  TestServer server(config);
  EXPECT_EQ(server.ask("cheap", R"(,"no_such_field":1)").status, 400);
}

TEST(KeyRing, a_hash_that_is_none_is_refused_without_repeating_it) {
  const auto ring = KeyRing::make({"sk-pasted-by-mistake"});
  ASSERT_FALSE(ring);
  EXPECT_EQ(ring.error().describe().find("sk-pasted"), std::string::npos);
}

TEST(KeyRing, the_known_hash_of_a_key_opens_and_names_it_by_its_first_digits) {
  // printf abc | sha256sum
  const std::string hash = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_EQ(hash_of_key("abc"), hash);
  const auto ring = KeyRing::make({hash_of_key("other"), hash});
  EXPECT_EQ(ring->check("bearer abc").value(), "ba7816bf8f01");
  for (const char* wrong : {"", "abc", "Basic abc", "Bearer ", "Bearer abcd", "Bearer ab"}) EXPECT_FALSE(ring->check(wrong)) << wrong;
}

}  // namespace
}  // namespace xrouter::server
