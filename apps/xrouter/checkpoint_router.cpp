#include "checkpoint_router.hpp"

#include "xrouter/base/clock.hpp"
#include "xrouter/torch_module/loader.hpp"
#include "xrouter/trainer/config/load.hpp"
#include "xrouter/trainer/inputs.hpp"
#include "xrouter/trainer/record/checkpoint.hpp"
#include "xrouter/trainer/record/run_folder.hpp"
#include "xrouter/trainer/session.hpp"

namespace xrouter::app {
namespace {

namespace fs = std::filesystem;

/// What a running router refers to, in the order in which it is made.
struct Held {
  trainer::TrainConfig config;
  trainer::Inputs inputs;
  std::unique_ptr<learner::Learner> learner;
  policy_lm::RouterModel router;
};

// Paths of a configuration are relative to it, and the copy in the run's folder lies elsewhere.
Error with_hint(Error error, const CheckpointOptions& options) {
  if (options.train_config.empty()) error.public_text += "; --train-config names the configuration that the run was started with";
  return error;
}

std::optional<trainer::Checkpoint> complete_checkpoint(const fs::path& folder) {
  for (const trainer::Checkpoint& each : trainer::scan_checkpoints(folder.parent_path()).complete)
    if (each.folder.filename() == folder.filename()) return each;
  return std::nullopt;
}

fs::path run_of(const fs::path& checkpoint) { return checkpoint.parent_path().parent_path(); }

policy_lm::RouterModel router_of(const trainer::RouterParts& parts, std::shared_ptr<lm::LanguageModel> model, std::string version) {
  policy_lm::RouterModel router;
  router.name = parts.name;
  router.version = std::move(version);
  router.format = parts.format;
  router.tokenizer = parts.tokenizer;
  router.vocabulary = parts.vocabulary;
  router.max_positions = model->shape().max_positions;
  router.generator = lm::start_generator({std::move(model), parts.tokenizer, parts.end_tokens}, {}, system_clock());
  return router;
}

}  // namespace

std::optional<fs::path> checkpoint_of(const fs::path& path) {
  const fs::path folder = path.lexically_normal().filename().empty() ? path.lexically_normal().parent_path() : path.lexically_normal();
  if (complete_checkpoint(folder)) return folder;
  if (fs::exists(folder / trainer::kModelFolder / "config.json")) return std::nullopt;
  const auto all = trainer::scan_checkpoints(folder / trainer::run_files::kCheckpoints).complete;
  if (const auto best = trainer::best_of(all)) return best->folder;
  if (all.empty()) return std::nullopt;
  return all.back().folder;
}

Result<std::shared_ptr<const policy_lm::RouterModel>> load_checkpoint(const CheckpointOptions& options) {
  const auto checkpoint = complete_checkpoint(options.checkpoint);
  if (!checkpoint) return fail(ErrorKind::config, options.checkpoint.string() + ": is no complete checkpoint of a run");
  if (auto sound = trainer::verify_checkpoint(*checkpoint); !sound) return fail(sound.error());
  const auto held = std::make_shared<Held>();
  const fs::path run = run_of(options.checkpoint);
  auto config =
      trainer::load_train_config(options.train_config.empty() ? (run / trainer::run_files::kConfig).string() : options.train_config);
  if (!config) return fail(config.error());
  held->config = std::move(*config);
  auto inputs = trainer::open_inputs(held->config, options.data_dir);
  if (!inputs) return fail(with_hint(inputs.error(), options));
  held->inputs = std::move(*inputs);
  auto learner = torch_module::make_learner(*held->inputs.model, held->inputs.learner);
  if (!learner) return fail(learner.error());
  held->learner = std::move(*learner);
  if (auto loaded = held->learner->load(checkpoint->folder); !loaded) return fail(loaded.error());
  auto model = held->learner->language_model();
  if (!model) return fail(model.error());
  held->router = router_of(held->inputs.router, std::move(*model), options.checkpoint.string());
  return std::shared_ptr<const policy_lm::RouterModel>(held, &held->router);
}

}  // namespace xrouter::app
