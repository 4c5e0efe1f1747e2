// Any bytes of an upstream: as unary answer, as chunk, as error body and as waiting time.
#include <cstdint>

#include "xrouter/base/assert.hpp"
#include "xrouter/wire/openai/clean_text.hpp"
#include "xrouter/wire/openai/codec.hpp"

using namespace xrouter;
using namespace xrouter::wire::openai;

namespace {

const Envelope kEnvelope{.id = "chatcmpl-1", .created = 1, .model = "m"};

void check_reply(std::string_view bytes) {
  auto reply = parse_chat_reply(bytes);
  if (!reply) {
    XROUTER_ASSERT(reply.error().kind == ErrorKind::upstream_invalid, "an unusable answer is the upstream's fault");
    return;
  }
  const Usage usage = reply->usage.value_or(Usage{});
  auto back = parse_chat_reply(render_chat_reply(*reply, kEnvelope, usage, {}));
  XROUTER_ASSERT(back.has_value(), "our answer is valid");
  reply->id = kEnvelope.id;
  reply->model = kEnvelope.model;
  reply->usage = usage;
  XROUTER_ASSERT(*back == *reply, "our answer says what the upstream said");
  ReplyAccumulator accumulator;
  for (const ChatDelta& delta : deltas_of(*reply)) {
    XROUTER_ASSERT(parse_chunk(render_chunk(delta, kEnvelope, true)).has_value(), "our chunks are valid");
    accumulator.add(delta);
  }
  XROUTER_ASSERT(accumulator.finished(), "every choice is finished");
}

void check_chunk(std::string_view bytes) {
  const auto chunk = parse_chunk(bytes);
  if (!chunk) return;
  auto back = parse_chunk(render_chunk(*chunk, kEnvelope, false));
  XROUTER_ASSERT(back.has_value(), "our chunk is valid");
  ReplyAccumulator accumulator;
  accumulator.add(*chunk);
  accumulator.add(*back);
  accumulator.reply();
  XROUTER_ASSERT(back->commits() == chunk->commits(), "our chunk shows what the upstream's showed");
}

void check_failure(std::string_view bytes) {
  for (int status : {200, 400, 429, 500}) classify_failure(status, bytes);
  const std::string clean = clean_for_log(bytes);
  for (const char c : clean) XROUTER_ASSERT(static_cast<unsigned char>(c) >= 0x20, "no control character reaches the log");
  const auto wait = read_retry_after(bytes, bytes, 784111777, bytes);
  XROUTER_ASSERT(!wait || (*wait >= std::chrono::milliseconds(0) && *wait <= std::chrono::hours(24)), "waiting times are bounded");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_reply(bytes);
  check_chunk(bytes);
  check_failure(bytes);
  return 0;
}
