#include "xrouter/trainer/record/validation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "xrouter/json/indent.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::trainer {
namespace {

constexpr double kMostUsd = 1e12;
constexpr std::size_t kMaxBaselines = 10'000;

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string cost_weight_name(double cost_weight) { return fmt::format("{}", cost_weight); }

void set_validation(StepMetrics& metrics, const std::vector<ValidationPoint>& points, double score) {
  metrics.set("validation/score", score);
  for (const ValidationPoint& point : points) {
    const std::string weight = cost_weight_name(point.cost_weight);
    metrics.set("validation/accuracy", weight, point.accuracy).set("validation/usd_per_1000", weight, point.usd_per_1000);
    metrics.set("validation/cost_ratio", weight, point.cost_ratio).set("validation/reward", weight, point.reward);
    metrics.set("validation/hull_margin", weight, point.hull_margin);
  }
}

std::vector<ValidationPoint> validation_of(const StepMetrics& metrics) {
  std::vector<ValidationPoint> points;
  for (const auto& [weight, accuracy] : metrics.members("validation/accuracy")) {
    const auto cost_weight = number_of(weight);
    if (!cost_weight) continue;
    points.push_back({.cost_weight = *cost_weight,
                      .accuracy = accuracy,
                      .usd_per_1000 = metrics.find("validation/usd_per_1000", weight).value_or(0),
                      .cost_ratio = metrics.find("validation/cost_ratio", weight).value_or(0),
                      .reward = metrics.find("validation/reward", weight).value_or(0),
                      .hull_margin = metrics.find("validation/hull_margin", weight).value_or(0)});
  }
  std::sort(points.begin(), points.end(), [](const ValidationPoint& a, const ValidationPoint& b) { return a.cost_weight < b.cost_weight; });
  return points;
}

std::string baselines_json(const std::vector<ValidationBaseline>& baselines) {
  json::Writer out;
  out.begin_array();
  for (const ValidationBaseline& baseline : baselines)
    out.begin_object()
        .field("name", baseline.name)
        .field("single_model", baseline.single_model)
        .field("accuracy", baseline.accuracy)
        .field("usd_per_1000", baseline.usd_per_1000)
        .end_object();
  out.end_array();
  return json::indented(out.take());
}

Result<std::vector<ValidationBaseline>> parse_baselines(std::string_view text) {
  auto value = json::parse(text);
  if (!value) return fail(ErrorKind::config, value.error().public_text);
  if (!value->is_array() || value->get_array().size() > kMaxBaselines) return fail(ErrorKind::config, "baselines: must be an array");
  std::vector<ValidationBaseline> baselines;
  for (const auto& item : value->get_array()) {
    json::ObjectReader in(item, "baselines");
    baselines.push_back({.name = in.string("name"),
                         .single_model = in.optional_bool("single_model").value_or(false),
                         .accuracy = in.number("accuracy", 0, 1),
                         .usd_per_1000 = in.number("usd_per_1000", 0, kMostUsd)});
    if (!in.ok()) return fail(ErrorKind::config, in.error().public_text);
  }
  return baselines;
}

}  // namespace xrouter::trainer
