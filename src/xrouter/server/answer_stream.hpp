// A streamed answer on its way to the client.
#pragma once

#include <functional>

#include "xrouter/engine/ports.hpp"
#include "xrouter/server/delta_shaper.hpp"
#include "xrouter/server/http_exchange.hpp"
#include "xrouter/wire/openai/codec.hpp"

namespace xrouter::server {

/// Status and headers are held back until the first answer byte or for `header_hold`, whichever is
/// first: until then every status code is still possible. While nothing is sent, comments keep the
/// connection alive. After the headers a failure is one in-band error event without [DONE].
///
/// The engine writes to it as a DeltaSink while keep_alive() runs beside it on the same thread.
class AnswerStream final : public DeltaSink {
 public:
  /// Headers that are known with the first piece of the answer; asked for when the head leaves with one.
  using AnswerHeaders = std::function<void(net::Headers&)>;
  AnswerStream(HttpExchange& exchange, AnswerHeaders answer_headers, wire::openai::Envelope envelope, bool include_usage, std::int64_t choices);

  boost::asio::awaitable<Result<void>> write(const ChatDelta& delta, CallScope& scope) override;
  /// Runs until `scope` ends or the client is gone. Only ever waits for the next comment: a comment that
  /// the client does not read cannot hold up what follows it.
  boost::asio::awaitable<void> keep_alive(CallScope& scope);

  /// What is missing of the answer, then usage (when asked for) and [DONE].
  boost::asio::awaitable<Result<void>> finish(const ChatReply& answer, const Usage& usage, const RawJson& metadata);
  /// Before the headers: returns the error, for a proper status. After them: sends it in-band.
  boost::asio::awaitable<Result<void>> fail_with(Error error);

  /// Part of an answer has been written.
  bool committed() const { return shaper_.committed(); }

 private:
  boost::asio::awaitable<Result<void>> push(std::string_view bytes);
  net::Headers stream_headers() const;
  std::string events_of(const std::vector<ChatDelta>& deltas) const;

  HttpExchange& exchange_;
  const AnswerHeaders answer_headers_;
  const wire::openai::Envelope envelope_;
  const bool include_usage_;
  DeltaShaper shaper_;
  TimePoint last_sent_;
  bool writing_ = false;
};

}  // namespace xrouter::server
