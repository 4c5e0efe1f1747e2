// For tests: an HTTP upstream in memory that answers each request by a script, byte by byte if need
// be, and tells when the client went away.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <deque>
#include <string>
#include <vector>

#include "xrouter/async/sleep.hpp"
#include "xrouter/testing/world.hpp"
#include "xrouter/testing_net/sim_net.hpp"

namespace xrouter::upstream {

/// One answer: pieces written after their delays, then what becomes of the connection.
struct ScriptedAnswer {
  enum class Then {
    keep,   ///< ready for the next request
    close,  ///< orderly end
    reset,
    hang,  ///< nothing more, until the client closes
  };
  struct Piece {
    Duration after{0};
    std::string bytes;
  };
  std::vector<Piece> pieces = {};
  Then then = Then::keep;
};

inline std::string http_head(int status, std::string_view headers) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + std::string(headers) + "\r\n";
}

inline ScriptedAnswer unary_answer(int status, const std::string& body, std::string_view headers = "", Duration after = Duration::zero()) {
  const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return {.pieces = {{after, http_head(status, length + std::string(headers)) + body}}};
}

inline std::string completion(std::string_view text, bool with_usage = true) {
  return "{\"id\":\"up-1\",\"model\":\"vendor-m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"" +
         std::string(text) + "\"},\"finish_reason\":\"stop\"}]" +
         (with_usage ? ",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}" : "") + "}";
}

// Stream pieces: each is one chunk of the chunked coding.
inline std::string chunked(const std::string& bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + bytes + "\r\n";
}
inline std::string stream_head() { return http_head(200, "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"); }
inline std::string event(const std::string& data) { return chunked("data: " + data + "\n\n"); }
inline std::string delta_event(const std::string& delta, const std::string& finish = "null") {
  return event("{\"id\":\"up-1\",\"choices\":[{\"index\":0,\"delta\":" + delta + ",\"finish_reason\":" + finish + "}]}");
}
inline std::string role_event() { return delta_event("{\"role\":\"assistant\",\"content\":\"\"}"); }
inline std::string text_event(const std::string& text) { return delta_event("{\"content\":\"" + text + "\"}"); }
inline std::string finish_event(const std::string& reason = "stop") { return delta_event("{}", "\"" + reason + "\""); }
inline std::string usage_event() {
  return event("{\"id\":\"up-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}");
}
inline std::string done_event() { return event("[DONE]"); }
inline std::string stream_end() { return "0\r\n\r\n"; }

class ScriptedUpstream {
 public:
  ScriptedUpstream(World& world, const net::Origin& origin)
      : world_(world),
        network_(world.executor(), world.timers(), 1),
        scope_(world.executor(), world.timers(), Deadline::never(), "upstream") {
    network_.listen(origin, [this](std::unique_ptr<net::ByteStream> stream) {
      ++serving_;
      boost::asio::co_spawn(world_.executor(), serve(std::move(stream)), [this](std::exception_ptr) { --serving_; });
    });
  }
  /// Ends the connections still served.
  ~ScriptedUpstream() {
    scope_.cancel();
    while (serving_ > 0) world_.run_ready();
  }

  ScriptedUpstream& then(ScriptedAnswer answer) {
    script_.push_back(std::move(answer));
    return *this;
  }

  net::SimNetwork& network() { return network_; }
  const std::vector<std::string>& requests() const { return requests_; }
  /// When the client closed a connection while an answer was under way.
  const std::vector<TimePoint>& hang_ups() const { return hang_ups_; }

 private:
  boost::asio::awaitable<void> serve(std::unique_ptr<net::ByteStream> stream) {
    std::string unread;
    for (bool open = true; open;) {
      open = co_await read_request(*stream, unread);
      if (open) open = co_await answer(*stream);
    }
    stream->close();
  }

  boost::asio::awaitable<bool> read_request(net::ByteStream& stream, std::string& unread) {
    std::size_t total = std::string::npos;
    std::vector<char> buffer(4096);
    while (unread.size() < total) {
      Result<std::size_t> count = co_await stream.read_some(buffer, scope_);
      if (!count || *count == 0) co_return false;
      unread.append(buffer.data(), *count);
      const std::size_t head = unread.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      const std::size_t length = unread.find("Content-Length: ");
      const bool has_body = length != std::string::npos;
      total = head + 4 + (has_body ? static_cast<std::size_t>(std::stoul(unread.substr(length + 16))) : 0);
    }
    requests_.push_back(unread.substr(0, total));
    unread.erase(0, total);
    co_return true;
  }

  boost::asio::awaitable<bool> answer(net::ByteStream& stream) {
    ScriptedAnswer script = unary_answer(500, "the script is over");
    if (!script_.empty()) {
      script = std::move(script_.front());
      script_.pop_front();
    }
    for (const ScriptedAnswer::Piece& piece : script.pieces) {
      const bool gone = co_await client_left(stream, piece.after);
      if (gone) co_return false;
      Result<void> written = co_await stream.write(piece.bytes, scope_);
      if (!written) co_return false;
    }
    if (script.then == ScriptedAnswer::Then::hang) {
      std::vector<char> buffer(1);
      co_await stream.read_some(buffer, scope_);
      hang_ups_.push_back(world_.now());
    }
    if (script.then == ScriptedAnswer::Then::reset) co_await reset(stream);
    co_return script.then == ScriptedAnswer::Then::keep;
  }

  // Later than the bytes before it, which a reset would take away from the client.
  boost::asio::awaitable<void> reset(net::ByteStream& stream) {
    constexpr Duration later = std::chrono::milliseconds(1);
    co_await sleep_for(later, scope_);
    stream.reset();
  }

  /// Looks at the client after `wait`.
  boost::asio::awaitable<bool> client_left(net::ByteStream& stream, Duration wait) {
    if (wait > Duration::zero()) co_await sleep_for(wait, scope_);
    const bool gone = !stream.idle_and_open();
    if (gone) hang_ups_.push_back(world_.now());
    co_return gone;
  }

  World& world_;
  net::SimNetwork network_;
  CallScope scope_;
  int serving_ = 0;
  std::deque<ScriptedAnswer> script_;
  std::vector<std::string> requests_;
  std::vector<TimePoint> hang_ups_;
};

}  // namespace xrouter::upstream
