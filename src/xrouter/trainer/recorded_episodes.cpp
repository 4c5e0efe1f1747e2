#include "xrouter/trainer/recorded_episodes.hpp"

#include <algorithm>
#include <map>

#include "xrouter/samples/corpus_names.hpp"

namespace xrouter::trainer {
namespace {

using rollout::Group;
using rollout::WorkItem;

// Pools differ from sample to sample, and each has grammars of its own.
constexpr std::size_t kGrammars = 4096;
constexpr int kMostInFlight = 256;
constexpr int kBatch = 128;
constexpr std::string_view kOwnBenchmark = "own questions";
constexpr int kTeacherContext = 1 << 20;

}  // namespace

RecordedEpisodes::RecordedEpisodes(RecordedEpisodesParts parts)
    : parts_(std::move(parts)), grading_(parts_.registry), grammars_(std::make_shared<policy_lm::GrammarCache>(kGrammars)) {
  const RolloutConfig& rollout = parts_.config.rollout;
  base_.mode = rollout.mode;
  base_.on_turn_limit = rollout.on_turn_limit;
  base_.limits.max_turns = rollout.max_turns;
  base_.limits.max_calls = rollout.max_calls;
  base_.limits.max_calls_per_turn = rollout.max_calls_per_turn;
  base_.router_output_tokens = rollout.max_output_tokens;
  if (!rollout.input_price) return;
  router_price_.id = ModelId(parts_.router.name);
  router_price_.price.input = rollout.input_price;
  router_price_.price.output = rollout.output_price;
  router_price_.price.source = parts_.config.source;
  base_.router = &router_price_;
}

Result<std::unique_ptr<RecordedEpisodes>> RecordedEpisodes::make(RecordedEpisodesParts parts) {
  std::unique_ptr<RecordedEpisodes> episodes(new RecordedEpisodes(std::move(parts)));
  if (auto opened = episodes->open(); !opened) return fail(opened.error());
  return episodes;
}

Result<void> RecordedEpisodes::open() {
  if (auto opened = open_side(train_, parts_.train); !opened) return opened;
  if (auto opened = open_side(validation_, parts_.validation); !opened) return opened;
  return choose_reference();
}

Result<void> RecordedEpisodes::open_side(Side& side, std::shared_ptr<const samples::SampleSet> set) {
  side.set = std::move(set);
  if (!side.set) return {};
  for (std::size_t i = 0; i < side.set->size(); ++i)
    if (auto added = grading_.add(side.set->record(i)); !added) return added;
  auto unpacked = side.set->corpus()->unpacked();
  if (!unpacked) return fail(unpacked.error());
  side.pool = std::make_unique<MixedPool>(*unpacked, parts_.live ? &parts_.live->pool() : nullptr);
  return benchmark_of_.empty() ? read_benchmarks(**unpacked) : Result<void>();
}

Result<void> RecordedEpisodes::read_benchmarks(const corpus::Corpus& corpus) {
  return corpus.for_each([this](const corpus::Header& header, corpus::Record record) -> Result<void> {
    benchmark_of_.emplace(record.question.qid, header.corpus);
    return {};
  });
}

Result<void> RecordedEpisodes::choose_reference() {
  using Kind = rollout::ReferenceRule::Kind;
  const std::string& name = parts_.config.reward.reference;
  if (name == "mean") {
    reference_ = {.kind = Kind::pool_mean};
  } else if (name == "best") {
    reference_ = {.kind = Kind::best, .models = parts_.outcomes->ranking()};
  } else {
    reference_ = {.kind = Kind::model, .models = {ModelId(name)}};
    const auto& set = train_.set ? train_.set : validation_.set;
    if (set && set->catalog()->find(ModelId(name)) == nullptr)
      return fail(ErrorKind::config, "reward.reference: the catalogue has no model '" + name + "'");
  }
  return {};
}

std::size_t RecordedEpisodes::size(SampleUse use) const { return side(use).set ? set(use).size() : 0; }

std::string RecordedEpisodes::source(SampleUse use, std::size_t index) const { return set(use).question(index).source; }

std::string RecordedEpisodes::benchmark(SampleUse use, std::size_t index) const {
  const auto found = benchmark_of_.find(set(use).question(index).qid);
  return found == benchmark_of_.end() ? std::string(kOwnBenchmark) : found->second;
}

bool RecordedEpisodes::ordered() const { return train_.set && train_.set->made() && train_.set->made()->order != samples::Order::shuffled; }

Result<std::shared_ptr<const rollout::Task>> RecordedEpisodes::task(SampleUse use, std::size_t index) const {
  return rollout::make_task(set(use), index, base_, reference_);
}

// Of every model that is recorded on the question, offered or not: whoever asks one model alone is bound to no pool.
std::vector<RecordedResult> RecordedEpisodes::recorded(SampleUse use, std::size_t index) {
  const corpus::Record& record = set(use).record(index);
  std::map<std::string, Usd> shown;  // at the sample's own prices
  if (const auto made = task(use, index))
    for (const rollout::KnownOutcome& known : (*made)->outcomes) shown.emplace(known.original.value, known.cost);
  std::vector<RecordedResult> results;
  for (const ModelSpec& model : set(use).catalog()->models()) {
    const corpus::RecordedOutcome* outcome = samples::is_recorded(model) ? record.find(samples::corpus_name_of(model)) : nullptr;
    if (outcome == nullptr) continue;
    const auto at_own_price = shown.find(model.id.value);
    const Usd cost = at_own_price != shown.end() ? at_own_price->second : model.price.cost_of(outcome->usage()).known;
    const bool right = grading_.grade(record.question, outcome->response).verdict == rollout::Verdict::right;
    results.push_back({.model = model.id.value, .right = right, .cost = cost});
  }
  return results;
}

std::shared_ptr<policy_lm::RouterModel> RecordedEpisodes::router(std::shared_ptr<lm::Generator> generator, int max_positions,
                                                                 const std::string& version) const {
  auto model = std::make_shared<policy_lm::RouterModel>();
  model->name = parts_.router.name;
  model->version = parts_.router.name + "@" + version;
  model->format = parts_.router.format;
  model->tokenizer = parts_.router.tokenizer;
  model->vocabulary = parts_.router.vocabulary;
  model->max_positions = max_positions;
  model->generator = std::move(generator);
  model->grammars = grammars_;
  return model;
}

Result<std::vector<Group>> RecordedEpisodes::run(std::span<const WorkItem> items, rollout::MakePolicy policy, rollout::SyncGenerator* generator,
                                                 const PlayOptions& options) {
  rollout::RunnerParts parts{.task = [this, &options](std::size_t sample) { return task(options.use, sample); },
                             .policy = std::move(policy),
                             .grade = [this](const corpus::Question& question, std::string_view answer) { return grading_.grade(question, answer); },
                             .pool = *side(options.use).pool,
                             .generator = generator};
  rollout::RunnerOptions how;
  how.rollouts_in_flight = std::max(kMostInFlight, parts_.config.rollout.group_size);
  how.drawn_at = options.drawn_at;
  how.stop = parts_.cancel;
  how.progress = options.progress;
  if (parts_.live) parts.live = &parts_.live->time();
  // Rollouts of a group are different samples, numbered by their places, whatever order the network brings.
  if (parts_.replay)
    parts.rollout_pool = [this, &options](int index, int rollouts) {
      return std::make_unique<replay::ReplayPool>(parts_.replay, side(options.use).pool.get(), std::make_shared<replay::ReplicaCounter>(index, rollouts));
    };
  auto groups = rollout::run_rollouts(items, parts, how);
  if (parts_.replay && parts_.replay->broken()) return fail(*parts_.replay->broken());
  return groups;
}

Result<std::vector<Group>> RecordedEpisodes::play(std::shared_ptr<lm::LanguageModel> model, std::span<const WorkItem> items,
                                                  const PlayOptions& options) {
  const int max_positions = model->shape().max_positions;
  lm::GeneratorOptions generation;
  generation.max_batch = kBatch;
  generation.max_queue = std::max(kMostInFlight, parts_.config.rollout.group_size);
  // With so many replies under way a pass is full anyway: looking ahead saves none and takes ten times the runner's time.
  generation.look_ahead_nodes = 0;
  // New for each shard: nothing that another one left behind may change how numbers are rounded.
  const auto generator =
      std::make_shared<rollout::SyncGenerator>(lm::GenerationModel{std::move(model), parts_.router.tokenizer, parts_.router.end_tokens}, generation);
  const auto policies = rollout::local_policies(router(generator, max_positions, options.version), options.temperature);
  return run(items, policies, generator.get(), options);
}

Result<std::vector<Group>> RecordedEpisodes::teach(std::span<const WorkItem> items, const PlayOptions& options) {
  const auto write = rollout::written_by(router(nullptr, kTeacherContext, options.version));
  return run(items, rollout::teacher_policies(parts_.outcomes, parts_.config.teacher, write), nullptr, options);
}

}  // namespace xrouter::trainer
