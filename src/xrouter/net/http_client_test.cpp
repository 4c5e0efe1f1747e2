#include "xrouter/net/http_client.hpp"

#include <gtest/gtest.h>

#include "xrouter/async/sleep.hpp"
#include "xrouter/testing/world.hpp"
#include "xrouter/testing_net/sim_net.hpp"

namespace xrouter::net {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;

const Origin kOrigin{.tls = false, .host = "up.example", .port = 80};

/// A client and an upstream that reads a request and answers with prepared bytes.
class Client : public ::testing::Test {
 protected:
  ~Client() override {
    upstream_scope_.cancel();
    world_.run_ready();
  }

  /// One answer per connection and request; `then_close` ends the connection behind it.
  void upstream(std::string answer, bool then_close = false) {
    network_.listen(kOrigin, [this, answer, then_close](std::unique_ptr<ByteStream> stream) {
      boost::asio::co_spawn(world_.io(), answer_all(std::move(stream), answer, then_close), boost::asio::detached);
    });
  }

  awaitable<void> answer_all(std::unique_ptr<ByteStream> stream, std::string answer, bool then_close) {
    std::array<char, 4096> buffer;
    std::string seen;
    while (true) {
      auto count = co_await stream->read_some(buffer, upstream_scope_);
      if (!count || *count == 0 || std::exchange(drop_next_, false)) break;
      seen.append(buffer.data(), *count);
      if (seen.find("\r\n\r\n") == std::string::npos) continue;
      requests_.push_back(std::exchange(seen, {}));
      auto written = co_await stream->write(answer, upstream_scope_);
      if (!written || then_close) break;
      if (close_idle_after_ == 0s) continue;
      auto slept = co_await sleep_for(close_idle_after_, upstream_scope_);
      if (!slept || slept) break;
    }
    ++upstream_ends_;
  }

  Result<HttpResponse> send(HttpRequest request = {}, Duration timeout = 60s) {
    CallScope scope(world_.executor(), world_.timers(), Deadline::after(world_.now(), timeout), "call");
    return world_.run(client_.send(kOrigin, request, scope));
  }
  ErrorKind failure(HttpRequest request = {}, Duration timeout = 60s) {
    auto response = send(std::move(request), timeout);
    EXPECT_FALSE(response) << response->body;
    return response ? ErrorKind::internal : response.error().kind;
  }

  World world_;
  CallScope upstream_scope_{world_.executor(), world_.timers(), Deadline::never(), "upstream"};
  SimNetwork network_{world_.executor(), world_.timers(), 11};
  HttpClientOptions options_;
  HttpClient client_{network_, options_};
  std::vector<std::string> requests_;
  Duration close_idle_after_ = 0s;
  bool drop_next_ = false;  ///< the upstream closes at the next bytes it gets
  int upstream_ends_ = 0;
};

const std::string kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello";

TEST_F(Client, sends_the_request_and_returns_the_response) {
  upstream(kHello);
  auto response = send({.method = "POST", .target = "/v1?x", .headers = {{"X-Key", "k"}, {"Connection", "close"}, {"Host", "evil"}}, .body = "body"});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->head.status, 200);
  EXPECT_EQ(response->head.headers.get("x-a"), "b");
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(requests_.at(0), "POST /v1?x HTTP/1.1\r\nHost: up.example\r\nAccept-Encoding: identity\r\nX-Key: k\r\nContent-Length: 4\r\n\r\nbody");
}

TEST_F(Client, reads_every_kind_of_body_in_every_split) {
  const std::string lengthy = kHello;
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nT: 1\r\n\r\n";
  const std::string until_close = "HTTP/1.1 200 OK\r\n\r\nhello";
  const std::string after_interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + kHello;
  for (const std::string& answer : {lengthy, chunked, until_close, after_interim}) {
    for (std::size_t chunk : {0, 1, 3}) {
      network_.set_plan([chunk](const Origin&, std::size_t) {
        SimPlan plan;
        plan.to_client.max_chunk = chunk;
        plan.to_client.latency = 1ms;
        return plan;
      });
      upstream(answer, true);
      auto response = send();
      ASSERT_TRUE(response) << answer << " in " << chunk << ": " << response.error().describe();
      EXPECT_EQ(response->body, "hello") << answer;
      EXPECT_EQ(response->head.status, 200);
    }
  }
}

TEST_F(Client, head_and_204_have_no_body) {
  upstream("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(send({.method = "HEAD"})->body, "");
  upstream("HTTP/1.1 204 No Content\r\n\r\n");
  world_.run_for(31s);
  EXPECT_EQ(send()->head.status, 204);
}

TEST_F(Client, reuses_a_connection_whose_response_was_read_to_its_end) {
  upstream(kHello);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(send());
  EXPECT_EQ(client_.connections_opened(), 1u);
  EXPECT_EQ(client_.idle_connections(), 1u);
}

TEST_F(Client, the_end_of_a_response_is_read_later_and_its_connection_reused) {
  network_.set_plan([](const Origin&, std::size_t) {
    SimPlan plan;
    plan.to_client.max_chunk = 1;
    plan.to_client.drip = 1ms;
    return plan;
  });
  upstream("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndone\r\n0\r\n\r\n");
  CallScope scope(world_.executor(), world_.timers(), Deadline::after(world_.now(), 60s), "call");
  const HttpRequest request;
  auto exchange = world_.run(client_.open(kOrigin, request, scope));
  ASSERT_TRUE(exchange);
  for (std::string body; body != "done";) {
    auto piece = world_.run((*exchange)->read_body(scope));
    ASSERT_TRUE(piece);
    body += *piece;
  }
  const TimePoint before = world_.now();
  client_.finish_later(std::move(*exchange), scope, 50ms);
  EXPECT_EQ(world_.now(), before);
  EXPECT_EQ(client_.idle_connections(), 0u);
  world_.run_for(10ms);
  EXPECT_EQ(client_.idle_connections(), 1u);
}

TEST_F(Client, the_end_of_a_response_that_does_not_come_costs_its_connection) {
  upstream("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndone\r\n");
  CallScope scope(world_.executor(), world_.timers(), Deadline::after(world_.now(), 60s), "call");
  const HttpRequest request;
  auto exchange = world_.run(client_.open(kOrigin, request, scope));
  ASSERT_TRUE(exchange);
  client_.finish_later(std::move(*exchange), scope, 50ms);
  world_.run_for(49ms);
  EXPECT_EQ(upstream_ends_, 0);
  world_.run_for(2ms);
  EXPECT_EQ(upstream_ends_, 1);
  EXPECT_EQ(client_.idle_connections(), 0u);
}

TEST_F(Client, does_not_reuse_what_cannot_be_reused) {
  upstream("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
  ASSERT_TRUE(send());
  EXPECT_EQ(client_.idle_connections(), 0u);
  upstream("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  ASSERT_TRUE(send());
  EXPECT_EQ(client_.idle_connections(), 0u);
  upstream(kHello + "HTTP/1.1 200 OK\r\n");
  ASSERT_TRUE(send());
  EXPECT_EQ(client_.idle_connections(), 0u) << "bytes nobody asked for: the next response would be the wrong one";
}

TEST_F(Client, an_idle_connection_that_the_upstream_closed_or_wrote_to_is_not_used) {
  upstream(kHello);
  close_idle_after_ = 5s;
  ASSERT_TRUE(send());
  world_.run_for(6s);
  ASSERT_TRUE(send());
  EXPECT_EQ(client_.connections_opened(), 2u);
}

TEST_F(Client, an_idle_connection_grows_too_old) {
  upstream(kHello);
  ASSERT_TRUE(send());
  world_.run_for(31s);
  ASSERT_TRUE(send());
  EXPECT_EQ(client_.connections_opened(), 2u);
}

TEST_F(Client, a_stale_connection_that_breaks_before_the_whole_request_is_written_is_replaced_once) {
  network_.set_plan([](const Origin&, std::size_t) {
    SimPlan plan;
    plan.to_server.capacity = 1000;
    return plan;
  });
  upstream(kHello);
  ASSERT_TRUE(send());
  drop_next_ = true;
  auto response = send({.method = "POST", .body = std::string(200'000, 'x')});
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(client_.connections_opened(), 2u);
  EXPECT_EQ(requests_.size(), 2u);
}

TEST_F(Client, a_request_that_was_written_completely_is_never_sent_again_in_silence) {
  network_.set_plan([](const Origin&, std::size_t index) {
    SimPlan plan;
    if (index == 0) plan.to_client.cut_after = kHello.size();  // ends exactly when asked for more
    return plan;
  });
  upstream(kHello);
  ASSERT_TRUE(send());
  EXPECT_EQ(client_.idle_connections(), 1u);
  EXPECT_EQ(failure(), ErrorKind::upstream_unreachable);
  EXPECT_EQ(client_.connections_opened(), 1u) << "the upstream may be working on it, and may bill it";
}

TEST_F(Client, a_fresh_connection_that_breaks_is_not_tried_again) {
  upstream("", true);
  EXPECT_EQ(failure(), ErrorKind::upstream_unreachable);
  EXPECT_EQ(client_.connections_opened(), 1u);
}

TEST_F(Client, a_refused_or_silent_connect_is_unreachable) {
  EXPECT_EQ(failure(), ErrorKind::upstream_unreachable);
  network_.set_plan([](const Origin&, std::size_t) { return SimPlan{.never_answers = true}; });
  const TimePoint start = world_.now();
  EXPECT_EQ(failure(), ErrorKind::upstream_unreachable);
  EXPECT_EQ(world_.now() - start, options_.connect_timeout);
  EXPECT_EQ(failure({}, 1s), ErrorKind::deadline_exceeded) << "the caller's own limit keeps its name";
}

TEST_F(Client, malformed_responses_are_invalid) {
  for (const std::string answer : {
           "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/2 200 OK\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello",
           "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n"}) {
    upstream(answer, true);
    EXPECT_EQ(failure(), ErrorKind::upstream_invalid) << answer;
  }
}

TEST_F(Client, a_response_that_is_cut_is_unreachable) {
  for (const std::string answer : {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                                   "HTTP/1.1 200 OK\r\nContent-Le", ""}) {
    upstream(answer, true);
    EXPECT_EQ(failure(), ErrorKind::upstream_unreachable) << answer;
  }
}

TEST_F(Client, a_reset_at_every_byte_is_unreachable_and_leaks_nothing) {
  upstream(kHello);
  for (std::size_t cut = 0; cut < kHello.size(); ++cut) {
    network_.set_plan([cut](const Origin&, std::size_t) {
      SimPlan plan;
      plan.to_client.cut_after = cut;
      plan.to_client.cut_by_reset = cut % 2 == 0;
      return plan;
    });
    EXPECT_EQ(failure(), ErrorKind::upstream_unreachable) << cut;
    world_.run_ready();
    EXPECT_EQ(network_.open_ends(), 0u) << cut;
  }
}

TEST_F(Client, limits_hold) {
  HttpClientOptions small = options_;
  small.max_header_bytes = 60;
  small.max_body_bytes = 4;
  HttpClient client(network_, small);
  const auto kind = [&](const std::string& answer) {
    upstream(answer, true);
    CallScope scope(world_.executor(), world_.timers(), Deadline::never(), "call");
    const HttpRequest request;
    auto response = world_.run(client.send(kOrigin, request, scope));
    return response ? ErrorKind::internal : response.error().kind;
  };
  EXPECT_EQ(kind(kHello), ErrorKind::upstream_invalid);
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), ErrorKind::upstream_invalid);
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\n\r\nhello"), ErrorKind::upstream_invalid);
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\nX: " + std::string(60, 'a') + "\r\n\r\n"), ErrorKind::upstream_invalid);
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd"), ErrorKind::internal) << "exactly at the limit";
}

TEST_F(Client, a_stall_ends_with_the_callers_deadline_and_closes_the_connection) {
  for (std::size_t stall : {std::size_t{0}, std::size_t{20}, kHello.size() - 1}) {
    network_.set_plan([stall](const Origin&, std::size_t) {
      SimPlan plan;
      plan.to_client.stall_after = stall;
      return plan;
    });
    upstream(kHello);
    const TimePoint start = world_.now();
    EXPECT_EQ(failure({}, 10s), ErrorKind::deadline_exceeded);
    EXPECT_EQ(world_.now() - start, 10s);
    world_.run_ready();
    EXPECT_EQ(network_.open_ends(), 0u) << stall;
  }
}

TEST_F(Client, cancelling_reaches_the_upstream_before_the_head_and_within_the_body) {
  for (const std::string answer : {"", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    upstream(answer);
    const int before = upstream_ends_;
    CallScope scope(world_.executor(), world_.timers(), Deadline::never(), "call");
    std::optional<Result<HttpResponse>> outcome;
    const HttpRequest request;
    boost::asio::co_spawn(world_.io(), client_.send(kOrigin, request, scope), [&](std::exception_ptr, Result<HttpResponse> result) { outcome.emplace(std::move(result)); });
    world_.run_for(1s);
    EXPECT_FALSE(outcome);
    scope.cancel();
    world_.run_ready();
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->error().kind, ErrorKind::cancelled);
    EXPECT_EQ(upstream_ends_, before + 1) << "the upstream has seen the end, without any time passing";
  }
}

TEST_F(Client, dropping_an_exchange_early_closes_and_dropping_a_finished_one_returns_it) {
  upstream(kHello);
  CallScope scope(world_.executor(), world_.timers(), Deadline::never(), "call");
  const HttpRequest request;
  auto exchange = world_.run(client_.open(kOrigin, request, scope));
  ASSERT_TRUE(exchange);
  exchange->reset();
  EXPECT_EQ(client_.idle_connections(), 0u);
  exchange = world_.run(client_.open(kOrigin, request, scope));
  ASSERT_TRUE(exchange);
  EXPECT_EQ(*world_.run((*exchange)->read_body(scope)), "hello");
  exchange->reset();
  EXPECT_EQ(client_.idle_connections(), 1u);
}

TEST_F(Client, a_large_request_and_response_arrive_whole) {
  upstream("HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + std::string(3'000'000, 'y'));
  auto response = send({.method = "POST", .body = std::string(200'000, 'x')});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, std::string(3'000'000, 'y'));
}

TEST_F(Client, a_header_that_would_inject_another_is_never_sent) {
  upstream(kHello);
  EXPECT_EQ(failure({.headers = {{"Authorization", "Bearer a\r\nX-Evil: 1"}}}), ErrorKind::config);
  EXPECT_EQ(failure({.target = "/a b"}), ErrorKind::config);
  EXPECT_EQ(failure({.method = "GET /evil"}), ErrorKind::config);
  EXPECT_EQ(client_.connections_opened(), 0u);
}

}  // namespace
}  // namespace xrouter::net
