// Another configuration while requests are under way.
#include "xrouter/server/test_server.hpp"

namespace xrouter::server {
namespace {

using namespace std::chrono_literals;

constexpr const char* kStream = R"(,"stream":true)";

// What a reload hands to a worker; the backends stay the scripted ones.
void use(TestServer& server, config::Config config) {
  auto keys = *KeyRing::make(config.server.api_key_hashes);
  auto snapshot = std::make_shared<Snapshot>(std::make_shared<config::Config>(std::move(config)), nullptr, &server.shared.affinity, std::move(keys));
  server.context.setup = std::make_shared<Setup>(Setup{std::move(snapshot), nullptr, {server.policy, server.pool}});
}

TEST(Reload, requests_to_come_see_the_new_configuration_on_the_same_connection) {
  TestServer server;
  EXPECT_EQ(server.ask("cheap").status, 200);
  config::Config config = test_config();
  config.catalog = *ModelCatalog::make({test_model("fresh")});
  config.router_name = "renamed";
  use(server, config);
  EXPECT_EQ(server.ask("cheap").status, 404);
  EXPECT_EQ(server.ask("fresh").status, 200);
  EXPECT_NE(server.get("/v1/models").body.find("renamed"), std::string::npos);
  EXPECT_EQ(server.client.connections_opened(), 1u) << "sockets stay";
}

TEST(Reload, a_request_under_way_keeps_what_it_began_with) {
  TestServer server;
  ScriptedReply late;
  late.delay = 20s;
  server.pool.on("cheap", std::move(late));
  server.world.timers().schedule(server.world.now() + 5s, [&] {
    config::Config config = test_config();
    config.catalog = *ModelCatalog::make({test_model("fresh")});
    config.server.api_key_hashes = {hash_of_key("sk-new")};
    config.server.keep_alive_comment = 1s;
    use(server, std::move(config));
  });
  const Answer answer = server.ask("cheap", kStream);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.took, 20s);
  EXPECT_EQ(answer.events().back(), "[DONE]");
  EXPECT_EQ(server.ask("fresh").status, 401) << "keys count from the next request on";
  net::Headers key;
  key.add("authorization", "Bearer sk-new");
  EXPECT_EQ(server.post(TestServer::body_of("fresh"), key).status, 200);
}

TEST(Reload, models_that_it_brings_have_labels_of_their_own) {
  TestServer server;
  server.shared.metrics.learn(**ModelCatalog::make({test_model("fresh")}));
  config::Config config = test_config();
  config.catalog = *ModelCatalog::make({test_model("fresh")});
  use(server, config);
  EXPECT_EQ(server.ask("fresh").status, 200);
  EXPECT_NE(server.shared.metrics.render().find("model=\"fresh\""), std::string::npos);
}

}  // namespace
}  // namespace xrouter::server
