#include "xrouter/trainer/session.hpp"

#include "xrouter/base/log.hpp"
#include "xrouter/trainer/config/load.hpp"
#include "xrouter/trainer/record/append_file.hpp"
#include "xrouter/trainer/record/curves.hpp"
#include "xrouter/trainer/shards.hpp"
#include "xrouter/weights/atomic_write.hpp"

namespace xrouter::trainer {
namespace {

constexpr std::string_view kScope = "train";

RunRecord record_of(const SessionParts& parts) {
  RunRecord record;
  record.data = parts.data;
  record.seeds = {{"run", parts.config.seed}};
  record.parameters = parts.learner.shape().parameters;
  record.trainable_parameters = parts.learner.trainable_parameters();
  return record;
}

std::string hardware_of(const SessionParts& parts) {
  std::string text = describe_hardware();
  if (parts.ranks.size() > 1) text += ", " + std::to_string(parts.ranks.size()) + " processes";
  return text;
}

Result<std::unique_ptr<RunFolder>> open_folder(const SessionParts& parts, const SessionOptions& options) {
  if (parts.ranks.rank() != 0) return std::unique_ptr<RunFolder>();
  const RunConfig config{.text = parts.config.text, .settings = settings_of(parts.config), .data = parts.data};
  auto folder = RunFolder::open(options.folder, config, options.mode, {.keep_checkpoints = parts.config.checkpoint.keep}, parts.clock);
  if (!folder) return folder;
  const RunSession session{.command = options.command, .program = options.program, .hardware = hardware_of(parts)};
  if (auto begun = (*folder)->begin_session(record_of(parts), session); !begun) return fail(begun.error());
  return folder;
}

Result<void> report_page(const std::filesystem::path& run) {
  const auto written = write_report(run);
  if (!written) return fail(written.error());
  return {};
}

Result<void> finish(const SessionParts& parts, const RunFolder* folder, SessionEnd& end) {
  if (folder == nullptr) return {};
  auto chosen = folder->best();
  if (!chosen) chosen = folder->latest();
  if (!chosen) return fail(ErrorKind::io, "the run has no checkpoint to export");
  end.model = folder->path() / kModelFolder;
  end.model_step = chosen->step;
  if (auto exported = export_checkpoint(parts.learner, folder->path(), *chosen, end.model); !exported) return exported;
  return report_page(folder->path());
}

}  // namespace

Result<void> export_checkpoint(learner::Learner& learner, const std::filesystem::path& run, const Checkpoint& checkpoint,
                               const std::filesystem::path& to) {
  if (auto sound = verify_checkpoint(checkpoint); !sound) return sound;
  if (auto loaded = learner.load(checkpoint.folder); !loaded) return loaded;
  if (auto written = learner.export_to(to); !written) return written;
  const auto record = training_record(run, checkpoint.step);
  if (!record) return fail(record.error());
  return weights::write_file(to / kTrainingRecord, *record);
}

Result<SessionEnd> run_session(const SessionParts& parts, const SessionOptions& options) {
  auto folder = open_folder(parts, options);
  const Result<void> opened = folder ? Result<void>() : fail(folder.error());
  if (auto agreed = agree(parts.ranks, opened); !agreed) return fail(agreed.error());
  std::optional<TrainingDisplay> display;
  if (*folder && options.show_progress) display.emplace(stderr, parts.clock);
  Trainer trainer({.config = parts.config,
                   .learner = parts.learner,
                   .ranks = parts.ranks,
                   .episodes = parts.episodes,
                   .texts = parts.texts,
                   .folder = folder->get(),
                   .display = display ? &*display : nullptr,
                   .stop = parts.stop,
                   .clock = parts.clock});
  if (*folder)
    for (const std::string& remark : (*folder)->remarks()) log::info(kScope, remark);
  if (options.mode == RunMode::resume)
    if (auto resumed = trainer.resume(); !resumed) return fail(resumed.error());
  auto ended = trainer.run();
  display.reset();
  if (!ended) return fail(ended.error());
  SessionEnd end{.end = *ended};
  if (!end.end.finished) return end;
  if (auto finished = agree(parts.ranks, finish(parts, folder->get(), end)); !finished) return fail(finished.error());
  return end;
}

}  // namespace xrouter::trainer
