#include "xrouter/trainer/inputs.hpp"

#include <algorithm>
#include <iterator>

#include "xrouter/config/load.hpp"
#include "xrouter/trainer/config/load.hpp"
#include "xrouter/trainer/model_data.hpp"
#include "xrouter/trainer/sample_split.hpp"
#include "xrouter/trainer/texts.hpp"
#include "xrouter/weights/model_store.hpp"

namespace xrouter::trainer {
namespace {

namespace fs = std::filesystem;

Error of_setting(const std::string& setting, Error error) {
  error.public_text = setting + ": " + error.public_text;
  return error;
}

bool has_stage(const TrainConfig& config, StageKind kind) {
  return std::any_of(config.stages.begin(), config.stages.end(), [&](const StageConfig& stage) { return stage.kind == kind; });
}

Result<std::shared_ptr<const config::Config>> open_service(const TrainConfig& config, const std::string& data_dir) {
  const config::LoadOptions options{.data_dir = data_dir};
  auto service = config.data.service.empty() ? config::default_config(options) : config::load(path_of(config, config.data.service), options);
  if (!service && !config.data.service.empty()) return fail(of_setting("data.service", service.error()));
  return service;
}

Result<std::shared_ptr<const corpus::Corpus>> open_corpora(const config::Config& service, std::vector<DataFile>& data) {
  std::vector<std::string> paths;
  for (const std::string& path : service.recorded.corpora) paths.push_back(config::data_path(service, path));
  if (paths.empty()) return fail(ErrorKind::config, "data.service: it names no recorded corpora to learn from");
  auto corpus = corpus::Corpus::open(paths);
  if (!corpus) return fail(corpus.error());
  for (const corpus::PackedFile& file : (*corpus)->files())
    data.push_back({.name = "corpus " + file.header().corpus, .hash = "fnv1a64:" + file.fingerprint(), .note = file.header().repository});
  return corpus;
}

Result<std::shared_ptr<const weights::ModelFiles>> open_files(const TrainConfig& config, const config::Config& service,
                                                              std::vector<DataFile>& data) {
  std::error_code error;
  fs::path path = path_of(config, config.model.folder);
  if (!fs::exists(path, error)) path = config::data_path(service, config.model.folder);
  if (!fs::exists(path, error)) {
    const auto found = weights::resolve_model(config.model.folder, service.data_dir, config::process_environment);
    if (!found) return fail(of_setting("model.folder", found.error()));
    path = *found;
  }
  auto files = config.model.fresh ? weights::open_untrained(path) : weights::open_model(path);
  if (!files) return fail(of_setting("model.folder", files.error()));
  auto read = data_of_model(path, config.model.fresh);
  if (!read) return fail(of_setting("model.folder", read.error()));
  std::move(read->begin(), read->end(), std::back_inserter(data));
  return files;
}

Result<RouterParts> parts_of(const weights::ModelFiles& files) {
  if (files.chat_template().empty()) return fail(ErrorKind::config, "model.folder: " + files.name() + " has no chat template");
  auto format = chat_format::ChatFormat::of_template(files.chat_template());
  if (!format) return fail(of_setting("model.folder", format.error()));
  RouterParts parts{.name = files.name(), .format = std::move(*format), .tokenizer = files.tokenizer(), .end_tokens = {}, .vocabulary = {}};
  // The format's own come first: where only the end is left, the first is written, and it is what ends a turn.
  parts.end_tokens = parts.format->end_tokens(*parts.tokenizer);
  for (const tokenizer::TokenId id : files.end_tokens())
    if (std::find(parts.end_tokens.begin(), parts.end_tokens.end(), id) == parts.end_tokens.end()) parts.end_tokens.push_back(id);
  if (parts.end_tokens.empty()) return fail(ErrorKind::config, "model.folder: " + files.name() + " has no token that ends a turn");
  parts.vocabulary = grammar::Vocabulary::make(parts.tokenizer, parts.end_tokens);
  return parts;
}

learner::LearnerOptions learner_options(const TrainConfig& config) {
  learner::LearnerOptions options;
  options.device = config.model.device;
  options.precision = config.model.precision;
  options.threads = config.model.threads;
  options.seed = config.seed;
  options.fresh = config.model.fresh;
  if (config.lora.enabled) options.lora = config.lora.options;
  options.reference = config.loss.kl_weight > 0 && has_stage(config, StageKind::dapo);
  options.checkpoint_activations = config.model.checkpoint_activations;
  options.head_rows = config.model.head_rows;
  return options;
}

using SetPtr = std::shared_ptr<const samples::SampleSet>;

Result<SetPtr> open_set(const TrainConfig& config, const std::string& setting, const std::string& path, corpus::Split expected,
                        const std::shared_ptr<const corpus::Corpus>& corpus, const config::Config& service, std::vector<DataFile>& data) {
  if (path.empty()) return SetPtr();
  auto set = samples::SampleSet::open(path_of(config, path), corpus, service.catalog);
  if (!set) return fail(of_setting(setting, set.error()));
  if ((*set)->size() == 0) return fail(ErrorKind::config, setting + ": the set has no samples");
  if (auto allowed = check_split(**set, setting, expected); !allowed) return fail(allowed.error());
  data.push_back({.name = "samples " + setting.substr(setting.find('.') + 1), .hash = "fnv1a64:" + (*set)->fingerprint()});
  return *set;
}

/// The first model of a set that is not recorded; empty: all are.
ModelId live_model_of(const SetPtr& set) {
  for (std::size_t i = 0; set && i < set->size(); ++i)
    for (const samples::SampleModel& model : set->sample(i).models)
      if (!recorded::RecordedPool::serves(*set->catalog()->find(model.model))) return model.model;
  return {};
}

struct Live {
  std::unique_ptr<LiveModels> models;
  std::shared_ptr<replay::ReplayMemory> replay;
};

Result<Live> open_live(const TrainConfig& config, const std::shared_ptr<const config::Config>& service, const ModelId& model, const MakeLive& make_live) {
  Live live;
  if (model.empty()) return live;
  const std::string offered = "the samples offer " + model.value + ", which is not recorded: ";
  if (!make_live) return fail(ErrorKind::config, offered + "this program cannot ask live models");
  auto models = make_live(service);
  if (!models) return fail(of_setting("data.service", models.error()));
  live.models = std::move(*models);
  if (config.live.replay.empty()) return live;
  auto memory = replay::open_memory(path_of(config, config.live.replay), {.mode = config.live.replay_mode});
  if (!memory) return fail(of_setting("live.replay", memory.error()));
  live.replay = std::move(*memory);
  return live;
}

}  // namespace

Result<Inputs> open_inputs(const TrainConfig& config, const std::string& data_dir, const std::atomic<bool>* cancel, const MakeLive& make_live) {
  Inputs inputs;
  auto service = open_service(config, data_dir);
  if (!service) return fail(service.error());
  inputs.service = std::move(*service);
  auto model = open_files(config, *inputs.service, inputs.data);
  if (!model) return fail(model.error());
  inputs.model = std::move(*model);
  auto router = parts_of(*inputs.model);
  if (!router) return fail(router.error());
  inputs.router = std::move(*router);
  inputs.learner = learner_options(config);

  auto corpus = open_corpora(*inputs.service, inputs.data);
  if (!corpus) return fail(corpus.error());
  auto train = open_set(config, "data.train", config.data.train, corpus::Split::train, *corpus, *inputs.service, inputs.data);
  if (!train) return fail(train.error());
  auto validation = open_set(config, "data.validation", config.data.validation, corpus::Split::dev, *corpus, *inputs.service, inputs.data);
  if (!validation) return fail(validation.error());
  auto outcomes = rollout::OutcomeTable::make(**corpus, *inputs.service->catalog);
  if (!outcomes) return fail(outcomes.error());
  const ModelId live_model = live_model_of(*train).empty() ? live_model_of(*validation) : live_model_of(*train);
  auto live = open_live(config, inputs.service, live_model, make_live);
  if (!live) return fail(live.error());
  inputs.live = std::move(live->models);
  auto episodes = RecordedEpisodes::make({.config = config,
                                          .router = inputs.router,
                                          .train = std::move(*train),
                                          .validation = std::move(*validation),
                                          .outcomes = std::move(*outcomes),
                                          .registry = grade::builtin_registry(),
                                          .live = inputs.live.get(),
                                          .replay = std::move(live->replay),
                                          .cancel = cancel});
  if (!episodes) return fail(episodes.error());
  inputs.episodes = std::move(*episodes);
  if (has_stage(config, StageKind::language)) {
    auto texts = open_texts(config, *corpus, inputs.service->catalog, inputs.router, inputs.data);
    if (!texts) return fail(texts.error());
    inputs.texts = std::move(*texts);
  }
  return inputs;
}

}  // namespace xrouter::trainer
