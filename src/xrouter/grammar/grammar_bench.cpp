// Time of one step through the grammar of a routing decision, with a vocabulary of 49,152 or 151,936 made-up tokens,
// or with that of the tokenizer.json that XROUTER_TOKENIZER_JSON names.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "xrouter/base/rng.hpp"
#include "xrouter/grammar/fake_tokenizer.hpp"
#include "xrouter/grammar/matcher.hpp"
#include "xrouter/grammar/random_schema.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::grammar {
namespace {

// Words of two to twelve letters, half of them behind a blank, some with marks: lengths and shared beginnings are
// about those of real vocabularies.
std::vector<std::string> made_up_tokens(std::size_t count) {
  Rng rng(7);
  std::set<std::string> tokens;
  for (const char* each : {"\": \"", "\", \"", "\"}", "\"", "{\"", "\":", " \"", "\n", "\n\n", "  ", "    "}) tokens.insert(each);
  while (tokens.size() < count) {
    std::string word = rng.chance(0.5) ? " " : "";
    for (std::uint64_t i = rng.below(4) + rng.below(4) + 1; i > 0; --i) {
      word += "bcdfghklmnprstvw"[rng.below(16)];
      word += "aeiou"[rng.below(5)];
    }
    if (rng.chance(0.04)) word += "\",.:;)}]"[rng.below(8)];
    if (rng.chance(0.02)) word = "\"" + word;
    if (rng.chance(0.1)) word += "é漢ш😀"[rng.below(11)];
    tokens.insert(word);
  }
  return {tokens.begin(), tokens.end()};
}

std::shared_ptr<const tokenizer::Tokenizer> tokenizer_of(std::size_t size) {
  if (const char* path = std::getenv("XROUTER_TOKENIZER_JSON")) {
    std::ifstream file(path, std::ios::binary);
    const auto tokenizer = tokenizer::Tokenizer::from_json(std::string(std::istreambuf_iterator<char>(file), {}));
    if (tokenizer) return *tokenizer;
    std::fprintf(stderr, "%s\n", tokenizer.error().public_text.c_str());
    std::exit(1);
  }
  return std::make_shared<FakeTokenizer>(made_up_tokens(size - 257));
}

struct World {
  explicit World(std::size_t size) : tokenizer(tokenizer_of(size)), vocabulary(Vocabulary::make(tokenizer, {})) {}
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer;
  std::shared_ptr<const Vocabulary> vocabulary;
};

const World& world_of(std::int64_t size) {
  static std::map<std::int64_t, std::unique_ptr<World>> worlds;
  auto& world = worlds[size];
  if (!world) world = std::make_unique<World>(static_cast<std::size_t>(size));
  return *world;
}

std::shared_ptr<const Grammar> decision_grammar() {
  Builder builder;
  std::vector<Piece> calls;
  for (int i = 0; i < 12; ++i) {
    const Piece head = builder.literal("<tool_call>\n{\"name\": \"ask_model_" + std::to_string(i) + "\", \"arguments\": ");
    const Piece arguments = builder.json(R"({"type":"object","properties":{"question":{"type":"string"},"effort":{"enum":["low","medium","high"]},
      "max_tokens":{"type":"integer","minimum":1,"maximum":4096}},"required":["question"],"additionalProperties":false})");
    calls.push_back(builder.sequence({head, arguments, builder.literal("}\n</tool_call>")}));
  }
  const Piece call = builder.choice(calls);
  return *builder.build(builder.choice({call, builder.text({"<tool_call>"}, 16 * 1024, false)}));
}

// Of this thread's own work: on a busy machine the clock on the wall says little. Reading it takes half a microsecond.
double thread_micros() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) * 1e-3;
}

/// Follows random replies and keeps the time of every step.
class Walk {
 public:
  explicit Walk(const World& world) : world_(world) {}

  void follow(Matcher matcher, Rng& rng, int most_tokens) {
    for (int i = 0; i < most_tokens; ++i) {
      const double begin = thread_micros();
      const Step& step = matcher.next();
      if (step.finished() || (step.may_end && rng.chance(0.1))) return;
      const double looked = thread_micros();
      const TokenId token = choose(step, rng);
      const double chosen = thread_micros();
      matcher.accept(token);
      micros_.push_back((looked - begin) + (thread_micros() - chosen));
    }
  }
  void report(benchmark::State& state) {
    std::ranges::sort(micros_);
    const auto at = [&](double share) { return micros_.empty() ? 0 : micros_[static_cast<std::size_t>(share * static_cast<double>(micros_.size() - 1))]; };
    state.counters["p50_us"] = at(0.5);
    state.counters["p99_us"] = at(0.99);
    state.counters["p999_us"] = at(0.999);
    state.counters["max_us"] = at(1);
    state.counters["steps"] = static_cast<double>(micros_.size());
  }

 private:
  // What a sampler does with the mask is not the grammar's time.
  TokenId choose(const Step& step, Rng& rng) const {
    if (!step.few.empty()) return step.few[rng.below(step.few.size())];
    if (rng.chance(0.05) && step.many->allows('"')) return '"';
    for (;;) {
      const auto id = static_cast<TokenId>(rng.below(step.many->words.size() * 64));
      const std::uint64_t rest = step.many->words[static_cast<std::size_t>(id) / 64] >> (id % 64);
      if (rest != 0) return id + std::countr_zero(rest);
    }
  }
  const World& world_;
  std::vector<double> micros_;
};

void decision_steps(benchmark::State& state) {
  const World& world = world_of(state.range(0));
  const auto grammar = decision_grammar();
  Rng rng(1);
  Walk walk(world);
  for (auto _ : state) walk.follow(Matcher(grammar, world.vocabulary), rng, 400);
  walk.report(state);
}
BENCHMARK(decision_steps)->Arg(49'152)->Arg(151'936)->Iterations(200)->Unit(benchmark::kMicrosecond);

// A grammar of its own for every reply: nothing is remembered but what depends on the vocabulary alone.
void steps_of_new_schemas(benchmark::State& state) {
  const World& world = world_of(state.range(0));
  Rng rng(2);
  Walk walk(world);
  for (auto _ : state) {
    Builder builder;
    const auto grammar = builder.build(builder.json(json::raw(RandomSchema(rng.fork("schema", rng.next())).document()).text));
    if (grammar) walk.follow(Matcher(*grammar, world.vocabulary), rng, 400);
  }
  walk.report(state);
}
BENCHMARK(steps_of_new_schemas)->Arg(49'152)->Arg(151'936)->Iterations(300)->Unit(benchmark::kMicrosecond);

void look_ahead_over_twelve_tools(benchmark::State& state) {
  const World& world = world_of(state.range(0));
  Builder builder;
  std::vector<Piece> names;
  for (int i = 0; i < 12; ++i) names.push_back(builder.literal("ask_model_" + std::to_string(i)));
  const auto grammar = *builder.build(builder.sequence({builder.literal("{\"name\": \""), builder.choice(names), builder.literal("\", \"arguments\": {}}")}));
  const Matcher matcher(grammar, world.vocabulary);
  for (auto _ : state) benchmark::DoNotOptimize(look_ahead(matcher, 192));
  state.counters["nodes"] = static_cast<double>(look_ahead(matcher, 192).nodes.size());
}
BENCHMARK(look_ahead_over_twelve_tools)->Arg(49'152)->Unit(benchmark::kMicrosecond);

void copy_and_accept(benchmark::State& state) {
  const World& world = world_of(49'152);
  const auto grammar = decision_grammar();
  const Matcher matcher(grammar, world.vocabulary);
  matcher.next();
  for (auto _ : state) {
    Matcher copy = matcher;
    benchmark::DoNotOptimize(copy.accept('a'));
  }
}
BENCHMARK(copy_and_accept);

void compile_decision_grammar(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(decision_grammar());
}
BENCHMARK(compile_decision_grammar)->Unit(benchmark::kMicrosecond);

void index_a_vocabulary(benchmark::State& state) {
  const World& world = world_of(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(Vocabulary::make(world.tokenizer, {}));
}
BENCHMARK(index_a_vocabulary)->Arg(49'152)->Arg(151'936)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace xrouter::grammar
