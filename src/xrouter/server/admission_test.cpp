// What every request passes: routes, keys, limits, CORS, recursion.
#include <array>

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

TEST(Admission, a_web_page_of_another_origin_spends_nothing) {
  config::Config config = test_config();
  config.server.cors_origins = {"https://app.example"};
  TestServer server(config);
  for (const char* origin : {"https://evil.example", "null", "http://localhost:3000", "http://localhost.evil.example", ""}) {
    const Answer refused = server.post(TestServer::body_of("cheap"), {{"origin", origin}});
    EXPECT_EQ(refused.status, 403) << origin;
    EXPECT_EQ(refused.text_at("error.code"), "permission_denied");
  }
  EXPECT_TRUE(server.pool.calls().empty());
  for (const char* origin : {"https://app.example", "http://localhost", "https://LOCALHOST"})
    EXPECT_EQ(server.post(TestServer::body_of("cheap"), {{"origin", origin}}).status, 200) << origin;
}

TEST(Admission, without_keys_the_host_must_be_this_machine) {
  const auto status_for = [](TestServer& server, const std::string& host, net::Headers headers = {}) {
    return server.send({.method = "POST", .target = "http://" + host + "/v1/chat/completions", .headers = std::move(headers), .body = TestServer::body_of("cheap")}).status;
  };
  TestServer local;
  for (const char* host : {"localhost", "LocalHost:8800", "127.0.0.1:1", "127.8.9.1", "[::1]:8800"}) EXPECT_EQ(status_for(local, host), 200) << host;
  for (const char* host : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8800", "192.168.1.7:8800"}) EXPECT_EQ(status_for(local, host), 403) << host;
  EXPECT_EQ(status_for(local, "evil.example", {{"origin", "http://evil.example"}}), 403) << "a rebound name is its own origin";
  EXPECT_EQ(local.send({.method = "GET", .target = "http://evil.example/health"}).status, 200) << "probes come by any name and tell nothing";

  config::Config one = test_config();
  one.server.listen = "192.168.1.7:8800";
  TestServer on_one(one);
  EXPECT_EQ(status_for(on_one, "192.168.1.7:8800"), 200);
  EXPECT_EQ(status_for(on_one, "192.168.1.8:8800"), 403);

  config::Config all = test_config();
  all.server.listen = "0.0.0.0:8800";
  TestServer on_all(all);
  EXPECT_EQ(status_for(on_all, "192.168.1.8:8800"), 200) << "an address cannot be rebound";
  EXPECT_EQ(status_for(on_all, "evil.example"), 403);

  config::Config keyed = test_config();
  keyed.server.api_key_hashes = {hash_of_key("right-key")};
  TestServer with_keys(keyed);
  EXPECT_EQ(status_for(with_keys, "router.example", {{"authorization", "Bearer right-key"}}), 200);
}

TEST(Admission, nothing_is_read_of_a_body_whose_sender_is_not_known) {
  config::Config config = test_config();
  config.server.api_key_hashes = {hash_of_key("right-key")};
  TestServer server(config);
  CallScope scope(server.world.executor(), server.world.timers(), Deadline::never(), "client");
  const auto stream = server.world.run(server.network.connect(TestServer::kOrigin, scope));
  ASSERT_TRUE(stream);
  const std::string head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000000\r\nExpect: 100-continue\r\n\r\n";
  ASSERT_TRUE(server.world.run((*stream)->write(head, scope)));
  std::array<char, 4096> buffer;
  const auto count = server.world.run((*stream)->read_some(buffer, scope));
  ASSERT_TRUE(count);
  const std::string answer(buffer.data(), *count);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 401 ")) << answer;
  EXPECT_NE(answer.find("invalid_api_key"), std::string::npos);
  EXPECT_EQ(server.shared.bodies.used(), 0u);
  EXPECT_NE(answer.find("x-request-id: chatcmpl-"), std::string::npos);
  EXPECT_NE(answer.find("www-authenticate: Bearer"), std::string::npos);
}

TEST(Admission, pages_of_configured_origins_may_read_every_header_of_ours) {
  config::Config config = test_config();
  config.server.cors_origins = {"https://app.example"};
  TestServer server(config);
  const Answer answer = server.post(TestServer::body_of("cheap"), {{"origin", "https://app.example"}});
  ASSERT_EQ(answer.status, 200);
  const std::string exposed = ", " + std::string(answer.headers.get("access-control-expose-headers")) + ",";
  for (const char* name : {"x-should-retry", "retry-after", "retry-after-ms"}) EXPECT_NE(exposed.find(", " + std::string(name) + ","), std::string::npos) << name;
  for (const net::Header& header : answer.headers.list()) {
    const bool ours = header.name.starts_with("x-") || header.name.starts_with("openai-");
    EXPECT_TRUE(!ours || exposed.find(", " + header.name + ",") != std::string::npos) << header.name;
  }
}

TEST(Admission, head_is_get_without_the_body) {
  TestServer server;
  for (const char* path : {"/health", "/ready"}) {
    const Answer answer = server.send({.method = "HEAD", .target = path});
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_EQ(answer.body, "");
  }
  EXPECT_EQ(server.send({.method = "POST", .target = "/health"}).headers.get("allow"), "GET, HEAD");
  EXPECT_EQ(server.send({.method = "HEAD", .target = "/v1/chat/completions"}).status, 405);
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
  EXPECT_TRUE(answer.headers.get("x-request-id").starts_with("chatcmpl-")) << "support asks for it";
  EXPECT_TRUE(answer.headers.has("openai-processing-ms"));
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

TEST(KeyRing, takes_lower_case_hashes_only_like_the_configuration) {
  EXPECT_FALSE(KeyRing::make({"sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"}));
}

}  // namespace
}  // namespace xrouter::server
