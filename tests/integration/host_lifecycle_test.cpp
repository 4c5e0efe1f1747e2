// The host on real sockets, with the real generator on its own thread: requests at once, clients that leave, the end.
#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "xrouter/chat_format/fake_tokenizer.hpp"
#include "xrouter/host/host.hpp"
#include "xrouter/lm/toy_model.hpp"

namespace xrouter::host {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;

class HostLifecycle : public ::testing::Test {
 protected:
  /// A model that goes on for ever, slowly, after "slow", and else says a few letters.
  void start(lm::GeneratorOptions generator = {}, int workers = 1) {
    auto words = std::make_shared<chat_format::FakeTokenizer>(std::vector<std::string>{"<|im_start|>", "<|im_end|>"});
    const tokenizer::TokenId end = *words->id_of("<|im_end|>");
    lm::ToyModelOptions options{.vocab = static_cast<int>(words->size()), .max_positions = 4096};
    options.say = [words, end](std::span<const tokenizer::TokenId> read, std::span<float> row) {
      const std::string text = words->decode(read, false);
      const bool slow = text.find("slow") != std::string::npos;
      if (slow) std::this_thread::sleep_for(1ms);
      for (float& logit : row) logit = -20;
      const bool over = !slow && text.size() - text.rfind('\n') > 8;
      row[over ? static_cast<std::size_t>(end) : static_cast<std::size_t>('a')] = 20;
    };
    generator_ = lm::start_generator({.model = std::make_shared<lm::ToyModel>(std::move(options)), .tokenizer = words, .end_tokens = {end}},
                                     generator, system_clock());
    HostOptions host;
    host.server.listen = "127.0.0.1:0";
    host.server.workers = workers;
    const HostedModel model{.name = "toy",
                            .format = *chat_format::ChatFormat::named("hermes"),
                            .tokenizer = words,
                            .generator = generator_,
                            .context_tokens = 4096};
    auto started = Host::start(model, host);
    ASSERT_TRUE(started) << started.error().describe();
    host_ = std::move(*started);
  }

  tcp::socket connect(boost::asio::io_context& io) const {
    tcp::socket socket(io);
    boost::system::error_code error;
    socket.connect({boost::asio::ip::address_v4::loopback(), host_->port()}, error);
    return socket;
  }
  /// Sends one request and returns all that comes until the server closes.
  std::string exchange(const std::string& request) const {
    boost::asio::io_context io;
    tcp::socket socket = connect(io);
    boost::system::error_code error;
    boost::asio::write(socket, boost::asio::buffer(request), error);
    std::string answer;
    boost::asio::read(socket, boost::asio::dynamic_buffer(answer), error);
    return answer;
  }
  static std::string chat(const std::string& text, const std::string& more = "") {
    const std::string body = R"({"model":"toy","messages":[{"role":"user","content":")" + text + "\"}]" + more + "}";
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }
  void wait_until_running(int wanted) const {
    for (int i = 0; i < 5000 && generator_->stats().running + generator_->stats().waiting != wanted; ++i) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(generator_->stats().running + generator_->stats().waiting, wanted);
  }

  std::shared_ptr<lm::Generator> generator_;
  std::unique_ptr<Host> host_;
};

TEST_F(HostLifecycle, many_clients_are_answered_at_once_by_several_workers) {
  start({}, 3);
  std::vector<std::thread> clients;
  std::atomic<int> answered{0};
  for (int i = 0; i < 24; ++i)
    clients.emplace_back([&, i] {
      const std::string answer = exchange(chat("hi " + std::to_string(i), i % 2 == 0 ? ",\"stream\":true" : ",\"n\":2"));
      answered += answer.starts_with("HTTP/1.1 200") && answer.find("\"stop\"") != std::string::npos;
    });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, 24);
  EXPECT_TRUE(host_->wait_until_idle(2s));
}

TEST_F(HostLifecycle, a_client_that_leaves_ends_its_generation) {
  start();
  boost::asio::io_context io;
  std::optional<tcp::socket> socket(connect(io));
  boost::asio::write(*socket, boost::asio::buffer(chat("slow", ",\"stream\":true")));
  wait_until_running(1);
  socket.reset();
  wait_until_running(0);
  EXPECT_LT(generator_->stats().generated_tokens, 3000U);
}

TEST_F(HostLifecycle, a_full_queue_refuses_and_says_when_to_come_back) {
  start({.max_batch = 1, .max_queue = 1});
  boost::asio::io_context io;
  std::vector<tcp::socket> waiting;
  for (int i = 0; i < 2; ++i) {
    waiting.push_back(connect(io));
    boost::asio::write(waiting.back(), boost::asio::buffer(chat("slow")));
    wait_until_running(i + 1);
  }
  const std::string refused = exchange(chat("hi"));
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503")) << refused;
  EXPECT_NE(refused.find("retry-after: 1"), std::string::npos) << refused;
}

TEST_F(HostLifecycle, a_drain_finishes_what_is_under_way_and_takes_nothing_new) {
  start();
  std::string answer;
  std::thread client([&] { answer = exchange(chat("slow", ",\"max_tokens\":200")); });
  wait_until_running(1);
  host_->begin_drain();
  client.join();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
  EXPECT_TRUE(host_->wait_until_idle(2s));
  EXPECT_EQ(exchange(chat("hi")), "") << "the port is closed";
}

TEST_F(HostLifecycle, the_end_cancels_what_does_not_finish) {
  start();
  std::thread client([&] { exchange(chat("slow", ",\"stream\":true")); });
  wait_until_running(1);
  host_.reset();
  client.join();
  wait_until_running(0);
}

TEST_F(HostLifecycle, what_is_cancelled_leaves_nothing_behind) {
  start();
  std::thread client([&] { exchange(chat("slow", ",\"stream\":true")); });
  wait_until_running(1);
  host_->begin_drain();
  host_->cancel_all();
  client.join();
  EXPECT_TRUE(host_->wait_until_idle(2s));
  wait_until_running(0);
}

}  // namespace
}  // namespace xrouter::host
