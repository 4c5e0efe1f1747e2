// Rollouts a second without a model: episodes, prompts, grammars, sampling, the recorded pool, what is kept.
// The arguments are rollouts of a group, different pools (each has grammars of its own), and look-ahead nodes of a pass.
#include <benchmark/benchmark.h>

#include "xrouter/chat_format/compact_texts.hpp"
#include "xrouter/recorded/recorded_pool.hpp"
#include "xrouter/rollout/group_bytes.hpp"
#include "xrouter/rollout/runner.hpp"
#include "xrouter/rollout/teacher/teacher_policy.hpp"

namespace xrouter::rollout {
namespace {

const std::string kRecorded = XROUTER_SOURCE_DIR "/data/recorded";
const std::string kModels = XROUTER_SOURCE_DIR "/data/models";
constexpr std::size_t kOffered = 8;
constexpr int kContext = 1 << 20;

/// Counts tokens; every token is as likely as any other.
class IndifferentModel final : public lm::LanguageModel {
 public:
  explicit IndifferentModel(int vocab) { shape_ = {.vocab = vocab, .max_positions = kContext, .parameters = 0, .kv_bytes_per_token = 4}; }
  const lm::ModelShape& shape() const override { return shape_; }
  std::unique_ptr<lm::KvSequence> new_sequence() override { return std::make_unique<Length>(0); }
  void forward(std::span<const lm::ForwardInput> inputs, lm::Logits& out) override {
    std::size_t rows = 0;
    for (const lm::ForwardInput& input : inputs) {
      rows += input.logits_at.size();
      tokens_read += input.tokens.size();
      static_cast<Length&>(*input.sequence).read(input);
    }
    out.vocab = shape_.vocab;
    out.values.assign(rows * static_cast<std::size_t>(shape_.vocab), 0);
    ++passes;
  }

  std::size_t tokens_read = 0, passes = 0;

 private:
  class Length final : public lm::KvSequence {
   public:
    explicit Length(int length) : length_(length) {}
    int length() const override { return length_; }
    std::unique_ptr<lm::KvSequence> fork(int length) override { return std::make_unique<Length>(length); }
    void truncate(int length) override { length_ = length; }
    void keep_path(std::span<const int> kept) override { length_ += static_cast<int>(kept.size()); }
    std::size_t own_bytes() const override { return 0; }
    void read(const lm::ForwardInput& input) {
      if (input.parents.empty()) length_ += static_cast<int>(input.tokens.size());
    }

   private:
    int length_;
  };
  lm::ModelShape shape_;
};

std::shared_ptr<const tokenizer::Tokenizer> tokenizer() {
  static const auto made =
      *tokenizer::Tokenizer::from_json(*corpus::read_file(kModels + "/router-small/tokenizer.json", std::size_t{64} << 20));
  return made;
}

/// Recorded questions with pools drawn at random.
struct Bench {
  Bench(std::size_t questions, std::size_t pools) {
    corpus = *(*corpus::Corpus::open(*corpus::corpus_files_in(kRecorded)))->unpacked();
    std::vector<ModelSpec> models;
    for (const corpus::PackedFile& file : corpus->files())
      for (const corpus::ModelCount& count : file.header().models) add(models, count.name);
    catalog = *ModelCatalog::make(std::move(models));
    pool = std::make_unique<recorded::RecordedPool>(corpus);
    outcomes = *OutcomeTable::make(*corpus, *catalog);
    base.limits.max_turns = 3;
    base.router_output_tokens = 256;
    base.request.tool_choice = RawJson{"\"required\""};  // indifferent texts would be bytes without end
    for (std::size_t i = 0; i < questions; ++i) tasks.push_back(task(i * 7 % corpus->size(), i % pools));
    end = tokenizer()->id_of(chat_format::compact::kEnd).value();
    vocabulary = grammar::Vocabulary::make(tokenizer(), {end});
  }
  static void add(std::vector<ModelSpec>& models, const std::string& name) {
    ModelSpec model;
    model.id = ModelId(name);
    model.upstream = kRecordedUpstream;
    model.upstream_model = name;
    model.description = "A model of the recorded corpora with a sentence or two about what it is good at.";
    model.price = {.input = Usd::from_pico(1'000'000), .output = Usd::from_pico(4'000'000)};
    const auto same = [&](const ModelSpec& other) { return tool_name_of(other.id) == tool_name_of(model.id); };
    if (std::none_of(models.begin(), models.end(), same)) models.push_back(std::move(model));
  }
  std::shared_ptr<const Task> task(std::size_t question, std::size_t pool_number) const {
    const corpus::Record record = *corpus->read(question);
    samples::RouterSample sample;
    sample.id = sample.qid = record.question.qid;
    Rng rng(pool_number);
    while (sample.models.size() < kOffered) {
      const ModelId id = catalog->models()[rng.below(catalog->models().size())].id;
      const auto same = [&](const samples::SampleModel& other) { return other.model == id; };
      if (std::none_of(sample.models.begin(), sample.models.end(), same)) sample.models.push_back({.model = id});
    }
    return *make_task(sample, record, *catalog, base, {.kind = ReferenceRule::Kind::pool_mean});
  }
  std::shared_ptr<policy_lm::RouterModel> router(std::shared_ptr<lm::Generator> generator) const {
    auto model = std::make_shared<policy_lm::RouterModel>();
    model->version = "bench@1";
    model->format = *chat_format::ChatFormat::named("compact");
    model->tokenizer = tokenizer();
    model->vocabulary = vocabulary;
    model->max_positions = kContext;
    model->generator = std::move(generator);
    model->grammars = grammars;
    return model;
  }
  std::vector<Group> run(MakePolicy policy, SyncGenerator* generator, int rollouts, std::uint64_t seed) {
    std::vector<WorkItem> items;
    for (std::size_t i = 0; i < tasks.size(); ++i) items.push_back({.sample = i, .rollouts = rollouts, .seed = seed + i});
    const RunnerParts parts{
        .task = [this](std::size_t i) -> Result<std::shared_ptr<const Task>> { return tasks[i]; },
        .policy = std::move(policy),
        .grade = [](const corpus::Question&, std::string_view) { return Graded{.verdict = Verdict::right, .score = 1}; },
        .pool = *pool,
        .generator = generator};
    return *run_rollouts(items, parts, {.rollouts_in_flight = 256});
  }

  std::shared_ptr<const corpus::Corpus> corpus;
  std::shared_ptr<const ModelCatalog> catalog;
  std::unique_ptr<recorded::RecordedPool> pool;
  std::shared_ptr<const OutcomeTable> outcomes;
  EpisodeSpec base;
  std::vector<std::shared_ptr<const Task>> tasks;
  lm::TokenId end = 0;
  std::shared_ptr<const grammar::Vocabulary> vocabulary;
  std::shared_ptr<policy_lm::GrammarCache> grammars = std::make_shared<policy_lm::GrammarCache>(4096);
};

void count(benchmark::State& state, const std::vector<Group>& groups, std::size_t& rollouts) {
  for (const Group& group : groups) {
    rollouts += group.rollouts.size();
    if (group.rollouts.front().trajectory.sequence.tokens.empty()) state.SkipWithError("a rollout has no tokens");
  }
}

void router_rollouts(benchmark::State& state) {
  Bench bench(64, static_cast<std::size_t>(state.range(1)));
  std::size_t rollouts = 0;
  std::uint64_t seed = 0;
  const auto model = std::make_shared<IndifferentModel>(static_cast<int>(tokenizer()->size()));
  for (auto _ : state) {
    lm::GeneratorOptions options{.max_batch = 128, .max_queue = 256, .look_ahead_nodes = static_cast<int>(state.range(2))};
    const auto generator = std::make_shared<SyncGenerator>(lm::GenerationModel{model, tokenizer(), {bench.end}}, options);
    const auto groups =
        bench.run(local_policies(bench.router(generator), 1), generator.get(), static_cast<int>(state.range(0)), seed += 1'000);
    count(state, groups, rollouts);
  }
  state.counters["rollouts/s"] = benchmark::Counter(static_cast<double>(rollouts), benchmark::Counter::kIsRate);
  state.counters["tokens/rollout"] = static_cast<double>(model->tokens_read) / static_cast<double>(rollouts);
  state.counters["tokens/pass"] = static_cast<double>(model->tokens_read) / static_cast<double>(model->passes);
}
BENCHMARK(router_rollouts)->Args({8, 1, 0})->Args({8, 64, 0})->Args({8, 64, 192})->Unit(benchmark::kMillisecond);

void teacher_rollouts(benchmark::State& state) {
  Bench bench(64, static_cast<std::size_t>(state.range(1)));
  std::size_t rollouts = 0;
  std::uint64_t seed = 0;
  for (auto _ : state) {
    const auto groups = bench.run(teacher_policies(bench.outcomes, {}, written_by(bench.router(nullptr))), nullptr,
                                  static_cast<int>(state.range(0)), seed += 1'000);
    count(state, groups, rollouts);
  }
  state.counters["rollouts/s"] = benchmark::Counter(static_cast<double>(rollouts), benchmark::Counter::kIsRate);
}
BENCHMARK(teacher_rollouts)->Args({1, 64})->Unit(benchmark::kMillisecond);

void encoding(benchmark::State& state) {
  Bench bench(64, 8);
  const auto groups = bench.run(teacher_policies(bench.outcomes, {}, written_by(bench.router(nullptr))), nullptr, 8, 1);
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::string encoded = encode_groups(groups);
    bytes = encoded.size();
    benchmark::DoNotOptimize(decode_groups(encoded));
  }
  state.counters["bytes/rollout"] = static_cast<double>(bytes) / (64 * 8);
}
BENCHMARK(encoding)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace xrouter::rollout
