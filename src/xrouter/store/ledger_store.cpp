#include "xrouter/store/ledger_store.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "xrouter/base/assert.hpp"
#include "xrouter/base/log.hpp"
#include "xrouter/store/booking.hpp"
#include "xrouter/store/importer.hpp"
#include "xrouter/store/journal_frame.hpp"
#include "xrouter/store/journal_writer.hpp"
#include "xrouter/store/quiet_thread.hpp"
#include "xrouter/store/record_parts.hpp"
#include "xrouter/store/schema.hpp"

namespace xrouter::store {
namespace {

constexpr std::string_view kScope = "ledger";
constexpr std::size_t kMaxPoolsRemembered = 4096;
constexpr Duration kSyncInterval = std::chrono::seconds(1);
constexpr std::size_t kUsualLineBytes = 512;
/// Up to this backlog booking gives way to requests; above it, it takes its share of the processor,
/// or a server under full load would fill the journal and refuse requests.
constexpr std::uint64_t kPatientBacklogBytes = std::uint64_t{64} << 20;
constexpr Duration kUrgencyCheck = std::chrono::milliseconds(10);

/// Says once that something broke and once that it works again.
class Complaint {
 public:
  explicit Complaint(std::string what) : what_(std::move(what)) {}
  void report(const Result<void>& outcome) {
    if (outcome && broken_) log::info(kScope, what_ + " works again");
    if (!outcome && !broken_) log::error(kScope, what_ + " failed, trying again: " + outcome.error().describe());
    broken_ = !outcome;
  }
  bool broken() const { return broken_; }

 private:
  std::string what_;
  bool broken_ = false;
};

}  // namespace

class LedgerStore::Impl {
 public:
  Impl(StoreOptions options, Descriptor lock, Database database)
      : options_(std::move(options)),
        clock_(options_.clock != nullptr ? *options_.clock : system_clock()),
        folder_(journal_folder(options_.path)),
        lock_(std::move(lock)),
        database_(std::move(database)),
        importer_(database_, folder_, clock_) {}

  ~Impl() {
    {
      std::lock_guard hold(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
    if (!retained_.empty()) log::error(kScope, std::to_string(retained_records()) + " records are lost: the disk refused them to the end");
    tidy_up();
  }

  Result<void> recover() {
    if (auto loaded = importer_.load(); !loaded) return loaded;
    auto segments = list_segments(folder_);
    if (!segments) return fail(std::move(segments.error()));
    const std::uint64_t newest = std::max(importer_.position().segment, segments->empty() ? 0 : segments->back());
    const Position fresh{.segment = newest + 1, .offset = 0};
    if (auto retired = retire_consumed(*segments); !retired) return retired;
    if (auto imported = importer_.import_until(fresh); !imported) return imported;
    if (importer_.booked() > 0) log::info(kScope, "recovered " + std::to_string(importer_.booked()) + " records from the journal");
    publish_counts();
    writer_.emplace(folder_, fresh.segment, options_.segment_bytes);
    return book_lost();
  }

  void start() { thread_ = std::thread([this] { run(); }); }

  Result<void> append(std::span<const Record> records) {
    Batch batch = lines_of(records);
    if (batch.records == 0) return {};
    std::lock_guard hold(mutex_);
    if (!retained_.empty()) {  // order is kept: nothing overtakes a record that waits
      retain(std::move(batch));
      return fail(ErrorKind::io, "The ledger cannot be written.", "the journal waits for the disk");
    }
    auto written = write(batch);
    if (written) return {};
    append_errors_ += 1;
    disk_refuses_.store(true, std::memory_order_relaxed);
    append_complaint_.report(written);
    retain(std::move(batch));
    return written;
  }

  bool accepting() const noexcept { return !disk_refuses_.load(std::memory_order_relaxed) && !backlog_full_.load(std::memory_order_relaxed); }

  bool first_sight_of(const std::string& pool) {
    std::lock_guard hold(mutex_);
    if (pools_.size() >= kMaxPoolsRemembered) pools_.clear();  // writing a pool again is harmless
    return pools_.insert(pool).second;
  }

  Result<void> flush() {
    std::unique_lock hold(mutex_);
    const std::uint64_t ticket = ++flushes_asked_;
    wake_.notify_all();
    flushed_.wait(hold, [&] { return flushes_done_ >= ticket; });
    return last_flush_;
  }

  StoreStats stats() const {
    std::lock_guard hold(mutex_);
    return {.appended = appended_,
            .booked = booked_.load(),
            .damaged = damaged_.load(),
            .append_errors = append_errors_,
            .journal_writes = writer_->writes(),
            .dropped = dropped_.load(),
            .import_errors = import_errors_.load(),
            .backlog_bytes = appended_bytes_ - imported_bytes_,
            .retained_bytes = retained_bytes_};
  }

 private:
  // What one append brings: a record may be several lines.
  struct Batch {
    std::string lines;
    std::uint64_t records = 0;
  };

  static Batch lines_of(std::span<const Record> records) {
    Batch batch{.lines = {}, .records = records.size()};
    batch.lines.reserve(records.size() * kUsualLineBytes);
    auto add = [&batch](const Record& record) {
      const std::size_t before = batch.lines.size();
      append_frame(batch.lines, to_json(record));
      XROUTER_ASSERT(batch.lines.size() - before <= kMaxFrameBytes, "texts are cut and lists are split");
    };
    for (const Record& record : records) {
      if (fits_one_line(record))
        add(record);  // nearly always: no copy
      else
        std::ranges::for_each(parts_of(record), add);
    }
    return batch;
  }

  // Precondition: mutex_ is held.
  Result<void> write(const Batch& batch) {
    auto written = writer_->append(batch.lines);
    if (!written) return written;
    appended_ += batch.records;
    appended_bytes_ += batch.lines.size();
    return {};
  }

  // The thread: retries what the disk refused, imports, judges the backlog; until told to stop, and
  // then once more.
  void run() {
    for (;;) {
      std::unique_lock hold(mutex_);
      wake_.wait_for(hold, options_.flush_interval, [this] { return stopping_ || flushes_asked_ > flushes_done_; });
      const bool last_round = stopping_;
      const std::uint64_t ticket = flushes_asked_;
      hold.unlock();
      auto outcome = import_once();
      hold.lock();
      last_flush_ = std::move(outcome);
      flushes_done_ = ticket;
      flushed_.notify_all();
      if (last_round) return;
    }
  }

  Result<void> import_once() {
    auto retried = retry_retained();
    Position end;
    std::uint64_t bytes = 0;
    {
      std::lock_guard hold(mutex_);
      end = writer_->end();
      bytes = appended_bytes_;
    }
    auto imported = import_patiently(end);
    import_complaint_.report(imported);
    publish_counts();
    if (!imported) import_errors_.fetch_add(1);
    if (!imported) sync_journal(end);
    judge_backlog(imported ? std::optional(bytes) : std::nullopt, end);
    return imported ? std::move(retried) : std::move(imported);
  }

  // Requests come first as long as nobody waits for the books and the backlog is small.
  Result<void> import_patiently(Position end) {
    if (!urgent()) {
      Result<void> imported;
      std::atomic<bool> hurry{false};
      quiet_.start([&] { imported = importer_.import_until(end, &hurry); });
      while (!quiet_.wait_for(kUrgencyCheck)) hurry = urgent();
      if (!imported || importer_.position() >= end) return imported;
    }
    return importer_.import_until(end);
  }

  bool urgent() const {
    std::lock_guard hold(mutex_);
    return stopping_ || flushes_asked_ > flushes_done_ || appended_bytes_ - imported_bytes_ > std::min(kPatientBacklogBytes, options_.max_journal_bytes / 2);
  }

  void publish_counts() {
    booked_.store(importer_.booked());
    damaged_.store(importer_.damaged());
  }

  Result<void> retry_retained() {
    std::lock_guard hold(mutex_);
    while (!retained_.empty()) {
      auto written = write(retained_.front());
      append_complaint_.report(written);
      if (!written) return written;
      retained_bytes_ -= retained_.front().lines.size();
      retained_.pop_front();
    }
    disk_refuses_.store(false, std::memory_order_relaxed);
    return {};
  }

  std::uint64_t retained_records() const {
    std::uint64_t records = 0;
    for (const Batch& batch : retained_) records += batch.records;
    return records;
  }

  // Precondition: mutex_ is held.
  void retain(Batch batch) {
    if (retained_bytes_ + batch.lines.size() > options_.max_retained_bytes) {
      if (dropped_.fetch_add(batch.records) == 0) log::error(kScope, "records are being lost: the disk refuses them and the memory for retries is full");
      return;
    }
    retained_bytes_ += batch.lines.size();
    retained_.push_back(std::move(batch));
  }

  // While the database refuses, the journal is all there is.
  void sync_journal(Position end) {
    if (clock_.now() - last_sync_ < kSyncInterval) return;
    last_sync_ = clock_.now();
    if (end.offset > 0) sync_complaint_.report(sync_segment(folder_, end.segment));
  }

  void judge_backlog(std::optional<std::uint64_t> imported_bytes, Position end) {
    std::uint64_t backlog = 0;
    {
      std::lock_guard hold(mutex_);
      if (imported_bytes) imported_bytes_ = *imported_bytes;
      backlog = appended_bytes_ - imported_bytes_;
    }
    const bool was_full = backlog_full_.load();
    // Opens again only well below the limit, or it would flap.
    const bool full = was_full ? backlog > options_.max_journal_bytes / 4 * 3 : backlog > options_.max_journal_bytes;
    backlog_full_.store(full);
    if (full && !was_full) log::error(kScope, "the journal backlog is over its limit (" + std::to_string(backlog) + " bytes, segment " +
                                                  std::to_string(end.segment) + "): requests are refused until the database catches up");
    if (!full && was_full) log::info(kScope, "the journal backlog is below its limit again");
  }

  // Left over when the process died between a commit and the deletion.
  Result<void> retire_consumed(const std::vector<std::uint64_t>& segments) {
    for (std::uint64_t segment : segments) {
      if (segment >= importer_.position().segment) break;
      if (auto retired = retire_segment(folder_, segment, false); !retired) return retired;
    }
    return {};
  }

  Result<void> book_lost() {
    if (auto begun = database_.execute("BEGIN IMMEDIATE"); !begun) return begun;
    auto open = database_.integer("SELECT count(*) FROM calls WHERE status = 'open'");
    if (!open) return fail(std::move(open.error()));
    if (auto booked = book_all_lost(database_); !booked) return booked;
    if (*open > 0) log::warn(kScope, std::to_string(*open) + " calls were under way when the last process ended; booked as lost at their reserved amount");
    return database_.execute("COMMIT");
  }

  // A clean end leaves an empty journal behind.
  void tidy_up() {
    if (!writer_ || importer_.position() != writer_->end()) return;
    const Position end = writer_->end();
    const Position next{.segment = end.segment + 1, .offset = 0};
    writer_.reset();
    auto moved = database_.run("UPDATE journal_position SET segment = ?, offset = ?", next.segment, next.offset);
    if (moved && end.offset > 0) retire_or_log(end.segment);
  }

  void retire_or_log(std::uint64_t segment) {
    auto damage = database_.integer("SELECT count(*) FROM journal_damage WHERE segment = ?", segment);
    auto retired = retire_segment(folder_, segment, damage.value_or(1) > 0);
    if (!retired) log::warn(kScope, retired.error().describe());
  }

  const StoreOptions options_;
  const Clock& clock_;
  const std::string folder_;
  const Descriptor lock_;
  Database database_;  // of the thread, once it runs, or of the quiet one while it waits for that
  Importer importer_;  // likewise
  TimePoint last_sync_{};
  Complaint import_complaint_{"booking into the database"};
  Complaint sync_complaint_{"syncing the journal"};

  mutable std::mutex mutex_;  // guards what follows, up to the atomics
  std::condition_variable wake_;
  std::condition_variable flushed_;
  std::optional<JournalWriter> writer_;
  Complaint append_complaint_{"writing the journal"};
  std::deque<Batch> retained_;
  std::size_t retained_bytes_ = 0;
  std::uint64_t appended_ = 0;
  std::uint64_t appended_bytes_ = 0;
  std::uint64_t imported_bytes_ = 0;
  std::uint64_t append_errors_ = 0;
  std::uint64_t flushes_asked_ = 0;
  std::uint64_t flushes_done_ = 0;
  Result<void> last_flush_;
  std::set<std::string> pools_;
  bool stopping_ = false;

  std::atomic<bool> disk_refuses_{false};
  std::atomic<bool> backlog_full_{false};
  std::atomic<std::uint64_t> booked_{0};
  std::atomic<std::uint64_t> damaged_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::uint64_t> import_errors_{0};
  QuietThread quiet_;
  std::thread thread_;
};

LedgerStore::LedgerStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LedgerStore::~LedgerStore() = default;

Result<std::unique_ptr<LedgerStore>> LedgerStore::open(StoreOptions options) {
  // The lock first: two processes must not migrate or recover at once.
  auto lock = lock_folder(journal_folder(options.path));
  if (!lock) return fail(std::move(lock.error()));
  auto database = Database::open(options.path, Database::Access::create);
  if (!database) return fail(std::move(database.error()));
  if (auto ready = migrate(*database); !ready) return fail(std::move(ready.error()));
  // FULL: a commit is on the disk when it returns, so a consumed segment may be deleted.
  if (auto set = database->execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"); !set) return fail(std::move(set.error()));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(*lock), std::move(*database));
  if (auto recovered = impl->recover(); !recovered) return fail(std::move(recovered.error()));
  impl->start();
  return std::unique_ptr<LedgerStore>(new LedgerStore(std::move(impl)));
}

Result<void> LedgerStore::append(std::span<const Record> records) { return impl_->append(records); }
bool LedgerStore::accepting() const noexcept { return impl_->accepting(); }
bool LedgerStore::first_sight_of(const std::string& pool) { return impl_->first_sight_of(pool); }
Result<void> LedgerStore::flush() { return impl_->flush(); }
StoreStats LedgerStore::stats() const { return impl_->stats(); }

}  // namespace xrouter::store
