// What the format costs per request: some ten microseconds for a kilobyte, next to calls that take seconds.
#include <benchmark/benchmark.h>

#include "xrouter/wire/openai/codec.hpp"
#include "xrouter/wire/sse/sse.hpp"

namespace xrouter::wire {
namespace {

const std::string kText(600, 'q');
const std::string kRequest = R"({"model":"xrouter","temperature":0.7,"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"system","content":"You are helpful."},)"
                             R"({"role":"user","content":")" + kText + R"("}],"tools":[{"type":"function","function":{"name":"look_up","description":"Looks a word up",)"
                             R"("parameters":{"type":"object","properties":{"word":{"type":"string"}},"required":["word"]}}}],"user":"u-1","top_k":40})";
const std::string kReply = R"({"id":"chatcmpl-abc","object":"chat.completion","created":1700000000,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":")" + kText +
                           R"(","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":150,"total_tokens":169,)"
                           R"("prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,)"
                           R"("accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_1"})";
const std::string kChunk =
    R"({"id":"chatcmpl-abc","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}],"usage":null})";
const openai::Envelope kEnvelope{.id = "chatcmpl-xyz", .created = 1700000000, .model = "xrouter"};

void request_parse(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(openai::parse_chat_request(kRequest));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kRequest.size()));
}
BENCHMARK(request_parse);

void request_render(benchmark::State& state) {
  const auto request = openai::parse_chat_request(kRequest).value();
  for (auto _ : state) benchmark::DoNotOptimize(openai::render_chat_request(request, "m", true));
}
BENCHMARK(request_render);

void reply_parse(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(openai::parse_chat_reply(kReply));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kReply.size()));
}
BENCHMARK(reply_parse);

void reply_render(benchmark::State& state) {
  const auto reply = openai::parse_chat_reply(kReply).value();
  for (auto _ : state) benchmark::DoNotOptimize(openai::render_chat_reply(reply, kEnvelope, *reply.usage, {}));
}
BENCHMARK(reply_render);

// One token on its way through the server: SSE in, chunk in, chunk out, SSE out.
void chunk_relay(benchmark::State& state) {
  const std::string bytes = sse::data_event(kChunk);
  sse::Parser parser;
  std::vector<sse::Event> events;
  for (auto _ : state) {
    events.clear();
    benchmark::DoNotOptimize(parser.feed(bytes, events));
    const auto delta = openai::parse_chunk(events.at(0).data).value();
    benchmark::DoNotOptimize(sse::data_event(openai::render_chunk(delta, kEnvelope, false)));
  }
}
BENCHMARK(chunk_relay);

}  // namespace
}  // namespace xrouter::wire
