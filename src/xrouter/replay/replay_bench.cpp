// What a replayed call costs in time: its key, the look-up, and keeping a new answer.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>

#include "xrouter/replay/replay_store.hpp"

namespace xrouter::replay {
namespace {

constexpr int kEntries = 10'000;

ModelSpec model() {
  ModelSpec spec;
  spec.id = ModelId("model");
  spec.upstream = "somewhere";
  return spec;
}

// A question of 1 KB, as benchmarks ask them.
ModelCall call_of(const ModelSpec& spec) {
  ModelCall call{.id = CallId("c1"), .turn = 1, .model = &spec, .request = {}};
  call.request.messages.push_back({.role = Role::user, .content = std::string(1000, 'q')});
  return call;
}

// An answer of 1.5 KB.
ModelReply reply_of(int number) {
  ChatReply reply{.id = "r", .model = "model", .choices = {}, .usage = Usage{.prompt_tokens = 250, .completion_tokens = 350}};
  std::string text;
  for (int i = 0; text.size() < 1500; ++i) text += "Step " + std::to_string(i * number) + " follows. ";
  reply.choices.emplace_back();
  reply.choices.back().message.content = std::move(text);
  ModelReply out{.call = CallId("c1")};
  out.attempts.push_back({.model = ModelId("model"), .http_status = 200, .usage = *reply.usage, .usage_source = UsageSource::reported});
  out.reply = std::move(reply);
  return out;
}

ReplayKey key(int number) { return key_of("call " + std::to_string(number), 0); }

struct File {
  std::string path = (std::filesystem::temp_directory_path() / ("xrouter_replay_bench_" + std::to_string(::getpid()) + ".db")).string();
  File() { remove(); }
  ~File() { remove(); }
  void remove() const {
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path + end);
  }
};

void digest_of_a_call(benchmark::State& state) {
  const ModelSpec spec = model();
  const ModelCall call = call_of(spec);
  for (auto _ : state) benchmark::DoNotOptimize(key_of(request_digest(call), 0));
}
BENCHMARK(digest_of_a_call)->Unit(benchmark::kMicrosecond);

void keep_an_answer(benchmark::State& state) {
  const File file;
  const auto store = *ReplayStore::open({.file = file.path});
  const ModelSpec spec = model();
  const ModelCall call = call_of(spec);
  int number = 0;
  for (auto _ : state) benchmark::DoNotOptimize(store->put(key(number), call, reply_of(number), false)), ++number;
}
BENCHMARK(keep_an_answer)->Unit(benchmark::kMicrosecond);

void find_an_answer(benchmark::State& state) {
  const File file;
  const auto store = *ReplayStore::open({.file = file.path});
  const ModelSpec spec = model();
  const ModelCall call = call_of(spec);
  for (int i = 0; i < kEntries; ++i) static_cast<void>(store->put(key(i), call, reply_of(i), false));
  int number = 0;
  for (auto _ : state) benchmark::DoNotOptimize(store->find(key(++number * 7919 % kEntries), call));
}
BENCHMARK(find_an_answer)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace xrouter::replay
