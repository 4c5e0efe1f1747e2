#include "xrouter/trainer/record/run_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "xrouter/base/assert.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/weights/atomic_write.hpp"

namespace xrouter::trainer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxSmallFile = std::size_t{16} << 20;
constexpr std::size_t kMaxLogBytes = std::size_t{4} << 30;
constexpr std::int64_t kAllSteps = std::int64_t{1} << 52;
constexpr double kNanosecondsPerSecond = 1e9;

// Left behind by a start that was killed before it had a run to speak of.
bool is_leftover(const std::string& name) { return name.starts_with('.') || name == run_files::kLock || name == run_files::kConfig; }

bool holds_other_files(const fs::path& path) {
  std::error_code error;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error))
    if (!is_leftover(it->path().filename().string())) return true;
  return false;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += "\n  " + line;
  return out;
}

Result<void> remove_folder(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (error) return fail(ErrorKind::io, folder.string() + ": cannot be removed: " + error.message());
  return {};
}

bool has_data(const std::vector<DataFile>& data, const DataFile& wanted) {
  return std::any_of(data.begin(), data.end(), [&](const DataFile& file) { return file.name == wanted.name && file.hash == wanted.hash; });
}

// Length of the whole lines of at most `last_step`; steps ascend.
std::size_t lines_until(std::string_view text, std::int64_t last_step) {
  std::size_t end = 0;
  for (std::size_t line_end = text.find('\n'); line_end != std::string_view::npos; line_end = text.find('\n', end)) {
    const auto step = parse_metrics_line(text.substr(end, line_end - end));
    if (!step || step->step() > last_step) break;
    end = line_end + 1;
  }
  return end;
}

}  // namespace

RunFolder::RunFolder(fs::path path, RetentionOptions retention, const Clock& clock)
    : path_(std::move(path)), retention_(retention), clock_(clock), opened_(clock.now()) {
  XROUTER_ASSERT(retention_.keep_checkpoints >= 1, "a run keeps its last checkpoint");
}

RunFolder::~RunFolder() {
  if (lock_ >= 0) ::close(lock_);
}

Result<std::unique_ptr<RunFolder>> RunFolder::open(const fs::path& path, const RunConfig& config, RunMode mode,
                                                   const RetentionOptions& retention, const Clock& clock) {
  std::unique_ptr<RunFolder> folder(new RunFolder(path, retention, clock));
  const bool holds_run = fs::exists(path / run_files::kSettings);
  if (mode == RunMode::resume && !holds_run) return fail(ErrorKind::config, path.string() + ": holds no training run to go on with");
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail(ErrorKind::io, path.string() + ": cannot be made: " + error.message());
  if (auto locked = folder->lock(); !locked) return fail(locked.error());
  if (mode == RunMode::fresh && holds_run)
    return fail(ErrorKind::config, path.string() + ": already holds a training run; go on with it (--resume) or name another folder");
  if (mode == RunMode::fresh && holds_other_files(path)) return fail(ErrorKind::config, path.string() + ": is not empty");
  auto opened = mode == RunMode::fresh ? folder->begin(config) : folder->go_on(config);
  if (!opened) return fail(opened.error());
  return folder;
}

Result<void> RunFolder::lock() {
  const fs::path file = path_ / run_files::kLock;
  lock_ = ::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (lock_ < 0) return fail(ErrorKind::io, file.string() + ": cannot be made: " + std::strerror(errno));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) return fail(ErrorKind::io, path_.string() + ": another process is writing this run");
  return {};
}

// settings.json is what makes the folder a run: written last.
Result<void> RunFolder::begin(const RunConfig& config) {
  std::error_code error;
  fs::create_directories(checkpoints_path(), error);
  if (error) return fail(ErrorKind::io, checkpoints_path().string() + ": cannot be made: " + error.message());
  if (auto written = write_file(run_files::kConfig, config.text); !written) return written;
  if (auto opened = open_logs(); !opened) return opened;
  return write_file(run_files::kSettings, settings_json(config.settings));
}

Result<void> RunFolder::go_on(const RunConfig& config) {
  auto text = read_text(path_ / run_files::kSettings, kMaxSmallFile);
  if (!text) return fail(text.error());
  auto settings = parse_settings(*text);
  if (!settings) return fail(ErrorKind::config, (path_ / run_files::kSettings).string() + ": " + settings.error().public_text);
  const SettingsDifference difference = compare_settings(*settings, config.settings);
  if (!difference.forbidden.empty())
    return fail(ErrorKind::config, path_.string() + ": was begun with other settings:" + joined(difference.forbidden));
  // Nothing has been changed until here: a run that is refused is as it was.
  if (auto same = check_data(config.data); !same) return same;
  if (auto dropped = drop_unusable_checkpoints(); !dropped) return dropped;
  if (auto opened = open_logs(); !opened) return opened;
  const auto newest = latest();
  if (auto cut = cut_metrics(newest ? newest->step : 0); !cut) return cut;
  if (difference.allowed.empty()) return {};
  remarks_.push_back("changed settings:" + joined(difference.allowed));
  if (auto written = write_file(run_files::kConfig, config.text); !written) return written;
  return write_file(run_files::kSettings, settings_json(config.settings));
}

// A checkpoint without DONE is of no use to anybody. One whose bytes have changed since is set aside: somebody will want
// to know how that came about.
Result<void> RunFolder::drop_unusable_checkpoints() {
  const CheckpointScan scan = scan_checkpoints(checkpoints_path());
  for (const fs::path& torn : scan.torn) {
    if (auto removed = remove_folder(torn); !removed) return removed;
    remarks_.push_back("removed the unfinished checkpoint " + torn.filename().string());
  }
  for (auto it = scan.complete.rbegin(); it != scan.complete.rend(); ++it) {
    if (it->left) continue;
    const auto good = verify_checkpoint(*it);
    if (good) break;
    std::error_code error;
    fs::rename(it->folder, it->folder.string() + ".damaged", error);
    if (error) return fail(ErrorKind::io, it->folder.string() + ": cannot be renamed: " + error.message());
    remarks_.push_back("set a damaged checkpoint aside: " + good.error().public_text);
  }
  return {};
}

Result<void> RunFolder::open_logs() {
  auto metrics = AppendFile::open(path_ / run_files::kMetrics);
  if (!metrics) return fail(metrics.error());
  auto notes = AppendFile::open(path_ / run_files::kNotes);
  if (!notes) return fail(notes.error());
  auto board = TensorBoardFile::open(path_ / run_files::kEvents, kAllSteps, clock_.wall_now());
  if (!board) return fail(board.error());
  metrics_.emplace(std::move(*metrics));
  notes_.emplace(std::move(*notes));
  board_.emplace(std::move(*board));
  return {};
}

Result<void> RunFolder::cut_metrics(std::int64_t last_step) {
  auto text = read_text(path_ / run_files::kMetrics, kMaxLogBytes);
  if (!text) return fail(text.error());
  const std::size_t end = lines_until(*text, last_step);
  const auto cut_lines = std::count(text->begin() + static_cast<std::ptrdiff_t>(end), text->end(), '\n');
  if (cut_lines > 0) remarks_.push_back(fmt::format("cut {} steps behind step {}: they will be made again", cut_lines, last_step));
  if (auto cut = metrics_->cut(end); !cut) return cut;
  return board_->cut_after(last_step);
}

Result<RunRecord> RunFolder::earlier_record() const {
  const fs::path file = path_ / kRecordFile;
  auto text = read_text(file, kMaxSmallFile);
  if (!text) return fail(text.error());
  auto record = parse_record(*text);
  if (!record) return fail(ErrorKind::config, file.string() + ": " + record.error().public_text);
  return record;
}

// A run that was killed before its first session has no record yet.
Result<void> RunFolder::check_data(const std::vector<DataFile>& now) const {
  if (!fs::exists(path_ / kRecordFile)) return {};
  const auto earlier = earlier_record();
  if (!earlier) return fail(earlier.error());
  std::vector<std::string> changed;
  for (const DataFile& file : now)
    if (!has_data(earlier->data, file)) changed.push_back(file.name);
  for (const DataFile& file : earlier->data)
    if (!has_data(now, file)) changed.push_back(file.name + " (of the run: " + file.hash + ")");
  if (!changed.empty()) return fail(ErrorKind::config, path_.string() + ": was begun with other data:" + joined(changed));
  return {};
}

Result<void> RunFolder::begin_session(RunRecord record, RunSession session) {
  XROUTER_ASSERT(!record_, "a process is one session");
  std::vector<RunSession> sessions;
  if (fs::exists(path_ / kRecordFile)) {
    auto earlier = earlier_record();
    if (!earlier) return fail(earlier.error());
    sessions = std::move(earlier->sessions);
  }
  const auto newest = latest();
  session.started = utc_text(clock_.wall_now());
  session.from_step = newest ? newest->step : 0;
  sessions.push_back(std::move(session));
  record.sessions = std::move(sessions);
  record_ = std::move(record);
  return write_record(record_->sessions.back().from_step);
}

Result<void> RunFolder::write_record(std::int64_t step) {
  if (!record_) return {};
  RunSession& session = record_->sessions.back();
  session.to_step = step;
  session.seconds = static_cast<double>((clock_.now() - opened_).count()) / kNanosecondsPerSecond;
  return write_file(kRecordFile, record_json(*record_));
}

std::vector<Checkpoint> RunFolder::checkpoints() const {
  auto all = scan_checkpoints(checkpoints_path()).complete;
  std::erase_if(all, [](const Checkpoint& checkpoint) { return checkpoint.left; });
  return all;
}

std::optional<Checkpoint> RunFolder::latest() const {
  auto all = checkpoints();
  return all.empty() ? std::nullopt : std::optional(std::move(all.back()));
}

std::optional<Checkpoint> RunFolder::best() const { return best_of(scan_checkpoints(checkpoints_path()).complete); }

Result<void> RunFolder::save_checkpoint(std::int64_t step, std::string_view trainer_state, std::optional<double> validation_score,
                                        const std::function<Result<void>(const fs::path& folder)>& write_files) {
  // Metrics first: a checkpoint on the disk vouches for the lines up to its step.
  if (auto synced = metrics_->sync(); !synced) return synced;
  if (auto synced = board_->sync(); !synced) return synced;
  auto written = write_checkpoint(checkpoints_path(), step, trainer_state, validation_score, write_files);
  if (!written) return fail(written.error());
  if (auto pruned = prune(); !pruned) return pruned;
  return write_record(step);
}

Result<void> RunFolder::prune() {
  const auto all = scan_checkpoints(checkpoints_path()).complete;
  const auto best_one = best_of(all);
  auto going = std::count_if(all.begin(), all.end(), [](const Checkpoint& checkpoint) { return !checkpoint.left; });
  for (const Checkpoint& checkpoint : all) {
    const bool newest = !checkpoint.left && going-- <= retention_.keep_checkpoints;
    if (newest || (best_one && best_one->folder == checkpoint.folder)) continue;
    if (auto removed = remove_folder(checkpoint.folder); !removed) return removed;
  }
  return {};
}

Result<void> RunFolder::roll_back_to(std::int64_t step) {
  const auto best_one = best();
  for (const Checkpoint& checkpoint : checkpoints()) {
    if (checkpoint.step <= step) continue;
    const bool is_best = best_one && best_one->folder == checkpoint.folder;
    if (auto gone = is_best ? leave_checkpoint(checkpoint) : remove_folder(checkpoint.folder); !gone) return gone;
  }
  if (auto cut = cut_metrics(step); !cut) return cut;
  return write_record(step);
}

Result<void> RunFolder::append(const StepMetrics& metrics) {
  if (auto appended = metrics_->append(metrics_line(metrics) + "\n"); !appended) return appended;
  return board_->append(metrics, clock_.wall_now());
}

Result<void> RunFolder::note(std::string_view text) {
  json::Writer out;
  out.begin_object().field("time", utc_text(clock_.wall_now())).field("text", text).end_object();
  return notes_->append(out.take() + "\n");
}

Result<void> RunFolder::write_file(std::string_view name, std::string_view bytes) { return weights::write_file(path_ / name, bytes); }

}  // namespace xrouter::trainer
