#include "xrouter/trainer/record/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "xrouter/trainer/record/validation.hpp"

namespace xrouter::trainer {
namespace {

constexpr std::size_t kBarColumns = 24;
constexpr std::size_t kSparkColumns = 24;
constexpr std::size_t kMostModels = 4;
constexpr double kOfThePast = 0.8;  // weight of earlier steps in the pace
constexpr const char* kGap = "   ";

std::string clock_text(double seconds) {
  const auto whole = static_cast<long>(std::max(seconds, 0.0) + 0.5);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string short_number(double value) {
  const double size = std::abs(value);
  if (size >= 1e9) return fmt::format("{:.1f}G", value / 1e9);
  if (size >= 1e6) return fmt::format("{:.1f}M", value / 1e6);
  if (size >= 1e4) return fmt::format("{:.1f}k", value / 1e3);
  if (size >= 100) return fmt::format("{:.0f}", value);
  return fmt::format("{:.3g}", value);
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

double share_done(double done, double total) { return total <= 0 ? 0 : std::clamp(done / total, 0.0, 1.0); }

std::string bar(double share) {
  const auto full = static_cast<std::size_t>(share * static_cast<double>(kBarColumns));
  std::string out;
  for (std::size_t i = 0; i < kBarColumns; ++i) out += i < full ? "\xE2\x96\x88" : "\xE2\x96\x91";
  return out;
}

// Parts beside each other, as many as there is room for.
class Line {
 public:
  explicit Line(std::string_view label) : text_(fmt::format("{:<{}}", label, kLabelColumns)) {}
  Line& add(std::string part) {
    if (!part.empty()) text_ += (empty_ ? "" : kGap) + std::move(part), empty_ = false;
    return *this;
  }
  template <class Show>
  Line& add(const std::optional<double>& value, Show show) {
    return value ? add(show(*value)) : *this;
  }
  bool empty() const { return empty_; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  bool empty_ = true;
};

// Bytes of the first `columns` code points: every one we write takes a column.
std::string cut_to(const std::string& text, std::size_t columns) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (begins && seen++ == columns) return text.substr(0, i);
  }
  return text;
}

class Block {
 public:
  Block(const ProgressHistory& history, std::size_t width) : history_(history), width_(width) {}

  void position(double seconds) {
    const TrainingPosition& at = history_.position();
    const double share = share_done(static_cast<double>(at.stage_step), static_cast<double>(at.stage_steps));
    Line line(at.stage);
    line.add(fmt::format("{} {}/{}  {:.0f} %", bar(share), at.stage_step, at.stage_steps, 100 * share));
    if (history_.seconds_per_step() > 0) line.add(fmt::format("{:.1f} s/step", history_.seconds_per_step()));
    if (const auto left = history_.stage_seconds_left()) line.add(clock_text(*left) + " left");
    line.add(clock_text(seconds) + " gone");
    if (at.stages > 1) line.add(fmt::format("stage {} of {}", at.stage_number, at.stages));
    put(line);
  }

  void activity(const Activity& activity) {
    Line line("now");
    if (activity.phase.empty())
      line.add("...");
    else if (activity.total == 0)
      line.add(activity.phase);
    else
      line.add(fmt::format("{} {}/{}  {}", bar(share_done(static_cast<double>(activity.done), static_cast<double>(activity.total))),
                           activity.done, activity.total, activity.phase));
    put(line);
  }

  void loss() {
    Line line("loss");
    line.add(last("loss/nll"), [&](double v) { return fmt::format("{:.4f} nats {}", v, spark("loss/nll")); });
    put(line);
  }

  void reward() {
    Line line("reward");
    line.add(last("reward/total"), [&](double v) { return fmt::format("{:.3f} {}", v, spark("reward/total")); });
    line.add(last("reward/success"), [](double v) { return fmt::format("success {:.3f}", v); });
    line.add(last("reward/cost"), [](double v) { return fmt::format("cost {:.3f}", v); });
    line.add(last("reward/failure"), [](double v) { return v == 0 ? "" : fmt::format("failure {:.3f}", v); });
    line.add(last("reward/overlong"), [](double v) { return v == 0 ? "" : fmt::format("overlong {:.3f}", v); });
    put(line);
  }

  void success() {
    Line line("right");
    line.add(last("success/rate"), [&](double v) { return percent(v) + " " + spark("success/rate"); });
    line.add(last("cost/ratio"), [&](double v) { return fmt::format("cost {:.3f} of the reference {}", v, spark("cost/ratio")); });
    line.add(last("cost/spent_usd"), [](double v) { return fmt::format("{:.2f} USD", v); });
    put(line);
  }

  void calls() {
    Line line("calls");
    auto models = steps().back().members("call_share/*");
    std::stable_sort(models.begin(), models.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    double others = 0;
    for (std::size_t i = 0; i < models.size(); ++i) {
      if (i < kMostModels)
        line.add(fmt::format("{} {:.0f} %", models[i].first, 100 * models[i].second));
      else
        others += models[i].second;
    }
    if (models.size() > kMostModels) line.add(fmt::format("{} others {:.0f} %", models.size() - kMostModels, 100 * others));
    line.add(last("calls/per_query"), [](double v) { return fmt::format("{:.2f} a query", v); });
    line.add(steps().back().find("answer/*", "direct"), [](double v) { return fmt::format("direct {:.0f} %", 100 * v); });
    put(line);
  }

  void policy() {
    Line line("policy");
    line.add(last("policy/entropy"), [&](double v) { return fmt::format("entropy {:.3f} {}", v, spark("policy/entropy")); });
    line.add(last("policy/kl"), [](double v) { return fmt::format("KL {:.2g}", v); });
    line.add(last("policy/clip_high"),
             [&](double v) { return fmt::format("clipped {} up, {} down", percent(v), percent(last("policy/clip_low").value_or(0))); });
    line.add(last("policy/mismatch_kl"), [](double v) { return fmt::format("mismatch {:.1g}", v); });
    put(line);
  }

  void groups() {
    Line line("groups");
    line.add(last("groups/used"),
             [&](double v) { return fmt::format("{:.0f} used of {:.0f} drawn", v, last("groups/drawn").value_or(v)); });
    line.add(last("groups/all_wrong"), [](double v) { return "all wrong " + percent(v); });
    line.add(last("groups/all_right"), [](double v) { return "all right " + percent(v); });
    line.add(last("groups/buffered"), [](double v) { return v == 0 ? "" : fmt::format("{:.0f} kept for later", v); });
    put(line);
  }

  void speed() {
    Line line("speed");
    line.add(last("speed/rollout_tokens_per_second"), [](double v) { return short_number(v) + " tokens/s rollout"; });
    line.add(last("speed/update_tokens_per_second"), [](double v) { return short_number(v) + " tokens/s update"; });
    line.add(last("optimizer/learning_rate"), [](double v) { return fmt::format("rate {:.2g}", v); });
    line.add(last("optimizer/grad_norm"), [](double v) { return fmt::format("gradient {:.3g}", v); });
    line.add(last("memory/peak_bytes"), [](double v) { return short_number(v) + "B"; });
    put(line);
  }

  void validation() {
    if (!history_.validation()) return;
    const StepMetrics& step = *history_.validation();
    Line line("validated");
    line.add(fmt::format("step {}", step.step()));
    line.add(step.find("validation/score"), [](double v) { return fmt::format("score {:.4f}", v); });
    for (const ValidationPoint& point : validation_of(step))
      line.add(fmt::format("{}: {} for {:.2f}", cost_weight_name(point.cost_weight), percent(point.accuracy), point.cost_ratio));
    put(line);
  }

  std::vector<std::string> take() { return std::move(lines_); }
  bool measured() const { return !steps().empty(); }

 private:
  const std::vector<StepMetrics>& steps() const { return history_.recent(); }
  std::optional<double> last(SingleMetric metric) const { return steps().back().find(metric); }
  std::string spark(SingleMetric metric) const { return sparkline(history_.series(metric), kSparkColumns); }
  void put(const Line& line) {
    if (!line.empty() && lines_.size() < kBlockLines) lines_.push_back(cut_to(line.text(), width_));
  }

  const ProgressHistory& history_;
  std::size_t width_;
  std::vector<std::string> lines_;
};

}  // namespace

void ProgressHistory::add(const TrainingPosition& position, const StepMetrics& metrics, double seconds) {
  if (position.stage_number != position_.stage_number || position.stage != position_.stage) {
    recent_.clear();
    seconds_per_step_ = 0;
  }
  position_ = position;
  if (recent_.size() == kRemembered) recent_.erase(recent_.begin());
  recent_.push_back(metrics);
  if (metrics.find("validation/score")) validation_ = metrics;
  seconds_per_step_ = seconds_per_step_ == 0 ? seconds : kOfThePast * seconds_per_step_ + (1 - kOfThePast) * seconds;
}

std::vector<double> ProgressHistory::series(SingleMetric metric) const {
  std::vector<double> values;
  for (const StepMetrics& step : recent_)
    if (const auto value = step.find(metric)) values.push_back(*value);
  return values;
}

std::optional<double> ProgressHistory::stage_seconds_left() const {
  if (seconds_per_step_ == 0) return std::nullopt;
  return seconds_per_step_ * static_cast<double>(std::max<std::int64_t>(position_.stage_steps - position_.stage_step, 0));
}

std::string sparkline(const std::vector<double>& values, std::size_t width) {
  constexpr int kHeights = 8;
  const std::size_t columns = std::min(width, values.size());
  std::vector<double> means;
  for (std::size_t c = 0; c < columns; ++c) {
    const std::size_t from = c * values.size() / columns, to = (c + 1) * values.size() / columns;
    double sum = 0;
    for (std::size_t i = from; i < to; ++i) sum += values[i];
    means.push_back(sum / static_cast<double>(to - from));
  }
  if (means.empty()) return {};
  const auto [least, largest] = std::minmax_element(means.begin(), means.end());
  const double range = *largest - *least;
  std::string out;
  for (const double mean : means) {
    const int height = range > 0 ? std::min(static_cast<int>((mean - *least) / range * kHeights), kHeights - 1) : kHeights / 2 - 1;
    out += "\xE2\x96";
    out += static_cast<char>(0x81 + height);  // U+2581 to U+2588
  }
  return out;
}

std::vector<std::string> render_block(const ProgressHistory& history, const Activity& activity, double seconds, std::size_t width) {
  Block block(history, width);
  block.position(seconds);
  block.activity(activity);
  if (block.measured()) {
    block.loss();
    block.reward();
    block.success();
    block.calls();
    block.policy();
    block.groups();
    block.speed();
  }
  block.validation();
  return block.take();
}

std::string render_line(const ProgressHistory& history, double seconds) {
  const TrainingPosition& at = history.position();
  std::string out = fmt::format("{} {}/{}", at.stage, at.stage_step, at.stage_steps);
  if (history.recent().empty()) return out;
  const StepMetrics& step = history.recent().back();
  const auto add = [&](const std::optional<double>& value, auto show) {
    if (value) out += "  " + show(*value);
  };
  add(step.find("loss/nll"), [](double v) { return fmt::format("loss {:.4f}", v); });
  add(step.find("reward/total"), [](double v) { return fmt::format("reward {:.3f}", v); });
  add(step.find("success/rate"), [](double v) { return "right " + percent(v); });
  add(step.find("cost/ratio"), [](double v) { return fmt::format("cost {:.3f}", v); });
  add(step.find("calls/per_query"), [](double v) { return fmt::format("calls {:.2f}", v); });
  add(step.find("calls/top_share"), [](double v) { return fmt::format("top model {:.0f} %", 100 * v); });
  add(step.find("policy/entropy"), [](double v) { return fmt::format("entropy {:.3f}", v); });
  add(step.find("optimizer/grad_norm"), [](double v) { return fmt::format("gradient {:.3g}", v); });
  out += fmt::format("  {:.1f} s/step", history.seconds_per_step());
  if (const auto left = history.stage_seconds_left()) out += "  " + clock_text(*left) + " left";
  out += "  " + clock_text(seconds) + " gone";
  add(step.find("validation/score"), [](double v) { return fmt::format("| validated {:.4f}", v); });
  for (const ValidationPoint& point : validation_of(step))
    out += fmt::format("  {}: {} for {:.2f}", cost_weight_name(point.cost_weight), percent(point.accuracy), point.cost_ratio);
  return out;
}

}  // namespace xrouter::trainer
