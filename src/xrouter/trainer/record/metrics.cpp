#include "xrouter/trainer/record/metrics.hpp"

#include <algorithm>
#include <cmath>

#include "xrouter/base/assert.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/trainer/record/append_file.hpp"

namespace xrouter::trainer {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{4} << 30;
constexpr std::int64_t kMaxStep = std::int64_t{1} << 52;

std::string member_name(MetricFamily family, std::string_view member) { return std::string(family.prefix()).append("/").append(member); }

}  // namespace

void metric_is_not_declared() { XROUTER_ASSERT(false, "names of metrics are checked by the compiler"); }
void metric_is_a_family_and_needs_a_member() { metric_is_not_declared(); }
void metric_is_no_family() { metric_is_not_declared(); }

StepMetrics& StepMetrics::set(SingleMetric metric, double value) {
  put(std::string(metric.name()), value);
  return *this;
}

StepMetrics& StepMetrics::set(MetricFamily family, std::string_view member, double value) {
  put(member_name(family, member), value);
  return *this;
}

void StepMetrics::put(std::string name, double value) {
  const std::optional<double> number = std::isfinite(value) ? std::optional(value) : std::nullopt;
  for (Entry& entry : entries_)
    if (entry.name == name) {
      entry.value = number;
      return;
    }
  entries_.push_back({std::move(name), number});
}

const StepMetrics::Entry* StepMetrics::entry(std::string_view name) const {
  const auto it = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.name == name; });
  return it == entries_.end() ? nullptr : &*it;
}

std::optional<double> StepMetrics::find(SingleMetric metric) const {
  const Entry* found = entry(metric.name());
  return found != nullptr ? found->value : std::nullopt;
}

std::optional<double> StepMetrics::find(MetricFamily family, std::string_view member) const {
  const Entry* found = entry(member_name(family, member));
  return found != nullptr ? found->value : std::nullopt;
}

std::vector<std::pair<std::string_view, double>> StepMetrics::members(MetricFamily family) const {
  const std::string prefix = member_name(family, "");
  std::vector<std::pair<std::string_view, double>> out;
  for (const Entry& entry : entries_) {
    // "seconds/step" is a metric of its own beside the family "seconds/*".
    if (!entry.value || !entry.name.starts_with(prefix) || find_metric(entry.name) != nullptr) continue;
    out.emplace_back(std::string_view(entry.name).substr(prefix.size()), *entry.value);
  }
  return out;
}

std::size_t StepMetrics::not_finite() const {
  return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), [](const Entry& entry) { return !entry.value; }));
}

std::string metrics_line(const StepMetrics& metrics) {
  json::Writer out;
  out.begin_object().field("step", metrics.step()).field("stage", metrics.stage());
  for (const StepMetrics::Entry& entry : metrics.entries()) {
    if (entry.value)
      out.field(entry.name, *entry.value);
    else
      out.key(entry.name).null();
  }
  out.end_object();
  return out.take();
}

std::string metrics_markdown() {
  std::string out = "| Metric | Unit | Meaning |\n|---|---|---|\n";
  for (const MetricDeclaration& metric : kMetrics)
    out.append("| `").append(metric.name).append("` | ").append(metric.unit).append(" | ").append(metric.meaning).append(" |\n");
  return out;
}

Result<StepMetrics> parse_metrics_line(std::string_view line) {
  auto value = json::parse(line);
  if (!value) return fail(ErrorKind::config, value.error().public_text);
  json::ObjectReader in(*value);
  StepMetrics metrics(in.string("stage"), in.integer("step", 0, kMaxStep));
  if (!in.ok()) return fail(ErrorKind::config, in.error().public_text);
  for (const auto& [name, content] : in.object()) {
    if (name == "step" || name == "stage") continue;
    StepMetrics::Entry entry{.name = std::string(name)};
    if (content.is_number())
      entry.value = content.to_number<double>();
    else if (!content.is_null())
      return fail(ErrorKind::config, entry.name + ": must be a number or null");
    metrics.entries_.push_back(std::move(entry));
  }
  return metrics;
}

Result<std::vector<StepMetrics>> read_metrics(const std::filesystem::path& file) {
  auto text = read_text(file, kMaxFileBytes);
  if (!text) return fail(text.error());
  std::vector<StepMetrics> steps;
  std::string_view rest = *text;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    auto step = parse_metrics_line(rest.substr(0, end));
    if (!step) return fail(ErrorKind::config, file.string() + ":" + std::to_string(steps.size() + 1) + ": " + step.error().public_text);
    steps.push_back(std::move(*step));
    rest.remove_prefix(end + 1);
  }
  return steps;
}

}  // namespace xrouter::trainer
