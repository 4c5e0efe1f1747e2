// The record that ships beside weights: record.json with settings, result and curves.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "xrouter/base/json_text.hpp"
#include "xrouter/json/indent.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/trainer/record/append_file.hpp"
#include "xrouter/trainer/record/run_folder.hpp"
#include "xrouter/trainer/record/validation.hpp"

namespace xrouter::trainer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxSmallFile = std::size_t{16} << 20;
constexpr std::size_t kMostPointsOfStage = 40;

// Four significant digits say all that a curve has to say.
double shortened(double value) { return std::strtod(fmt::format("{:.4g}", value).c_str(), nullptr); }

Error named(const fs::path& file, Error error) {
  error.kind = ErrorKind::config;
  error.public_text = file.string() + ": " + error.public_text;
  return error;
}

// Neighbouring steps of one stage, which make one point of every curve.
struct Bucket {
  std::string stage;
  std::int64_t last_step = 0;
  std::vector<const StepMetrics*> steps;
};

std::vector<Bucket> buckets_of(const std::vector<StepMetrics>& steps) {
  std::vector<Bucket> out;
  for (auto begin = steps.begin(); begin != steps.end();) {
    const auto end = std::find_if(begin, steps.end(), [&](const StepMetrics& step) { return step.stage() != begin->stage(); });
    const auto size = static_cast<std::size_t>(end - begin);
    const std::size_t points = std::min(size, kMostPointsOfStage);
    for (std::size_t p = 0; p < points; ++p) {
      Bucket& bucket = out.emplace_back(Bucket{.stage = begin->stage(), .steps = {}});
      for (std::size_t i = p * size / points; i < (p + 1) * size / points; ++i)
        bucket.steps.push_back(&*(begin + static_cast<std::ptrdiff_t>(i)));
      bucket.last_step = bucket.steps.back()->step();
    }
    begin = end;
  }
  return out;
}

std::optional<double> mean_of(const Bucket& bucket, const std::string& name) {
  double sum = 0;
  int n = 0;
  for (const StepMetrics* step : bucket.steps)
    for (const StepMetrics::Entry& entry : step->entries())
      if (entry.name == name && entry.value) sum += *entry.value, ++n;
  return n == 0 ? std::nullopt : std::optional(sum / n);
}

// Speed and memory are of the machine, and in the report of the run.
bool is_of_the_machine(std::string_view name) {
  return name.starts_with("seconds/") || name.starts_with("speed/") || name.starts_with("memory/");
}

std::vector<std::string> curve_names(const std::vector<StepMetrics>& steps) {
  std::vector<std::string> names;
  for (const StepMetrics& step : steps)
    for (const StepMetrics::Entry& entry : step.entries())
      if (!is_of_the_machine(entry.name) && std::find(names.begin(), names.end(), entry.name) == names.end()) names.push_back(entry.name);
  return names;
}

void write_curves(json::Writer& out, const std::vector<StepMetrics>& steps) {
  const auto buckets = buckets_of(steps);
  out.key("curves").begin_object();
  out.field("note", "means of neighbouring steps; `steps` has the last step of each");
  out.key("steps").begin_array();
  for (const Bucket& bucket : buckets) out.value(bucket.last_step);
  out.end_array().key("stages").begin_array();
  for (const Bucket& bucket : buckets) out.value(bucket.stage);
  out.end_array();
  for (const std::string& name : curve_names(steps)) {
    out.key(name).begin_array();
    for (const Bucket& bucket : buckets) {
      const auto mean = mean_of(bucket, name);
      if (mean)
        out.value(shortened(*mean));
      else
        out.null();
    }
    out.end_array();
  }
  out.end_object();
}

void write_validation(json::Writer& out, const std::vector<StepMetrics>& steps, std::int64_t shipped) {
  out.key("validation").begin_array();
  for (const StepMetrics& step : steps) {
    if (step.step() != shipped) continue;
    for (const ValidationPoint& point : validation_of(step))
      out.begin_object()
          .field("cost_weight", point.cost_weight)
          .field("accuracy", shortened(point.accuracy))
          .field("usd_per_1000", shortened(point.usd_per_1000))
          .field("cost_ratio", shortened(point.cost_ratio))
          .field("reward", shortened(point.reward))
          .field("hull_margin", shortened(point.hull_margin))
          .end_object();
  }
  out.end_array();
}

Result<void> write_baselines(json::Writer& out, const fs::path& file) {
  if (!fs::exists(file)) return {};
  auto text = read_text(file, kMaxSmallFile);
  if (!text) return fail(text.error());
  auto baselines = parse_baselines(*text);
  if (!baselines) return fail(named(file, baselines.error()));
  out.key("validation_baselines").begin_array();
  for (const ValidationBaseline& baseline : *baselines)
    out.begin_object()
        .field("name", baseline.name)
        .field("accuracy", shortened(baseline.accuracy))
        .field("usd_per_1000", shortened(baseline.usd_per_1000))
        .end_object();
  out.end_array();
  return {};
}

}  // namespace

Result<std::string> training_record(const fs::path& run, std::int64_t step) {
  auto record_text = read_text(run / kRecordFile, kMaxSmallFile);
  if (!record_text) return fail(record_text.error());
  auto record = parse_record(*record_text);
  if (!record) return fail(named(run / kRecordFile, record.error()));
  auto settings_text = read_text(run / run_files::kSettings, kMaxSmallFile);
  if (!settings_text) return fail(settings_text.error());
  auto settings = parse_settings(*settings_text);
  if (!settings) return fail(named(run / run_files::kSettings, settings.error()));
  auto steps = read_metrics(run / run_files::kMetrics);
  if (!steps) return fail(steps.error());

  double seconds = 0;
  for (const RunSession& session : record->sessions) seconds += session.seconds;
  json::Writer out;
  out.begin_object().field("format", "xrouter-training-record").field("version", 2).field("kind", "language_model");
  out.field("step", step)
      .field("steps_of_the_run", steps->empty() ? std::int64_t{0} : steps->back().step())
      .field("seconds", std::round(seconds));
  out.key("run").value(RawJson{compact_json(record_json(*record))});
  out.field("settings_hash", settings_hash(*settings)).key("settings").begin_object();
  for (const Setting& setting : *settings) out.field(setting.name, setting.value);
  out.end_object();
  write_validation(out, *steps, step);
  if (auto written = write_baselines(out, run / kBaselinesFile); !written) return fail(written.error());
  write_curves(out, *steps);
  out.end_object();
  return json::indented(out.take());
}

}  // namespace xrouter::trainer
