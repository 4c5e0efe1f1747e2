// The files of a run: what survives a kill at any moment.
//
//   manifest.json          what is measured on what, with hashes; written once, checked on resume
//   samples/<task>.jsonl   one SampleRecord a line, appended and synced in batches
//   responses/<task>.jsonl {"key", "text"}: each answer once, synced before the samples that name it
//   timing.json            what depends on this machine and its clock; never in the summary
//   summary.json, summary.csv, report.html   of a finished run: it is not overwritten
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "xrouter/eval/record.hpp"

namespace xrouter::eval {

enum class OpenMode {
  fresh,   ///< the folder must not hold a run
  resume,  ///< it must hold this run, unfinished
};

/// What an earlier attempt left behind.
struct EarlierSamples {
  std::vector<SampleRecord> records = {};  ///< the latest of each key
  Usd spent = {};                          ///< by all lines, those that were tried again included
  std::size_t lines = 0;
  std::size_t damaged = 0;                 ///< lines that could not be read; their samples are made again
};

/// One process at a time (the folder is locked). append() may be called by any thread.
class RunFolder {
 public:
  /// `manifest` identifies the run: on resume it must be the one in the folder, byte for byte.
  /// A torn last line is cut off. Errors: ErrorKind::config when the folder holds a finished run, an
  /// unfinished one in mode fresh, none in mode resume, or another run; ErrorKind::io.
  static Result<std::unique_ptr<RunFolder>> open(const std::string& path, const std::string& manifest, OpenMode mode);
  ~RunFolder();

  const EarlierSamples& earlier() const { return earlier_; }
  /// Texts by key, of everything appended before and now. Call with no append() under way.
  const std::string& response(const std::string& key) const;

  /// Keeps a sample and its response text (empty for none). Written and synced within half a second
  /// or 512 samples, whichever is first. Blocks while 16,384 samples wait.
  void append(SampleRecord record, std::string response);
  /// Returns when everything is on disk. Error: ErrorKind::io, of any write so far.
  Result<void> flush();

  /// Writes a result file in full or not at all. Error: ErrorKind::io.
  Result<void> write_file(const std::string& name, std::string_view bytes) const;
  std::string path_of(const std::string& name) const { return path_ + "/" + name; }
  /// The samples of this process and of earlier ones, the latest of each key.
  std::vector<SampleRecord> records() const;

 private:
  struct Waiting {
    SampleRecord record;
    std::string response;
  };
  explicit RunFolder(std::string path) : path_(std::move(path)) {}
  Result<void> start(const std::string& manifest, OpenMode mode);
  Result<void> lock();
  Result<void> read_samples(const std::string& file);
  Result<void> read_responses(const std::string& file);
  void keep(SampleRecord record);
  void write_in_background();
  Result<void> write_batch(std::vector<Waiting> batch);
  Result<void> append_and_sync(const std::string& file, const std::string& text);

  std::string path_;
  EarlierSamples earlier_;
  std::unordered_map<std::string, std::string> responses_;
  std::unordered_map<std::string, std::size_t> by_key_;
  std::vector<SampleRecord> records_;
  std::map<std::string, int> files_;  // open for appending, by path
  int lock_ = -1;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Waiting> waiting_;
  bool writing_ = false;
  bool urgent_ = false;
  bool stop_ = false;
  Result<void> written_ = {};
  std::thread writer_;
};

}  // namespace xrouter::eval
