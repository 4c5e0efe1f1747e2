// Bytes into a server connection and into the client's response parser, whole and chopped: both must
// come to an end, leak no connection, and give the same in every split.
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "xrouter/net/http_client.hpp"
#include "xrouter/net/http_server.hpp"
#include "xrouter/testing/world.hpp"
#include "xrouter/testing_net/sim_net.hpp"

namespace {

using namespace xrouter;
using namespace xrouter::net;
using boost::asio::awaitable;

const Origin kOrigin{.tls = false, .host = "up.example", .port = 80};

void require(bool holds) {
  if (!holds) std::abort();
}

class Echo final : public HttpHandler {
 public:
  awaitable<void> handle(HttpRequest request, ResponseWriter& response, CallScope&) override {
    std::string text = request.method + "|" + request.target;
    for (const Header& header : request.headers.list()) text += "|" + header.name + "=" + header.value;
    text += "|" + request.body;
    Headers headers;
    if (request.headers.has("x-stream")) {
      auto begun = co_await response.begin(200, std::move(headers), text);
      if (!begun) co_return;
      auto finished = co_await response.finish();
      co_return;
    }
    auto sent = co_await response.send(200, std::move(headers), std::move(text));
  }
  HttpResponse reject(const Error& error) override { return {.head = {}, .body = error.public_text}; }
};

awaitable<void> read_all(ByteStream& stream, CallScope& scope, std::string& into) {
  std::array<char, 4096> buffer;
  while (true) {
    auto count = co_await stream.read_some(buffer, scope);
    if (!count || *count == 0) co_return;
    into.append(buffer.data(), *count);
  }
}

awaitable<void> write_all(ByteStream& stream, CallScope& scope, std::string bytes) {
  auto written = co_await stream.write(bytes, scope);
  stream.half_close();
}

HttpLimits small_limits() {
  HttpLimits limits;
  limits.max_header_bytes = 1024;
  limits.max_body_bytes = 2048;
  return limits;
}

std::string serve(const std::string& bytes, std::size_t max_chunk) {
  World world;
  CallScope scope(world.executor(), world.timers(), Deadline::never(), "fuzz");
  CallScope accepting(world.executor(), world.timers(), Deadline::never(), "accepting");
  Echo handler;
  SimPlan plan;
  plan.to_server.max_chunk = max_chunk;
  auto [client, server] = make_sim_pair(world.executor(), world.timers(), plan, 1);
  std::string received;
  bool over = false;
  boost::asio::co_spawn(world.io(), serve_connection(std::move(server), handler, small_limits(), scope, accepting),
                        [&over](std::exception_ptr failure) { over = !failure; });
  boost::asio::co_spawn(world.io(), write_all(*client, scope, bytes), boost::asio::detached);
  boost::asio::co_spawn(world.io(), read_all(*client, scope, received), boost::asio::detached);
  world.run_until_idle();
  require(over);
  require(received.empty() || received.starts_with("HTTP/1."));
  return received;
}

awaitable<void> answer(std::unique_ptr<ByteStream> stream, CallScope& scope, std::string bytes) {
  auto written = co_await stream->write(bytes, scope);
}

std::string fetch(const std::string& bytes, std::size_t max_chunk) {
  World world;
  CallScope scope(world.executor(), world.timers(), Deadline::never(), "fuzz");
  SimNetwork network(world.executor(), world.timers(), 1);
  network.set_plan([max_chunk](const Origin&, std::size_t) {
    SimPlan plan;
    plan.to_client.max_chunk = max_chunk;
    return plan;
  });
  network.listen(kOrigin, [&](std::unique_ptr<ByteStream> stream) {
    boost::asio::co_spawn(world.io(), answer(std::move(stream), scope, bytes), boost::asio::detached);
  });
  std::string outcome;
  {
    HttpClient client(network, {.max_header_bytes = 1024, .max_body_bytes = 2048});
    const HttpRequest request;
    auto response = world.run(client.send(kOrigin, request, scope));
    if (!response) return std::string(label_of(response.error().kind));
    outcome = std::to_string(response->head.status);
    for (const Header& header : response->head.headers.list()) outcome += "|" + header.name + "=" + header.value;
    outcome += "|" + response->body;
  }
  world.run_until_idle();
  require(network.open_ends() == 0);
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 16 * 1024) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t max_chunk = 1 + (data[0] >> 1) % 9;
  const auto run = data[0] % 2 == 0 ? serve : fetch;
  require(run(bytes, 0) == run(bytes, max_chunk));
  return 0;
}
