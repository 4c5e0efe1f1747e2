// The terminal of TrainingDisplay.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "xrouter/trainer/record/progress.hpp"

namespace xrouter::trainer {
namespace {

constexpr std::size_t kUsualColumns = 100, kMostColumns = 160;
constexpr std::size_t kUsualRows = 24;
constexpr double kNanosecondsPerSecond = 1e9;

struct TerminalSize {
  std::size_t columns = kUsualColumns;
  std::size_t rows = kUsualRows;
};

TerminalSize size_of(std::FILE* terminal) {
  winsize size{};
  if (::ioctl(::fileno(terminal), TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {.columns = std::min<std::size_t>(size.ws_col, kMostColumns), .rows = size.ws_row};
}

// The label stands back behind what it labels.
std::string with_faint_label(const std::string& line) {
  return "\x1b[2m" + line.substr(0, kLabelColumns) + "\x1b[0m" + line.substr(std::min(line.size(), kLabelColumns));
}

}  // namespace

TrainingDisplay::TrainingDisplay(std::FILE* out, const Clock& clock)
    : out_(out), clock_(clock), watched_(::isatty(::fileno(out)) == 1), started_(clock.now()), step_started_(started_) {}

TrainingDisplay::~TrainingDisplay() {
  if (!watched_ || !last_drawn_) return;
  activity_ = {.phase = "ended"};
  draw();
}

double TrainingDisplay::seconds() const { return static_cast<double>((clock_.now() - started_).count()) / kNanosecondsPerSecond; }

void TrainingDisplay::step_done(const TrainingPosition& position, const StepMetrics& metrics) {
  const TimePoint now = clock_.now();
  history_.add(position, metrics, static_cast<double>((now - step_started_).count()) / kNanosecondsPerSecond);
  step_started_ = now;
  if (watched_) return draw();
  const bool matters =
      position.stage_step == 1 || position.stage_step == position.stage_steps || metrics.find("validation/score").has_value();
  if (!matters && last_drawn_ && now - *last_drawn_ < kBetweenLines) return;
  last_drawn_ = now;
  fmt::print(out_, "{}\n", render_line(history_, seconds()));
  std::fflush(out_);
}

void TrainingDisplay::activity(std::string_view phase, std::size_t done, std::size_t total) {
  activity_ = {.phase = std::string(phase), .done = done, .total = total};
  if (watched_ && (!last_drawn_ || clock_.now() - *last_drawn_ >= kBetweenFrames)) draw();
}

void TrainingDisplay::say(std::string_view text) {
  erase();
  fmt::print(out_, "{}\n", text);
  std::fflush(out_);
  if (watched_ && last_drawn_) draw();
}

void TrainingDisplay::erase() {
  if (lines_drawn_ > 0) fmt::print(out_, "\x1b[{}A\x1b[J", lines_drawn_);
  lines_drawn_ = 0;
}

void TrainingDisplay::draw() {
  last_drawn_ = clock_.now();
  const TerminalSize size = size_of(out_);
  auto lines = render_block(history_, activity_, seconds(), size.columns - 1);
  if (lines.size() >= size.rows) lines.resize(size.rows - 1);  // what scrolled away could not be erased
  erase();
  for (const std::string& line : lines) fmt::print(out_, "{}\n", with_faint_label(line));
  lines_drawn_ = lines.size();
  std::fflush(out_);
}

}  // namespace xrouter::trainer
