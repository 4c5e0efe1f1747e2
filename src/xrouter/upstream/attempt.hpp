// One HTTP try of a call: request, answer or stream, and the record of what it cost.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "xrouter/engine/ports.hpp"
#include "xrouter/net/http_client.hpp"
#include "xrouter/upstream/endpoint.hpp"

namespace xrouter::upstream {

/// Where an attempt goes, and what all attempts there share. Everything must outlive the attempt.
struct AttemptContext {
  const config::UpstreamConfig& config;
  const Endpoint& endpoint;
  net::HttpClient& http;
  const std::string& user_agent;
  const TokenEstimator& estimator;
  const Secret& api_key;          ///< may be empty
  const std::string& model;       ///< as this upstream calls it
  const std::string& deployment;  ///< AttemptRecord::deployment
};

struct AttemptResult {
  Result<ChatReply> reply = fail(ErrorKind::internal, "not attempted");
  AttemptRecord record = {};
  bool relayed = false;  ///< bytes of the answer have reached the client
};

/// Deltas held back before the first committing one. When a stream is still undecided after so many
/// (a long run of reasoning text), they are relayed and the attempt counts as committed.
inline constexpr std::size_t kMaxHeldDeltas = 256;

/// Unary without `live`. A stream that is answered with one JSON document is read and relayed as such.
/// With it, deltas are relayed from the first one that a client would see;
/// those before it are held back, so that an early failure leaves no trace and may be retried.
///
/// Limits, as child scopes: attempt_timeout over everything, first_token_timeout until the first
/// output of a stream, idle_timeout for each later wait for bytes (not while the client is slow).
/// When any of them or `scope` ends, the connection is closed, whatever the attempt is waiting for.
///
/// Errors: those of the transport and of wire::openai::classify_failure; content_filtered;
/// upstream_invalid for an answer without content; stream_interrupted for any failure of the
/// upstream after bytes were relayed; the scope's; the sink's. The record is complete in every case.
boost::asio::awaitable<AttemptResult> run_attempt(const AttemptContext& context, const ModelCall& call, CallScope& scope, DeltaSink* live);

}  // namespace xrouter::upstream
