// A whole host in memory for tests: real HTTP over simulated streams, a generator that says what the test wants.
#pragma once

#include "xrouter/chat_format/fake_tokenizer.hpp"
#include "xrouter/host/application.hpp"
#include "xrouter/host/fake_generator.hpp"
#include "xrouter/server/test_server.hpp"

namespace xrouter::host {

using server::Answer;

class TestHost {
 public:
  explicit TestHost(config::ServerConfig config = {}, HostRules rules = {}, std::string_view format = "hermes")
      : generator(std::make_shared<FakeGenerator>()),
        shared(model_of(format), rules, config, *server::KeyRing::make(config.api_key_hashes)),
        application(shared, Rng(7)),
        connections(world.executor(), world.timers(), Deadline::never(), "server"),
        accepting(world.executor(), world.timers(), Deadline::never(), "accepting"),
        network(world.executor(), world.timers(), 1),
        client(network) {
    network.listen(kOrigin, [this](std::unique_ptr<net::ByteStream> stream) {
      boost::asio::co_spawn(world.io(), serve(std::move(stream)), boost::asio::detached);
    });
  }
  ~TestHost() {
    connections.cancel();
    world.run_ready();
  }

  /// What `script` does happens once the request has been submitted.
  Answer send(net::HttpRequest request, std::function<void()> script = {}) {
    CallScope scope(world.executor(), world.timers(), Deadline::after(world.now(), std::chrono::hours(1)), "client");
    std::optional<Result<net::HttpResponse>> answered;
    boost::asio::co_spawn(world.io(), client.send(kOrigin, request, scope),
                          [&](std::exception_ptr, Result<net::HttpResponse> response) { answered.emplace(std::move(response)); });
    world.run_ready();
    if (script) script();
    world.run_ready();
    for (int i = 0; !answered && i < 1000; ++i) {
      world.timers().advance_to_next();
      world.run_ready();
    }
    Answer answer;
    if (!answered || !*answered) {
      answer.body = answered ? answered->error().describe() : "no answer";
      return answer;
    }
    answer.status = (*answered)->head.status;
    answer.headers = std::move((*answered)->head.headers);
    answer.body = std::move((*answered)->body);
    return answer;
  }
  Answer get(std::string target) { return send({.method = "GET", .target = std::move(target)}); }
  Answer post(std::string body, std::function<void()> script = {}) { return send(post_request(std::move(body)), std::move(script)); }
  /// A request with one user message; `more` are further members: `,"stream":true`.
  Answer ask(const std::string& more = "", std::function<void()> script = {}) { return post(body_of(more), std::move(script)); }
  /// The model says `text` and ends.
  Answer ask_and_say(const std::string& more, const std::string& text) {
    return ask(more, [this, text] { answer_all(text); });
  }
  void answer_all(const std::string& text) {
    for (std::size_t i = 0; i < generator->asked.size(); ++i) {
      if (generator->asked[i].ended) continue;
      generator->say(i, text);
      generator->end(i);
    }
  }
  static std::string body_of(const std::string& more) {
    return R"({"model":"tiny","messages":[{"role":"user","content":"hi"}])" + more + "}";
  }
  static net::HttpRequest post_request(std::string body) {
    net::Headers headers;
    headers.add("content-type", "application/json");
    return {.method = "POST", .target = "/v1/chat/completions", .headers = std::move(headers), .body = std::move(body)};
  }
  std::string prompt(std::size_t generation = 0) const {
    return shared.model.tokenizer->decode(generator->asked.at(generation).request.prompt);
  }

  static inline const net::Origin kOrigin{.tls = false, .host = "localhost", .port = 80};

  std::shared_ptr<FakeGenerator> generator;
  World world;
  Shared shared;
  Application application;
  CallScope connections;
  CallScope accepting;
  net::SimNetwork network;
  net::HttpClient client;

 private:
  HostedModel model_of(std::string_view format) const {
    const std::vector<std::string> special{"<|im_start|>", "<|im_end|>"};
    return {.name = "tiny",
            .format = *chat_format::ChatFormat::named(format),
            .tokenizer = std::make_shared<chat_format::FakeTokenizer>(special),
            .generator = generator,
            .context_tokens = 4000};
  }
  boost::asio::awaitable<void> serve(std::unique_ptr<net::ByteStream> stream) {
    CallScope connection(connections, std::nullopt, "connection", ErrorKind::cancelled);
    const net::HttpLimits limits;
    co_await net::serve_connection(std::move(stream), application, limits, connection, accepting);
  }
};

inline const std::string kWeatherTool =
    R"({"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}})";

}  // namespace xrouter::host
