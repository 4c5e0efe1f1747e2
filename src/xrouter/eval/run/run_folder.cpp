#include "xrouter/eval/run/run_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "xrouter/corpus/corpus.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::eval {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFileBytes = std::size_t{8} << 30;
constexpr std::size_t kBatch = 512;
constexpr std::size_t kMaxWaiting = 16'384;
constexpr std::chrono::milliseconds kLongestWait{500};
constexpr const char* kManifest = "manifest.json";
constexpr const char* kSummary = "summary.json";

Error io_error(const std::string& what) { return {.kind = ErrorKind::io, .public_text = what + ": " + std::strerror(errno)}; }

// Visits the whole lines of a file and cuts off what follows the last line break.
Result<void> for_each_line(const std::string& file, const std::function<void(std::string_view)>& visit) {
  auto bytes = corpus::read_file(file, kMaxFileBytes);
  if (!bytes) return fail(bytes.error());
  const std::size_t end = bytes->rfind('\n') == std::string::npos ? 0 : bytes->rfind('\n') + 1;
  std::string_view text(bytes->data(), end);
  while (!text.empty()) {
    const std::size_t line_end = text.find('\n');
    visit(text.substr(0, line_end));
    text.remove_prefix(line_end + 1);
  }
  std::error_code error;
  if (end != bytes->size()) fs::resize_file(file, end, error);
  if (error) return fail(ErrorKind::io, "cannot cut the torn last line of " + file + ": " + error.message());
  return {};
}

std::string response_line(const std::string& key, const std::string& text) {
  json::Writer out;
  out.begin_object().field("key", key).field("text", text).end_object();
  return out.take() + "\n";
}

Result<void> write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = ::write(file, text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return fail(io_error("cannot write a run's file"));
    text.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Result<std::unique_ptr<RunFolder>> RunFolder::open(const std::string& path, const std::string& manifest, OpenMode mode) {
  std::unique_ptr<RunFolder> folder(new RunFolder(path));
  auto started = folder->start(manifest, mode);
  if (!started) return fail(started.error());
  folder->writer_ = std::thread([raw = folder.get()] { raw->write_in_background(); });
  return folder;
}

RunFolder::~RunFolder() {
  if (writer_.joinable()) {
    {
      const std::lock_guard guard(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    writer_.join();
  }
  for (const auto& [path, file] : files_) ::close(file);
  if (lock_ >= 0) ::close(lock_);
}

Result<void> RunFolder::start(const std::string& manifest, OpenMode mode) {
  const bool has_run = fs::exists(path_of(kManifest));
  if (fs::exists(path_of(kSummary)))
    return fail(ErrorKind::config,
                path_ + " holds a finished run, which is not overwritten; give another folder with --out, or remove this one");
  if (mode == OpenMode::fresh && has_run)
    return fail(ErrorKind::config, path_ + " holds an unfinished run: go on with --resume, or give another folder with --out");
  if (mode == OpenMode::resume && !has_run) return fail(ErrorKind::config, path_ + " holds no run that could be resumed");
  std::error_code error;
  fs::create_directories(path_of("samples"), error);
  if (!error) fs::create_directories(path_of("responses"), error);
  if (error) return fail(ErrorKind::io, "cannot make the folder " + path_ + ": " + error.message());
  if (auto locked = lock(); !locked) return locked;
  if (!has_run) return write_file(kManifest, manifest);
  auto earlier = corpus::read_file(path_of(kManifest), kMaxFileBytes);
  if (!earlier) return fail(earlier.error());
  if (*earlier != manifest)
    return fail(
        ErrorKind::config,
        path_ + " holds a run of other questions, systems or settings: compare its manifest.json with your command line and configuration");
  for (const std::string& file : files_in(path_of("responses")))
    if (auto read = read_responses(file); !read) return read;
  for (const std::string& file : files_in(path_of("samples")))
    if (auto read = read_samples(file); !read) return read;
  earlier_.records = records_;
  return {};
}

Result<void> RunFolder::lock() {
  lock_ = ::open(path_of(".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (lock_ < 0) return fail(io_error("cannot make " + path_of(".lock")));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) return fail(ErrorKind::config, "another process is writing the run in " + path_);
  return {};
}

Result<void> RunFolder::read_responses(const std::string& file) {
  return for_each_line(file, [&](std::string_view line) {
    const auto value = json::parse(line);
    if (!value) return void(++earlier_.damaged);
    json::ObjectReader in(*value);
    std::string key = in.string("key");
    std::string text = in.string("text");
    if (!in.ok()) return void(++earlier_.damaged);
    responses_.insert_or_assign(std::move(key), std::move(text));
  });
}

Result<void> RunFolder::read_samples(const std::string& file) {
  return for_each_line(file, [&](std::string_view line) {
    auto record = parse_sample(line);
    if (!record) return void(++earlier_.damaged);
    ++earlier_.lines;
    earlier_.spent += record->cost.known;
    const bool lost = !record->response.empty() && !responses_.contains(record->response);
    if (lost) return void(++earlier_.damaged);
    keep(std::move(*record));
  });
}

void RunFolder::keep(SampleRecord record) {
  const auto [it, fresh] = by_key_.try_emplace(record.key, records_.size());
  if (fresh)
    records_.push_back(std::move(record));
  else
    records_[it->second] = std::move(record);
}

const std::string& RunFolder::response(const std::string& key) const {
  static const std::string none;
  const auto it = responses_.find(key);
  return it == responses_.end() ? none : it->second;
}

void RunFolder::append(SampleRecord record, std::string response) {
  std::unique_lock guard(mutex_);
  changed_.wait(guard, [&] { return waiting_.size() < kMaxWaiting || !written_; });
  waiting_.push_back({std::move(record), std::move(response)});
  if (waiting_.size() == kBatch) changed_.notify_all();
}

Result<void> RunFolder::flush() {
  std::unique_lock guard(mutex_);
  urgent_ = true;
  changed_.notify_all();
  changed_.wait(guard, [&] { return (waiting_.empty() && !writing_) || !written_; });
  urgent_ = false;
  return written_;
}

void RunFolder::write_in_background() {
  std::unique_lock guard(mutex_);
  for (;;) {
    changed_.wait_for(guard, kLongestWait, [&] { return stop_ || urgent_ || waiting_.size() >= kBatch; });
    if (waiting_.empty()) {
      if (stop_) return;
      // Nothing to hurry for: the next append or flush says so again.
      urgent_ = false;
      changed_.notify_all();
      continue;
    }
    std::vector<Waiting> batch = std::exchange(waiting_, {});
    writing_ = true;
    guard.unlock();
    Result<void> written = write_batch(std::move(batch));
    guard.lock();
    writing_ = false;
    if (written_) written_ = std::move(written);
    changed_.notify_all();
  }
}

Result<void> RunFolder::write_batch(std::vector<Waiting> batch) {
  std::map<std::string, std::string> responses;
  std::map<std::string, std::string> samples;
  for (Waiting& waiting : batch) {
    SampleRecord& record = waiting.record;
    if (!record.response.empty() && !responses_.contains(record.response)) {
      responses[record.task] += response_line(record.response, waiting.response);
      responses_.emplace(record.response, std::move(waiting.response));
    }
    samples[record.task] += to_line(record) + "\n";
    keep(as_read_back(std::move(record)));
  }
  for (const auto& [task, text] : responses)
    if (auto done = append_and_sync(path_of("responses/" + task + ".jsonl"), text); !done) return done;
  for (const auto& [task, text] : samples)
    if (auto done = append_and_sync(path_of("samples/" + task + ".jsonl"), text); !done) return done;
  return {};
}

Result<void> RunFolder::append_and_sync(const std::string& file, const std::string& text) {
  auto it = files_.find(file);
  if (it == files_.end()) {
    const int opened = ::open(file.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
    if (opened < 0) return fail(io_error("cannot open " + file));
    it = files_.emplace(file, opened).first;
  }
  if (auto written = write_all(it->second, text); !written) return written;
  if (::fdatasync(it->second) != 0) return fail(io_error("cannot sync " + file));
  return {};
}

Result<void> RunFolder::write_file(const std::string& name, std::string_view bytes) const {
  const std::string part = path_of(name + ".part");
  const int file = ::open(part.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return fail(io_error("cannot open " + part));
  auto written = write_all(file, bytes);
  if (written && ::fsync(file) != 0) written = fail(io_error("cannot sync " + part));
  ::close(file);
  if (written && ::rename(part.c_str(), path_of(name).c_str()) != 0) written = fail(io_error("cannot write " + path_of(name)));
  return written;
}

std::vector<SampleRecord> RunFolder::records() const {
  const std::lock_guard guard(mutex_);
  return records_;
}

}  // namespace xrouter::eval
