#include "xrouter/net/http_server.hpp"

#include <gtest/gtest.h>

#include "xrouter/async/sleep.hpp"
#include "xrouter/testing/world.hpp"
#include "xrouter/testing_net/sim_net.hpp"

namespace xrouter::net {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;

/// Answers by the target: /slow waits, /stream streams, /broken forgets to finish, and so on.
class TestHandler final : public HttpHandler {
 public:
  awaitable<void> handle(HttpRequest request, ResponseWriter& response, CallScope& scope) override {
    ++handled;
    Headers headers{{"Content-Type", "text/plain"}};
    if (request.target == "/silent") co_return;
    if (request.target == "/throw") throw std::runtime_error("bug");
    bodies_held = budget.used();
    if (request.target == "/slow") {
      auto slept = co_await sleep_for(60s, scope);
      if (!slept) ended_with = slept.error().kind;
    }
    if (request.target == "/leaves") {
      auto slept = co_await sleep_for(60s, scope);
      if (!slept) ended_with = slept.error().kind;
      co_return;
    }
    if (request.target == "/stream" || request.target == "/broken") {
      auto begun = co_await response.begin(200, std::move(headers), "one");
      if (!begun) co_return;
      for (int i = 0; i < 2; ++i) {
        auto slept = co_await sleep_for(1s, scope);
        if (!slept) ended_with = slept.error().kind;
        auto written = co_await response.write("two");
        if (!written) write_failed_with = written.error().kind;
      }
      if (request.target == "/broken") co_return;
      auto finished = co_await response.finish();
      co_return;
    }
    std::string body = request.method + " " + request.target + " " + request.body;
    if (request.target == "/large") body.assign(1'000'000, 'x');
    if (request.target == "/inject") headers.add("X-Bad", "a\r\nX-Injected: 1");
    auto sent = co_await response.send(200, std::move(headers), std::move(body));
    if (!sent) write_failed_with = sent.error().kind;
  }
  HttpResponse reject(const Error& error) override {
    ++rejected;
    return {.head = {}, .body = std::string(label_of(error.kind))};
  }
  std::optional<HttpResponse> refuse_head(const HttpRequest& head) override {
    if (head.headers.get("authorization") != "none") return std::nullopt;
    return HttpResponse{.head = {.status = 401}, .body = "no key"};
  }
  BodyBudget* body_budget() override { return &budget; }

  BodyBudget budget{1'000'000};
  std::size_t bodies_held = 0;
  int handled = 0;
  int rejected = 0;
  std::optional<ErrorKind> ended_with;
  std::optional<ErrorKind> write_failed_with;
};

/// One connection to a server, with the test as the client.
class Server : public ::testing::Test {
 protected:
  ~Server() override {
    connection_.cancel();
    client_scope_.cancel();
    world_.run_ready();
  }

  void connect(SimPlan plan = {}) {
    auto [client, server] = make_sim_pair(world_.executor(), world_.timers(), plan, 7);
    client_ = std::move(client);
    boost::asio::co_spawn(world_.io(), serve_connection(std::move(server), handler_, limits_, connection_, accepting_), [this](std::exception_ptr) { over_ = true; });
    boost::asio::co_spawn(world_.io(), read_all(), boost::asio::detached);
    world_.run_ready();
  }

  /// Keeps what comes in `received_`, without the Date lines.
  awaitable<void> read_all() {
    std::array<char, 4096> buffer;
    while (reading_) {
      auto count = co_await client_->read_some(buffer, client_scope_);
      if (!count || *count == 0) break;
      received_.append(buffer.data(), *count);
    }
    client_saw_end_ = true;
  }

  void send(const std::string& bytes, Duration then = 0s) {
    auto written = world_.run(client_->write(bytes, client_scope_));
    EXPECT_TRUE(written);
    world_.run_for(then);
  }

  std::string text() const {
    std::string text = received_;
    for (std::size_t at = text.find("Date: "); at != std::string::npos; at = text.find("Date: ", at)) text.erase(at, text.find("\r\n", at) + 2 - at);
    return text;
  }
  int count(const std::string& what) const {
    int found = 0;
    for (std::size_t at = received_.find(what); at != std::string::npos; at = received_.find(what, at + 1)) ++found;
    return found;
  }

  World world_;
  CallScope connection_{world_.executor(), world_.timers(), Deadline::never(), "conn"};
  CallScope accepting_{world_.executor(), world_.timers(), Deadline::never(), "accepting"};
  CallScope client_scope_{world_.executor(), world_.timers(), Deadline::never(), "client"};
  TestHandler handler_;
  HttpLimits limits_;
  std::unique_ptr<ByteStream> client_;
  std::string received_;
  bool reading_ = true;
  bool client_saw_end_ = false;
  bool over_ = false;
};

const std::string kGet = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
std::string get(const std::string& target, const std::string& headers = "") { return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n"; }

TEST_F(Server, answers_and_keeps_the_connection) {
  connect();
  send(kGet);
  EXPECT_EQ(text(), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\nGET /a ");
  EXPECT_NE(received_.find("Date: Fri, 15 Jan 2027 08:00:00 GMT\r\n"), std::string::npos) << received_;
  send(kGet);
  EXPECT_EQ(handler_.handled, 2);
  EXPECT_FALSE(over_);
}

TEST_F(Server, answers_the_same_when_bytes_come_one_by_one) {
  SimPlan plan;
  plan.to_server.max_chunk = 1;
  plan.to_client.max_chunk = 1;
  connect(plan);
  send("POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + kGet);
  EXPECT_NE(received_.find("\r\n\r\nPOST /b abc"), std::string::npos) << received_;
  EXPECT_EQ(handler_.handled, 2);
}

TEST_F(Server, handles_pipelined_requests_one_after_the_other) {
  connect();
  send(get("/stream") + get("/b") + get("/c"), 1500ms);
  EXPECT_EQ(handler_.handled, 1) << "the second waits for the first";
  world_.run_for(1s);
  EXPECT_EQ(handler_.handled, 3);
  EXPECT_LT(received_.find("0\r\n\r\nHTTP/1.1"), received_.find("GET /b "));
  EXPECT_LT(received_.find("GET /b "), received_.find("GET /c "));
}

TEST_F(Server, streams_in_chunks_and_ends_with_the_last_one) {
  connect();
  send(get("/stream"));
  EXPECT_EQ(text(), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n") << "head and first piece at once";
  world_.run_for(3s);
  EXPECT_TRUE(received_.ends_with("3\r\ntwo\r\n3\r\ntwo\r\n0\r\n\r\n")) << received_;
  EXPECT_FALSE(over_);
}

TEST_F(Server, a_response_without_finish_is_cut_so_that_the_client_sees_it) {
  connect();
  send(get("/broken"), 3s);
  EXPECT_TRUE(received_.ends_with("two\r\n")) << received_;
  EXPECT_TRUE(client_saw_end_);
  EXPECT_TRUE(over_);
}

TEST_F(Server, http_1_0_gets_no_chunks_and_no_second_request) {
  connect();
  send("GET /stream HTTP/1.0\r\n\r\n", 3s);
  EXPECT_EQ(text(), "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nonetwotwo");
  EXPECT_TRUE(over_);
}

TEST_F(Server, http_1_0_keeps_the_connection_when_asked_to) {
  connect();
  send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(received_.find("Connection: keep-alive\r\n"), std::string::npos);
  EXPECT_FALSE(over_);
}

TEST_F(Server, head_gets_the_head_of_get) {
  connect();
  send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(text(), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\n");
  send("HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n", 3s);
  EXPECT_TRUE(received_.ends_with("Transfer-Encoding: chunked\r\n\r\n")) << received_;
  send(kGet);
  EXPECT_EQ(handler_.handled, 3);
}

TEST_F(Server, closes_after_the_response_when_the_client_says_so) {
  connect();
  send(get("/a", "Connection: close\r\n"));
  EXPECT_NE(received_.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(client_saw_end_);
}

TEST_F(Server, a_large_body_arrives_whole) {
  connect();
  send(get("/large"));
  EXPECT_TRUE(received_.ends_with(std::string(1'000'000, 'x')));
  EXPECT_NE(received_.find("Content-Length: 1000000\r\n"), std::string::npos);
}

TEST_F(Server, invites_the_body_only_when_it_will_be_read) {
  limits_.max_body_bytes = 10;
  connect();
  send("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(received_, "HTTP/1.1 100 Continue\r\n\r\n");
  send("abc");
  EXPECT_TRUE(received_.ends_with("POST /b abc")) << received_;
  received_.clear();
  send("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(received_.starts_with("HTTP/1.1 413 Content Too Large\r\n")) << received_;
}

TEST_F(Server, does_not_invite_a_body_that_is_already_here) {
  connect();
  send("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc");
  EXPECT_TRUE(received_.starts_with("HTTP/1.1 200 OK\r\n")) << received_;
}

TEST_F(Server, a_refused_request_gets_its_answer_and_then_the_end) {
  connect();
  send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n" + kGet, 5s);
  EXPECT_EQ(text(), "HTTP/1.1 400 Bad Request\r\nContent-Length: 15\r\nConnection: close\r\n\r\ninvalid_request");
  EXPECT_EQ(handler_.handled, 0) << "what follows a bad request is never taken for a request";
  EXPECT_TRUE(over_);
}

TEST_F(Server, reads_on_for_a_while_after_refusing_so_that_no_reset_destroys_the_answer) {
  limits_.max_body_bytes = 10;
  connect();
  send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n");
  send(std::string(500'000, 'x'));
  EXPECT_TRUE(received_.starts_with("HTTP/1.1 413 ")) << received_;
  EXPECT_FALSE(over_);
  world_.run_for(2s);
  EXPECT_TRUE(over_);
}

TEST_F(Server, a_slow_head_is_408_counted_from_its_first_byte) {
  connect();
  world_.run_for(60s);
  send("GET / HT", 6s);
  send("TP/1.1\r\n", 3s);
  EXPECT_EQ(received_, "");
  world_.run_for(2s);
  EXPECT_TRUE(received_.starts_with("HTTP/1.1 408 Request Timeout\r\n")) << received_;
  EXPECT_TRUE(received_.ends_with("request_timeout"));
}

TEST_F(Server, a_slow_body_is_408_even_when_bytes_trickle) {
  connect();
  send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
  for (int i = 0; i < 5; ++i) send("a", 11s);
  EXPECT_EQ(received_, "");
  send("a", 6s);
  EXPECT_TRUE(received_.starts_with("HTTP/1.1 408 ")) << received_;
}

TEST_F(Server, an_idle_connection_is_closed_without_a_word) {
  connect();
  send(kGet, 74s);
  EXPECT_FALSE(over_);
  received_.clear();
  world_.run_for(2s);
  EXPECT_TRUE(over_);
  EXPECT_EQ(received_, "");
}

TEST_F(Server, a_client_that_does_not_read_is_cut_off) {
  SimPlan plan;
  plan.to_client.stall_after = 10;
  connect(plan);
  send(get("/large"), 59s);
  EXPECT_FALSE(over_);
  world_.run_for(2s);
  EXPECT_TRUE(over_);
  EXPECT_EQ(handler_.write_failed_with, ErrorKind::cancelled);
}

TEST_F(Server, a_refused_client_that_does_not_read_is_cut_off_too) {
  SimPlan plan;
  plan.to_client.stall_after = 0;
  plan.to_client.capacity = 1;
  connect(plan);
  send("nonsense\r\n\r\n", 59s);
  EXPECT_FALSE(over_);
  world_.run_for(2s);
  EXPECT_TRUE(over_);
}

TEST_F(Server, a_client_that_leaves_cancels_its_request) {
  connect();
  send(get("/slow"), 5s);
  EXPECT_FALSE(handler_.ended_with);
  client_->close();
  world_.run_ready();
  EXPECT_EQ(handler_.ended_with, ErrorKind::cancelled);
  EXPECT_TRUE(over_);
}

TEST_F(Server, nothing_is_made_up_for_a_client_that_has_left) {
  connect();
  send(get("/leaves"), 5s);
  client_->close();
  world_.run_ready();
  EXPECT_EQ(handler_.ended_with, ErrorKind::cancelled);
  EXPECT_EQ(handler_.rejected, 0) << "the handler said nothing because there was nobody to tell";
  EXPECT_TRUE(over_);
}

TEST_F(Server, a_client_that_leaves_is_noticed_behind_its_next_request) {
  connect();
  send(get("/slow") + kGet, 5s);
  client_->reset();
  world_.run_ready();
  EXPECT_EQ(handler_.ended_with, ErrorKind::cancelled);
  EXPECT_TRUE(over_);
}

TEST_F(Server, a_client_that_leaves_mid_stream_cancels_it) {
  connect();
  send(get("/stream"), 500ms);
  client_->reset();
  world_.run_for(3s);
  EXPECT_EQ(handler_.ended_with, ErrorKind::cancelled);
  EXPECT_EQ(handler_.write_failed_with, ErrorKind::cancelled);
}

TEST_F(Server, many_short_requests_behind_a_running_one_wait_for_it) {
  connect();
  std::string requests = get("/stream");
  for (int i = 0; i < 1'000; ++i) requests += kGet;
  send(requests, 500ms);
  EXPECT_EQ(handler_.handled, 1);
  world_.run_for(3s);
  EXPECT_EQ(handler_.handled, 1'001);
}

TEST_F(Server, a_flood_that_would_hide_the_clients_leaving_ends_the_connection) {
  connect();
  std::string flood = get("/slow");
  for (int i = 0; i < 10'000; ++i) flood += kGet;
  boost::asio::co_spawn(world_.io(), client_->write(flood, client_scope_), boost::asio::detached);
  world_.run_for(500ms);
  EXPECT_EQ(handler_.ended_with, ErrorKind::cancelled);
  EXPECT_EQ(handler_.handled, 1);
  EXPECT_TRUE(over_);
}

TEST_F(Server, a_refused_head_gets_its_answer_before_the_body_is_invited_or_read) {
  connect();
  send("POST /b HTTP/1.1\r\nHost: x\r\nAuthorization: none\r\nContent-Length: 500000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(text(), "HTTP/1.1 401 Unauthorized\r\nContent-Length: 6\r\nConnection: close\r\n\r\nno key");
  send(std::string(400'000, 'x'), 2s);
  EXPECT_EQ(handler_.handled, 0);
  EXPECT_EQ(handler_.budget.used(), 0u);
  EXPECT_TRUE(over_);
}

TEST_F(Server, bodies_count_until_they_are_answered) {
  connect();
  send("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + std::string(200'000, 'x'));
  EXPECT_EQ(handler_.bodies_held, 200'000u);
  EXPECT_EQ(handler_.budget.used(), 0u);
  EXPECT_EQ(handler_.handled, 1);
}

TEST_F(Server, a_body_beyond_what_all_may_take_together_is_503) {
  BodyBudget::Share others(&handler_.budget);
  ASSERT_TRUE(others.grow_to(900'000));
  connect();
  send("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + std::string(200'000, 'x'));
  EXPECT_TRUE(received_.starts_with("HTTP/1.1 503 ")) << received_;
  EXPECT_TRUE(received_.ends_with("overloaded"));
  EXPECT_EQ(handler_.budget.used(), 900'000u);
  others.release();
  EXPECT_EQ(handler_.budget.used(), 0u);
}

TEST_F(Server, draining_closes_an_idle_connection_at_once) {
  connect();
  send(kGet);
  accepting_.cancel();
  world_.run_ready();
  EXPECT_TRUE(over_);
  EXPECT_EQ(count("HTTP/1.1 200"), 1);
}

TEST_F(Server, draining_finishes_the_current_request_and_says_close) {
  connect();
  send(get("/slow") + kGet, 1s);
  accepting_.cancel();
  world_.run_for(30s);
  EXPECT_FALSE(over_);
  world_.run_for(30s);
  EXPECT_EQ(count("Connection: close\r\n"), 1) << received_;
  EXPECT_EQ(handler_.handled, 1);
  EXPECT_TRUE(over_);
}

TEST_F(Server, ending_the_connections_scope_ends_everything) {
  connect();
  send(get("/slow"), 1s);
  connection_.cancel();
  world_.run_ready();
  EXPECT_EQ(handler_.ended_with, ErrorKind::cancelled);
  EXPECT_TRUE(over_);
  EXPECT_TRUE(client_saw_end_);
}

TEST_F(Server, a_handler_that_says_nothing_becomes_500) {
  connect();
  send(get("/silent"));
  EXPECT_TRUE(received_.starts_with("HTTP/1.1 500 Internal Server Error\r\n")) << received_;
}

TEST_F(Server, a_handler_that_throws_becomes_500_and_ends_the_connection) {
  connect();
  send(get("/throw"));
  EXPECT_TRUE(received_.starts_with("HTTP/1.1 500 ")) << received_;
  EXPECT_TRUE(over_);
}

TEST_F(Server, a_header_that_would_inject_another_is_refused) {
  connect();
  send(get("/inject"));
  EXPECT_EQ(handler_.write_failed_with, ErrorKind::internal);
  EXPECT_EQ(count("X-Injected"), 0);
  EXPECT_TRUE(received_.starts_with("HTTP/1.1 500 ")) << received_;
}

}  // namespace
}  // namespace xrouter::net
