// Megabytes of text a second, on the text of the golden records and on this source tree's own documents.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "xrouter/tokenizer/tokenizer.hpp"

namespace xrouter::tokenizer {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::shared_ptr<const Tokenizer> tokenizer_named(const std::string& name) {
  return Tokenizer::from_json(read_file(std::string(XROUTER_SOURCE_DIR) + "/tests/golden/lm/tokenizer/" + name + ".json")).value();
}

// English and code.
const std::string& documents() {
  static const std::string text = [] {
    std::string all;
    for (const auto& entry : std::filesystem::directory_iterator(std::string(XROUTER_SOURCE_DIR) + "/docs"))
      if (entry.path().extension() == ".md") all += read_file(entry.path());
    return all;
  }();
  return text;
}

void encode(benchmark::State& state, const std::string& name) {
  const auto tokenizer = tokenizer_named(name);
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer->encode(documents()));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * documents().size()));
}
BENCHMARK_CAPTURE(encode, gpt2, std::string("gpt2"))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(encode, smollm, std::string("smollm"))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(encode, llama3, std::string("llama3"))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(encode, qwen3, std::string("qwen3"))->Unit(benchmark::kMillisecond);

void encode_one_long_word(benchmark::State& state) {
  const auto tokenizer = tokenizer_named("llama3");
  std::string word;
  while (word.size() < static_cast<std::size_t>(state.range(0))) word += "abracadabra";
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer->encode(word));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * word.size()));
}
BENCHMARK(encode_one_long_word)->RangeMultiplier(32)->Range(1024, 1 << 20)->Unit(benchmark::kMillisecond);

void decode(benchmark::State& state) {
  const auto tokenizer = tokenizer_named("llama3");
  const auto ids = tokenizer->encode(documents());
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer->decode(ids));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * documents().size()));
}
BENCHMARK(decode)->Unit(benchmark::kMillisecond);

void decode_as_a_stream(benchmark::State& state) {
  const auto tokenizer = tokenizer_named("llama3");
  const auto ids = tokenizer->encode(documents());
  for (auto _ : state) {
    StreamDecoder stream(*tokenizer);
    for (const TokenId id : ids) benchmark::DoNotOptimize(stream.add(id));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * documents().size()));
}
BENCHMARK(decode_as_a_stream)->Unit(benchmark::kMillisecond);

void load(benchmark::State& state) {
  const std::string json = read_file(std::string(XROUTER_SOURCE_DIR) + "/tests/golden/lm/tokenizer/llama3.json");
  for (auto _ : state) benchmark::DoNotOptimize(Tokenizer::from_json(json));
}
BENCHMARK(load)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace xrouter::tokenizer
