#include "xrouter/trainer/config/load.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "xrouter/config/property_text.hpp"
#include "xrouter/trainer/config/properties.hpp"

namespace xrouter::trainer {
namespace {

namespace fs = std::filesystem;
using config::YamlNode;

constexpr std::size_t kMaxStages = 32;
constexpr std::string_view kStages = "stages.";

/// A file on its way from text to value.
struct Reading {
  std::string file;
  YamlNode root = {};
  TrainDraft draft = {};
  std::vector<StageDraft> stages = {};
  std::set<std::string> given = {};
  config::Report report = {};

  void problem(const std::string& setting, std::string text) { report.add(file, config::mark_at(root, setting), setting, std::move(text)); }
  /// What a library's own check says of its options.
  void checked(const std::string& group, const Result<void>& result) {
    if (!result) problem(group, result.error().public_text);
  }
};

Result<std::string> read_text(const std::string& path) {
  std::error_code error;
  std::ifstream file(path, std::ios::binary);
  if (!fs::is_regular_file(path, error) || !file) return fail(ErrorKind::io, "the file '" + path + "' cannot be read");
  std::string text(config::kMaxYamlBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::string word_of(StageKind kind) {
  const StageDraft draft{.value = {.kind = kind}};
  return stage_properties().front().show(draft);
}

void read_stages(Reading& reading) {
  const YamlNode& list = reading.draft.stages;
  if (list.kind != YamlNode::Kind::sequence || list.items.empty() || list.items.size() > kMaxStages)
    return reading.report.add(reading.file, list.mark, "stages", "must be a list of 1 to 32 stages, each with its kind");
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    StageDraft stage{.mark = list.items[i].mark};
    const std::string shown = "stages[" + std::to_string(i) + "].";
    config::Applied applied = config::apply(list.items[i], stage_properties(), stage, shown);
    for (const config::Finding& finding : applied.findings) reading.report.add(reading.file, finding);
    if (!applied.given.contains("kind")) reading.report.add(reading.file, stage.mark, shown + "kind", "is missing: language, warm_start or dapo");
    if (stage.value.name.empty()) stage.value.name = word_of(stage.value.kind);
    for (const StageDraft& other : reading.stages)
      if (other.value.name == stage.value.name)
        reading.report.add(reading.file, stage.mark, shown + "name", "'" + stage.value.name + "' is the name of another stage");
    reading.stages.push_back(std::move(stage));
  }
}

/// "stages.NAME.setting=value"
void apply_stage_setting(Reading& reading, const std::string& setting) {
  const std::string rest = setting.substr(kStages.size());
  const std::string name = rest.substr(0, rest.find('.'));
  for (StageDraft& stage : reading.stages)
    if (stage.value.name == name && name.size() < rest.size())
      return config::apply_setting(rest.substr(name.size() + 1), stage_properties(), stage, stage.given, reading.report);
  reading.report.add("--set", {}, setting, "there is no stage '" + name + "'");
}

void apply_settings(Reading& reading, const std::vector<std::string>& settings) {
  for (const std::string& setting : settings) {
    if (setting.starts_with(kStages))
      apply_stage_setting(reading, setting);
    else
      config::apply_setting(setting, train_properties(), reading.draft, reading.given, reading.report);
  }
}

void check_stages(Reading& reading) {
  const TrainConfig& config = reading.draft.config;
  if (config.data.text_verdicts + config.data.text_rankings > 1) reading.problem("data.text_rankings", "must be at most 1 together with data.text_verdicts");
  for (const StageConfig& stage : config.stages) {
    const std::string shown = "stages";
    if (auto sound = rl::check(stage.schedule); !sound) reading.problem(shown, stage.name + ": " + sound.error().public_text);
    const bool learns_texts = config.data.recorded_texts || !config.data.texts.empty();
    if (stage.kind == StageKind::language && !learns_texts) reading.problem("data", "stage " + stage.name + " has no texts: set data.texts or data.recorded_texts");
    if (stage.kind != StageKind::language && config.data.train.empty()) reading.problem("data.train", "is missing: stage " + stage.name + " learns from samples");
    if (stage.updates > 1 && stage.kind != StageKind::dapo) reading.problem(shown, stage.name + ": only dapo has several updates of one step");
    if (stage.kind == StageKind::dapo && config.rollout.group_size < 2 && config.advantage.estimator != rl::Estimator::reinforce_pp)
      reading.problem("rollout.group_size", "must be at least 2: a rollout is compared with its siblings");
  }
}

/// Settings that make sense each, and none together.
void check_together(Reading& reading) {
  const TrainConfig& config = reading.draft.config;
  const auto plays = [](const StageConfig& stage) { return stage.kind == StageKind::dapo; };
  if (std::none_of(config.stages.begin(), config.stages.end(), plays)) return;
  const rl::RewardOptions& reward = config.reward.options;
  if (config.advantage.estimator == rl::Estimator::split && reward.gate != rl::Gate::success)
    reading.problem("reward.gate", "split advantages know the gate success alone; choose another advantage.estimator");
  if (config.rollout.temperature != 1)
    reading.problem("rollout.temperature", "must be 1 for dapo: what is learned from is what was drawn, not a sharper or flatter choice");
  if (config.loss.kl_weight > 0 && config.model.fresh)
    reading.problem("loss.kl_weight", "must be 0 for a fresh model: the reference is the model before training, which is noise");
  if (reward.norm == rl::CostNorm::percentile && config.validation.best_by == BestBy::reward)
    reading.problem("validation.best_by", "must not be reward with reward.norm: percentile, which moves from step to step; choose accuracy or hull_margin");
  const int reach = config.checkpoint.every * (config.checkpoint.keep - 1);
  if (config.alarms.enabled && reach < config.alarms.options.patience)
    reading.problem("checkpoint.keep", "checkpoints reach back " + std::to_string(reach) + " steps, less than alarms.patience: a roll-back would land inside the collapse");
}

void check_all(Reading& reading) {
  TrainConfig& config = reading.draft.config;
  // One setting for both.
  config.advantage.failure_cost = config.reward.options.failure_cost;
  config.teacher.success = config.reward.options.success;
  config.teacher.cost_weight = config.reward.options.cost_weight;
  config.teacher.penalty_cap = config.reward.options.penalty_cap;
  config.teacher.in_dollars = config.reward.options.norm == rl::CostNorm::usd;
  if (config.model.folder.empty()) reading.problem("model.folder", "is missing");
  if (config.model.fresh && config.lora.enabled) reading.problem("lora.enabled", "an adapter on random weights learns nothing; leave it out or set model.fresh: false");
  if (config.cost_weight.draw == WeightDraw::list && config.cost_weight.per_sample > static_cast<int>(config.cost_weight.values.size()))
    reading.problem("cost_weight.per_sample", "is more than there are cost_weight.values");
  if (config.cost_weight.min > config.cost_weight.max) reading.problem("cost_weight.min", "is above cost_weight.max");
  if (config.rollout.input_price.has_value() != config.rollout.output_price.has_value())
    reading.problem("rollout", "set both input_price and output_price, or neither");
  const bool one_of_many = config.reward.options.norm == rl::CostNorm::percentile && config.running_cost_scale;
  if (one_of_many) reading.problem("advantage.running_scale", "percentiles are scaled already");
  if (!std::is_sorted(config.validation.cost_weights.begin(), config.validation.cost_weights.end()))
    reading.problem("validation.cost_weights", "must rise");
  reading.checked("reward", rl::check(config.reward.options));
  reading.checked("advantage", rl::check(config.advantage, config.reward.options.success));
  reading.checked("loss", rl::check(config.loss));
  reading.checked("teacher", rollout::check(config.teacher));
  reading.checked("selection", rl::check(config.selection.options));
  reading.checked("alarms", rl::check(config.alarms.options));
  check_stages(reading);
  check_together(reading);
}

}  // namespace

Result<TrainConfig> parse_train_config(std::string_view yaml, const std::string& source, const std::vector<std::string>& settings) {
  Reading reading{.file = source};
  auto root = config::parse_yaml(yaml);
  if (!root) {
    reading.report.add(source, {{}, root.error()});
    return fail(reading.report.error());
  }
  reading.root = std::move(*root);
  config::Applied applied = config::apply(reading.root, train_properties(), reading.draft);
  for (const config::Finding& finding : applied.findings) reading.report.add(source, finding);
  read_stages(reading);
  apply_settings(reading, settings);
  TrainConfig& config = reading.draft.config;
  for (StageDraft& stage : reading.stages) config.stages.push_back(std::move(stage.value));
  config.source = source;
  config.text = std::string(yaml);
  check_all(reading);
  if (!reading.report.empty()) return fail(reading.report.error());
  return std::move(config);
}

Result<TrainConfig> load_train_config(const std::string& path, const std::vector<std::string>& settings) {
  auto text = read_text(path);
  if (!text) return fail(text.error());
  return parse_train_config(*text, path, settings);
}

std::vector<Setting> settings_of(const TrainConfig& config) {
  std::vector<Setting> all;
  const TrainDraft draft{.config = config};
  for (const auto& property : train_properties())
    if (property.show) all.push_back({property.name, property.show(draft), property.about.machine_bound});
  for (const StageConfig& stage : config.stages)
    for (const auto& property : stage_properties()) {
      const bool how_long = property.name == "steps" || property.name == "epochs";  // a run may be made longer
      all.push_back({std::string(kStages) + stage.name + "." + property.name, property.show(StageDraft{.value = stage}), how_long});
    }
  return all;
}

std::string path_of(const TrainConfig& config, const std::string& path) { return (fs::path(config.source).parent_path() / path).string(); }

std::string train_documentation() {
  return "# Configuration of a training run\n\n<!-- Made by `xrouter train docs`. Do not edit. -->\n\n"
         "`xrouter train -c train.yaml` reads it as strictly as xrouter.yaml is read (configuration.md): unknown keys, keys that\n"
         "stand twice and numbers out of range are errors with line and column, before anything is started. Paths are relative\n"
         "to the file. `--set name=value` changes one setting, `--set stages.NAME.steps=100` one of a stage.\n\n"
         "## train.yaml\n\n" +
         config::settings_table(train_properties(), TrainDraft{}) + "\n## Each entry of `stages`\n\n" +
         config::settings_table(stage_properties(), StageDraft{});
}

}  // namespace xrouter::trainer
