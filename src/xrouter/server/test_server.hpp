// A whole server in memory for tests: real HTTP over simulated streams, a scripted router and
// pool, a settable clock. Nothing sleeps and no socket is opened.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <string>
#include <vector>

#include "xrouter/json/parse.hpp"
#include "xrouter/net/http_client.hpp"
#include "xrouter/server/application.hpp"
#include "xrouter/testing/scripted.hpp"
#include "xrouter/testing/world.hpp"
#include "xrouter/testing_net/sim_net.hpp"
#include "xrouter/wire/sse/sse.hpp"

namespace xrouter::server {

inline ModelSpec test_model(std::string id, std::string upstream = "up") {
  ModelSpec model;
  model.id = ModelId(std::move(id));
  model.upstream = std::move(upstream);
  model.price.input = Usd::from_pico(1'000'000);   // 1 USD per million tokens
  model.price.output = Usd::from_pico(3'000'000);
  model.price.cached_input = Usd::from_pico(500'000);
  model.price.reasoning = model.price.output;
  model.price.date = "2026-01-01";
  model.price.source = "test";
  return model;
}

/// "cheap" and "strong" can do everything, "plain" is small and can do little, "unpriced" has no price.
inline std::vector<ModelSpec> test_models() {
  ModelSpec plain = test_model("plain");
  plain.capabilities = {.tools = false, .parallel_tool_calls = false, .json_schema = false, .logprobs = false, .multiple_choices = false, .sampling = false, .stop = false, .seed = false};
  plain.context_tokens = 1'000;
  ModelSpec unpriced = test_model("unpriced");
  unpriced.price = {};
  return {test_model("cheap"), test_model("strong"), plain, unpriced};
}

inline config::Config test_config() {
  config::Config config;
  config.upstreams.push_back({.name = "up", .base_url = "http://up.example/v1"});
  config.catalog = *ModelCatalog::make(test_models());
  config.episode.deadline = std::chrono::seconds(60);
  return config;
}

/// A ledger that only says whether it accepts.
struct TestBook final : service::RequestBook {
  bool open_for_business = true;
  std::vector<service::RequestFacts> opened;
  int finished = 0;
  Cost booked;

  bool accepting() const override { return open_for_business; }
  std::unique_ptr<EpisodeObserver> open(const service::RequestFacts& facts) override {
    opened.push_back(facts);
    struct Observer final : EpisodeObserver {
      explicit Observer(TestBook& in) : book(in) {}
      void on(const EpisodeEvent& event) override {
        if (const auto* end = std::get_if<EpisodeFinished>(&event)) {
          ++book.finished;
          book.booked += end->episode.ledger().total();
        }
      }
      TestBook& book;
    };
    return std::make_unique<Observer>(*this);
  }
};

struct Answer {
  int status = 0;
  net::Headers headers;
  std::string body;
  Duration took{};

  boost::json::value json() const {
    auto parsed = json::parse(body);
    EXPECT_TRUE(parsed) << body;
    return parsed ? *parsed : boost::json::value();
  }
  /// A member by a path such as "error.code" or "choices.0.message.content".
  boost::json::value at(std::string_view path) const { return member(json(), path); }
  std::string text_at(std::string_view path) const {
    const boost::json::value found = at(path);
    return found.is_string() ? std::string(found.as_string()) : json::raw(found).text;
  }
  static boost::json::value member(boost::json::value value, std::string_view path) {
    while (!path.empty()) {
      const std::string_view name = path.substr(0, path.find('.'));
      path.remove_prefix(std::min(path.size(), name.size() + 1));
      const boost::json::value* next = nullptr;
      if (value.is_object()) next = value.as_object().if_contains(boost::json::string_view(name.data(), name.size()));
      if (value.is_array()) next = value.as_array().if_contains(static_cast<std::size_t>(std::stoul(std::string(name))));
      if (!next) return "<absent>";
      boost::json::value inner(*next);
      value = std::move(inner);
    }
    return value;
  }
  /// The `data:` payloads of a streamed answer.
  std::vector<std::string> events() const {
    wire::sse::Parser parser;
    std::vector<wire::sse::Event> found;
    EXPECT_TRUE(parser.feed(body, found));
    std::vector<std::string> payloads;
    for (wire::sse::Event& event : found) payloads.push_back(std::move(event.data));
    return payloads;
  }
};

class TestServer {
 public:
  explicit TestServer(config::Config config = test_config())
      : config_(std::make_shared<config::Config>(std::move(config))),
        shared(config_, nullptr, &book, *KeyRing::make(config_->server.api_key_hashes)),
        context{shared, {policy, pool}, Rng(7)},
        application(context),
        connections(world.executor(), world.timers(), Deadline::never(), "server"),
        accepting(world.executor(), world.timers(), Deadline::never(), "accepting"),
        network(world.executor(), world.timers(), 1),
        client(network) {
    network.listen(kOrigin, [this](std::unique_ptr<net::ByteStream> stream) {
      boost::asio::co_spawn(world.io(), serve(std::move(stream)), boost::asio::detached);
    });
  }
  ~TestServer() {
    connections.cancel();
    world.run_ready();
  }

  Answer send(net::HttpRequest request, Duration patience = std::chrono::hours(1)) {
    CallScope scope(world.executor(), world.timers(), Deadline::after(world.now(), patience), "client");
    const TimePoint begun = world.now();
    auto answered = world.run(client.send(kOrigin, request, scope));
    Answer answer;
    answer.took = world.now() - begun;
    if (!answered) {
      answer.body = answered.error().describe();
      return answer;
    }
    answer.status = answered->head.status;
    answer.headers = std::move(answered->head.headers);
    answer.body = std::move(answered->body);
    return answer;
  }
  Answer get(std::string target) { return send({.method = "GET", .target = std::move(target)}); }
  Answer post(std::string body, net::Headers headers = {}) {
    headers.add("content-type", "application/json");
    return send({.method = "POST", .target = "/v1/chat/completions", .headers = std::move(headers), .body = std::move(body)});
  }
  /// A request with one user message; `more` are further members: `,"stream":true`.
  Answer ask(std::string model, std::string more = "") { return post(body_of(std::move(model), std::move(more))); }
  static std::string body_of(std::string model, std::string more = "") {
    return R"({"model":")" + model + R"(","messages":[{"role":"user","content":"What is 6 x 7?"}])" + more + "}";
  }

  static inline const net::Origin kOrigin{.tls = false, .host = "localhost", .port = 80};

 private:
  std::shared_ptr<config::Config> config_;

 public:
  World world;
  ScriptedPolicy policy;
  ScriptedPool pool;
  TestBook book;
  Shared shared;
  WorkerContext context;
  Application application;
  CallScope connections;
  CallScope accepting;
  net::SimNetwork network;
  net::HttpClient client;

 private:
  boost::asio::awaitable<void> serve(std::unique_ptr<net::ByteStream> stream) {
    CallScope connection(connections, std::nullopt, "connection", ErrorKind::cancelled);
    const net::HttpLimits limits;
    co_await net::serve_connection(std::move(stream), application, limits, connection, accepting);
  }
};

}  // namespace xrouter::server
