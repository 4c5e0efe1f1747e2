// The server on real sockets and threads: many workers, the drain, the end.
#include "xrouter/server/server.hpp"

#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "xrouter/testing/scripted.hpp"

namespace xrouter::server {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;

struct FixedReplies final : WorkerBackend {
  explicit FixedReplies(Duration delay) { scripted.otherwise.delay = delay; }
  Policy& router() override { return policy; }
  ModelPool& pool() override { return scripted; }
  ScriptedPolicy policy;
  ScriptedPool scripted;
};

std::shared_ptr<config::Config> test_config() {
  auto config = std::make_shared<config::Config>();
  ModelSpec model;
  model.id = ModelId("cheap");
  model.upstream = "up";
  config->upstreams.push_back({.name = "up", .base_url = "http://up.example/v1"});
  config->catalog = *ModelCatalog::make({model});
  return config;
}

class Lifecycle : public ::testing::Test {
 protected:
  void start(Duration delay, std::size_t workers = 2) {
    auto make = [delay](boost::asio::io_context&, Timers&, std::size_t) -> Result<std::unique_ptr<WorkerBackend>> {
      return std::make_unique<FixedReplies>(delay);
    };
    auto started = Server::start(shared_, make, {.listen = "127.0.0.1:0", .workers = workers, .seed = 1});
    ASSERT_TRUE(started) << started.error().describe();
    server_ = std::move(*started);
  }

  /// Sends one request and returns all that comes until the server closes; "" when it cannot connect.
  std::string exchange(const std::string& request) const {
    boost::asio::io_context io;
    tcp::socket socket(io);
    boost::system::error_code error;
    socket.connect({boost::asio::ip::address_v4::loopback(), server_->port()}, error);
    if (error) return {};
    boost::asio::write(socket, boost::asio::buffer(request), error);
    std::string answer;
    boost::asio::read(socket, boost::asio::dynamic_buffer(answer), error);
    return answer;
  }
  static std::string chat() {
    const std::string body = R"({"model":"cheap","messages":[{"role":"user","content":"hi"}]})";
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  Shared shared_{test_config(), nullptr, nullptr, *KeyRing::make({})};
  std::unique_ptr<Server> server_;
};

TEST_F(Lifecycle, requests_are_answered_on_every_worker) {
  start(0s, 3);
  std::vector<std::thread> clients;
  std::atomic<int> answered{0};
  for (int i = 0; i < 24; ++i) clients.emplace_back([&] { answered += exchange(chat()).starts_with("HTTP/1.1 200"); });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, 24);
  EXPECT_TRUE(server_->wait_until_idle(2s));
}

TEST_F(Lifecycle, a_drain_finishes_what_is_under_way_and_takes_nothing_new) {
  start(300ms);
  std::string answer;
  std::thread client([&] { answer = exchange(chat()); });
  while (shared_.in_flight == 0) std::this_thread::yield();
  server_->begin_drain();
  client.join();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
  EXPECT_TRUE(server_->wait_until_idle(2s));
  EXPECT_EQ(exchange(chat()), "") << "the port is closed";
}

TEST_F(Lifecycle, idle_connections_do_not_hold_up_a_drain) {
  start(0s);
  boost::asio::io_context io;
  tcp::socket idle(io);
  idle.connect({boost::asio::ip::address_v4::loopback(), server_->port()});
  while (server_->connections() == 0) std::this_thread::yield();
  server_->begin_drain();
  EXPECT_TRUE(server_->wait_until_idle(2s));
}

TEST_F(Lifecycle, the_end_cancels_what_does_not_finish) {
  start(1h);
  std::thread client([&] { exchange(chat()); });
  while (shared_.in_flight == 0) std::this_thread::yield();
  server_->begin_drain();
  EXPECT_FALSE(server_->wait_until_idle(100ms));
  server_->cancel_all();
  EXPECT_TRUE(server_->wait_until_idle(2s));
  client.join();
  EXPECT_EQ(shared_.in_flight, 0);
}

TEST_F(Lifecycle, an_address_in_use_is_an_error_with_a_reason) {
  start(0s);
  auto make = [](boost::asio::io_context&, Timers&, std::size_t) -> Result<std::unique_ptr<WorkerBackend>> { return std::make_unique<FixedReplies>(0s); };
  const std::string taken = "127.0.0.1:" + std::to_string(server_->port());
  const auto second = Server::start(shared_, make, {.listen = taken, .workers = 1, .seed = 1});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::io);
  EXPECT_FALSE(Server::start(shared_, make, {.listen = "nonsense", .workers = 1, .seed = 1}));
}

}  // namespace
}  // namespace xrouter::server
