#include "xrouter/trainer/trainer.hpp"

#include <cmath>
#include <exception>
#include <limits>
#include <new>

#include "xrouter/base/log.hpp"
#include "xrouter/trainer/record/run_record.hpp"
#include "xrouter/trainer/shards.hpp"

namespace xrouter::trainer {
namespace {

constexpr std::string_view kScope = "train";

Error at_checkpoint(Error error, std::int64_t step) {
  if (step >= 0) error.public_text += "; the checkpoint of step " + std::to_string(step) + " is whole, go on from it with --resume";
  return error;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : "; ") + text;
  return all;
}

}  // namespace

Trainer::Trainer(const TrainerParts& parts)
    : parts_(parts),
      context_{.config = parts_.config,
               .learner = parts_.learner,
               .ranks = parts_.ranks,
               .episodes = parts_.episodes,
               .texts = parts_.texts,
               .clock = parts_.clock,
               .activity = [this](std::string_view phase, std::size_t done, std::size_t total) {
                 if (parts_.display) parts_.display->activity(phase, done, total);
               }},
      state_(first_state(parts_.config)),
      validation_(context_) {
  for (const StageConfig& stage : parts_.config.stages) stages_.push_back(make_stage(context_, stage));
  grader_failures_ = parts_.episodes.grader_failures();
}

void Trainer::say(const std::string& text) {
  if (parts_.display) parts_.display->say(text);
  if (!parts_.folder) return;
  if (auto noted = parts_.folder->note(text); !noted) log::warn(kScope, "a note was not kept: " + noted.error().describe());
}

TrainingPosition Trainer::position(const Stage& stage) const {
  TrainingPosition at{.stage = stage_config().name, .stage_number = static_cast<int>(state_.stage) + 1, .stages = static_cast<int>(stages_.size())};
  at.stage_step = state_.stage_step;
  at.stage_steps = stage.steps();
  at.step = state_.step;
  for (const auto& each : stages_) at.steps += each->steps();
  return at;
}

Result<void> Trainer::restore(const Checkpoint& checkpoint) {
  const auto load = [&]() -> Result<void> {
    if (auto sound = verify_checkpoint(checkpoint); !sound) return sound;
    const auto bytes = read_trainer_state(checkpoint);
    if (!bytes) return fail(bytes.error());
    auto state = parse_state(*bytes, parts_.config);
    if (!state) return fail(state.error());
    if (auto loaded = parts_.learner.load(checkpoint.folder); !loaded) return loaded;
    state_ = std::move(*state);
    return {};
  };
  if (auto loaded = agree(parts_.ranks, load()); !loaded) return loaded;
  checkpoint_step_ = checkpoint.step;
  score_.reset();
  return {};
}

/// The newest checkpoint up to a step, the oldest when all are younger: the first process knows the folder.
Result<Checkpoint> Trainer::chosen_checkpoint(std::int64_t latest_step) {
  std::string told;
  if (parts_.folder) {
    const std::vector<Checkpoint> all = parts_.folder->checkpoints();
    for (const Checkpoint& each : all)
      if (told.empty() || each.step <= latest_step) told = std::to_string(each.step) + " " + each.folder.string();
  }
  auto chosen = from_first(parts_.ranks, told);
  if (!chosen) return fail(chosen.error());
  if (chosen->empty()) return fail(ErrorKind::config, "the run has no complete checkpoint");
  const std::size_t blank = chosen->find(' ');
  return Checkpoint{.step = std::stoll(chosen->substr(0, blank)), .folder = chosen->substr(blank + 1)};
}

Result<void> Trainer::resume() {
  const auto newest = chosen_checkpoint(std::numeric_limits<std::int64_t>::max());
  if (!newest) return fail(newest.error());
  if (auto restored = restore(*newest); !restored) return restored;
  say("went on from step " + std::to_string(state_.step));
  return {};
}

Result<void> Trainer::checkpoint() {
  if (checkpoint_step_ == state_.step) return {};
  const TimePoint begun = parts_.clock.now();
  Result<void> saved;
  if (parts_.folder) {
    const auto write = [&](const std::filesystem::path& folder) { return parts_.learner.save(folder); };
    saved = parts_.folder->save_checkpoint(state_.step, to_bytes(state_), score_, write);
  }
  if (auto agreed = agree(parts_.ranks, saved); !agreed) return fail(at_checkpoint(agreed.error(), checkpoint_step_));
  checkpoint_step_ = state_.step;
  log::debug(kScope, "checkpoint in " + std::to_string(std::chrono::duration<double>(parts_.clock.now() - begun).count()) + " s");
  return {};
}

Result<void> Trainer::roll_back(const std::vector<std::string>& reasons) {
  const std::int64_t now = state_.step;
  const int times = state_.rollbacks + 1;
  const double scale = state_.learning_rate_scale * parts_.config.alarms.learning_rate_factor;
  const Usd spent = state_.spent;
  const std::int64_t rollouts = state_.rollouts;
  if (times > parts_.config.alarms.max_rollbacks)
    return fail(at_checkpoint({.kind = ErrorKind::no_usable_answer,
                               .public_text = "the run falls apart (" + joined(reasons) + ") and has gone back " +
                                              std::to_string(state_.rollbacks) + " times already"},
                              checkpoint_step_));
  // Signs must stay for `patience` steps, so the weights were sound before them.
  const auto chosen = chosen_checkpoint(now - parts_.config.alarms.options.patience);
  if (!chosen) return fail(chosen.error());
  if (auto restored = restore(*chosen); !restored) return restored;
  state_.rollbacks = times;
  state_.learning_rate_scale = scale;
  // Money that is gone does not come back with the weights.
  state_.spent = spent;
  state_.rollouts = rollouts;
  state_.alarms.reset();
  Result<void> cut;
  if (parts_.folder) cut = parts_.folder->roll_back_to(state_.step);
  if (auto agreed = agree(parts_.ranks, cut); !agreed) return agreed;
  say("step " + std::to_string(now) + ": " + joined(reasons) + "; back to step " + std::to_string(state_.step) + ", learning rates times " +
      std::to_string(scale));
  return {};
}

/// True when the run went back.
Result<bool> Trainer::recover(const StepEnd& end, StepMetrics& metrics) {
  if (end.applied) {
    state_.skipped_in_a_row = 0;
  } else {
    ++state_.skipped;
    ++state_.skipped_in_a_row;
  }
  metrics.set("optimizer/skipped", static_cast<double>(state_.skipped)).set("optimizer/rollbacks", state_.rollbacks);
  rl::Alarm alarm;
  if (state_.skipped_in_a_row >= kSkips)
    alarm = {.level = rl::AlarmLevel::roll_back, .reasons = {std::to_string(kSkips) + " gradients in a row were not finite"}};
  else if (end.applied && end.watched && parts_.config.alarms.enabled)
    alarm = state_.alarms.observe(end.signs);
  if (alarm.level == rl::AlarmLevel::warn) say("step " + std::to_string(state_.step) + ": " + joined(alarm.reasons));
  if (alarm.level != rl::AlarmLevel::roll_back) return false;
  if (auto back = roll_back(alarm.reasons); !back) return fail(back.error());
  return true;
}

Result<void> Trainer::validate_when_due(const Stage& stage, StepMetrics& metrics) {
  const int every = parts_.config.validation.every;
  const bool within = stage_config().kind == StageKind::dapo && every > 0 && state_.stage_step % every == 0;
  const bool due = within || (stage_ends(stage) && stage_config().kind != StageKind::language);
  if (validation_.empty() || !due) return {};
  PhaseClock phases(context_, metrics);
  const auto result = validation_.run(state_);
  if (!result) return fail(result.error());
  phases.lap("validation");
  score_ = result->score;
  state_.last_validation = result->score;
  set_validation(metrics, result->points, result->score);
  return {};
}

/// Not an alarm of the policy, which nothing can be said of: what is wrong is the configuration, or the graders.
Result<void> Trainer::watch_scoring(const StepEnd& end) {
  if (!end.unscored) {
    state_.unscored_in_a_row = 0;
    return {};
  }
  if (++state_.unscored_in_a_row < kSkips) return {};
  Error error = end.unscored->why;
  error.public_text = "nothing was learned in " + std::to_string(state_.unscored_in_a_row) + " steps in a row, because " +
                      std::to_string(std::lround(100 * end.unscored->share)) + " % of the rollouts cannot be scored: " + error.public_text;
  return fail(at_checkpoint(std::move(error), checkpoint_step_));
}

/// Of the step under way, on all processes.
Result<double> Trainer::new_grader_failures() {
  const std::uint64_t all = parts_.episodes.grader_failures();
  double failures = static_cast<double>(all - grader_failures_);
  grader_failures_ = all;
  if (auto summed = parts_.ranks.sum(std::span(&failures, 1)); !summed) return fail(summed.error());
  return failures;
}

Result<void> Trainer::report(const Stage& stage, StepMetrics& metrics, double seconds) {
  if (stage_config().kind != StageKind::language) {
    const auto failures = new_grader_failures();
    if (!failures) return fail(failures.error());
    metrics.set("groups/grader_failures", *failures).set("cost/spent_usd", state_.spent.to_double());
  }
  metrics.set("seconds/step", seconds).set("memory/peak_bytes", static_cast<double>(peak_memory()));
  Result<void> kept;
  if (parts_.folder) kept = parts_.folder->append(metrics);
  if (parts_.display) parts_.display->step_done(position(stage), metrics);
  return agree(parts_.ranks, kept);
}

Result<void> Trainer::one_step(Stage& stage) {
  const TimePoint begun = parts_.clock.now();
  StepMetrics metrics(stage_config().name, state_.step + 1);
  score_.reset();
  const auto end = stage.step(state_, metrics);
  if (!end) return fail(at_checkpoint(end.error(), checkpoint_step_));
  ++state_.step;
  ++state_.stage_step;
  const auto went_back = recover(*end, metrics);
  if (!went_back) return fail(went_back.error());
  if (*went_back) return {};
  if (auto validated = validate_when_due(stage, metrics); !validated) return fail(at_checkpoint(validated.error(), checkpoint_step_));
  const double seconds = std::chrono::duration<double>(parts_.clock.now() - begun).count();
  if (auto kept = report(stage, metrics, seconds); !kept) return fail(at_checkpoint(kept.error(), checkpoint_step_));
  if (auto scored = watch_scoring(*end); !scored) return scored;
  const bool due = state_.step % parts_.config.checkpoint.every == 0 || stage_ends(stage) || score_.has_value();
  return due ? checkpoint() : Result<void>();
}

Result<void> Trainer::begin() {
  Result<void> kept;
  if (parts_.folder && !validation_.empty()) kept = parts_.folder->write_file(kBaselinesFile, baselines_json(validation_.baselines()));
  if (auto agreed = agree(parts_.ranks, kept); !agreed) return agreed;
  // So that there is always one to go back to.
  return checkpoint();
}

// What a tensor library throws ends here: it is out of memory, or a device is gone. Checkpoints are whole.
Result<TrainingEnd> Trainer::run() {
  try {
    return loop();
  } catch (const std::bad_alloc&) {
    return fail(ErrorKind::io, "There is not enough memory for a step: make model.pack_tokens or the batch smaller, or set "
                               "model.checkpoint_activations. The last checkpoint is whole; --resume goes on from it.");
  } catch (const std::exception& problem) {
    return fail(ErrorKind::io, "The step under way failed. The last checkpoint is whole; --resume goes on from it.", problem.what());
  }
}

Result<TrainingEnd> Trainer::loop() {
  if (auto begun = begin(); !begun) return fail(begun.error());
  while (state_.stage < stages_.size()) {
    Stage& stage = *stages_[state_.stage];
    if (stage_ends(stage)) {
      ++state_.stage;
      state_.stage_step = 0;
      state_.drawn = 0;
      state_.waiting.clear();
      state_.alarms.reset();
      continue;
    }
    if (auto done = one_step(stage); !done) return fail(done.error());
    const auto stopping = any_of(parts_.ranks, parts_.stop != nullptr && *parts_.stop);
    if (!stopping) return fail(stopping.error());
    if (!*stopping) continue;
    if (auto kept = checkpoint(); !kept) return fail(kept.error());
    say("stopped behind step " + std::to_string(state_.step));
    return TrainingEnd{.step = state_.step, .validation_score = state_.last_validation};
  }
  return TrainingEnd{.finished = true, .step = state_.step, .validation_score = state_.last_validation};
}

}  // namespace xrouter::trainer
