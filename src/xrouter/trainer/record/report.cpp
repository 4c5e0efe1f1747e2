// From a run's folder to its page.
#include <fmt/format.h>

#include "xrouter/json/parse.hpp"
#include "xrouter/trainer/record/append_file.hpp"
#include "xrouter/trainer/record/curves.hpp"
#include "xrouter/trainer/record/run_folder.hpp"
#include "xrouter/weights/atomic_write.hpp"

namespace xrouter::trainer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxSmallFile = std::size_t{16} << 20;
constexpr std::size_t kMaxNotes = 500;

// Empty when the file is not there: a run under way may not have come to it yet.
std::string text_of(const fs::path& file) { return read_text(file, kMaxSmallFile).value_or(""); }

std::vector<std::pair<std::string, std::string>> facts_of(const fs::path& run) {
  std::vector<std::pair<std::string, std::string>> facts;
  if (const auto record = parse_record(text_of(run / kRecordFile))) {
    facts.emplace_back("parameters", fmt::format("{}, of which {} learn", record->parameters, record->trainable_parameters));
    for (const RunSession& session : record->sessions) {
      facts.emplace_back(fmt::format("session of {}", session.started),
                         fmt::format("{}: steps {} to {} in {:.0f} s with {} on {}", session.command, session.from_step, session.to_step,
                                     session.seconds, session.program, session.hardware));
    }
    for (const DataFile& file : record->data) facts.emplace_back(file.name, file.hash + (file.note.empty() ? "" : " (" + file.note + ")"));
    for (const auto& [name, seed] : record->seeds) facts.emplace_back("seed: " + name, std::to_string(seed));
  }
  if (const auto settings = parse_settings(text_of(run / run_files::kSettings))) {
    facts.emplace_back("settings", settings_hash(*settings));
    for (const Setting& setting : *settings) facts.emplace_back(setting.name, setting.value);
  }
  return facts;
}

std::vector<std::string> notes_of(const fs::path& run) {
  const std::string text = text_of(run / run_files::kNotes);
  std::vector<std::string> notes;
  std::string_view rest = text;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos && notes.size() < kMaxNotes; end = rest.find('\n')) {
    if (auto value = json::parse(rest.substr(0, end))) {
      json::ObjectReader in(*value);
      notes.push_back(in.string("time") + "  " + in.string("text"));
    }
    rest.remove_prefix(end + 1);
  }
  return notes;
}

}  // namespace

Result<fs::path> write_report(const fs::path& run, const fs::path& out) {
  if (!fs::exists(run / run_files::kSettings)) return fail(ErrorKind::config, run.string() + ": holds no training run");
  auto steps = read_metrics(run / run_files::kMetrics);
  if (!steps) return fail(steps.error());
  RunStory story{.title = "Training: " + fs::absolute(run).lexically_normal().filename().string(), .steps = std::move(*steps)};
  if (fs::exists(run / kBaselinesFile)) {
    auto baselines = parse_baselines(text_of(run / kBaselinesFile));
    if (!baselines) return fail(ErrorKind::config, (run / kBaselinesFile).string() + ": " + baselines.error().public_text);
    story.baselines = std::move(*baselines);
  }
  story.facts = facts_of(run);
  story.notes = notes_of(run);
  const fs::path target = out.empty() ? run / run_files::kReport : out;
  if (auto written = weights::write_file(target, render_curves(story)); !written) return fail(written.error());
  return target;
}

}  // namespace xrouter::trainer
