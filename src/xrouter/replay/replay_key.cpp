#include "xrouter/replay/replay_key.hpp"

#include <span>

#include "xrouter/weights/sha256.hpp"
#include "xrouter/wire/openai/codec.hpp"

namespace xrouter::replay {
namespace {

// Raised whenever the same call would get another digest, so that old recordings are missed, never mistaken.
constexpr std::string_view kKeyVersion = "xrouter-replay-1\n";

std::string sha256(std::initializer_list<std::string_view> parts) {
  weights::Sha256 hash;
  for (const std::string_view part : parts) hash.add(std::as_bytes(std::span(part.data(), part.size())));
  return hash.finish();
}

}  // namespace

std::string request_digest(const ModelCall& call) {
  const std::string& model = call.model->upstream_model.empty() ? call.model->id.value : call.model->upstream_model;
  const std::string body = wire::openai::render_chat_request(call.request, model, false);
  // Upstream names are configuration words without line breaks, so the border to the body cannot be forged.
  return sha256({kKeyVersion, call.model->upstream, "\n", body});
}

ReplayKey key_of(const std::string& request_digest, int replica) {
  return {.digest = sha256({request_digest, "#", std::to_string(replica)}), .replica = replica};
}

bool is_sampled(const ModelCall& call) { return call.request.sampling.temperature != 0.0; }

}  // namespace xrouter::replay
