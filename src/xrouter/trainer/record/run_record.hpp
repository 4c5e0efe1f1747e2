// The record of a run: what was done, on what, with what result. record.json while it goes on; training_record()
// beside the weights it ends in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xrouter/base/clock.hpp"
#include "xrouter/base/result.hpp"

namespace xrouter::trainer {

struct DataFile {
  std::string name;       ///< "corpus routerbench", "samples train"
  std::string hash;       ///< with its kind: "fnv1a64:0123..."
  std::string note = {};  ///< where it comes from
  bool operator==(const DataFile&) const = default;
};

/// One process of the run, until its last checkpoint.
struct RunSession {
  std::string started = {};   ///< UTC, "2026-01-31T12:00:00Z"
  std::string command = {};   ///< as typed, without the program's folder
  std::string program = {};   ///< name, version, commit where known
  std::string hardware = {};  ///< processor, cores, memory, ranks, threads
  std::int64_t from_step = 0, to_step = 0;
  double seconds = 0;
  bool operator==(const RunSession&) const = default;
};

struct RunRecord {
  std::vector<DataFile> data = {};
  std::vector<std::pair<std::string, std::uint64_t>> seeds = {};
  std::int64_t parameters = 0, trainable_parameters = 0;
  std::vector<RunSession> sessions = {};  ///< ascending; the last one is under way or the end
  bool operator==(const RunRecord&) const = default;
};

inline constexpr std::string_view kRecordFile = "record.json";
std::string record_json(const RunRecord& record);
/// Errors: config.
Result<RunRecord> parse_record(std::string_view json);

/// "AMD EPYC ..., 2 logical processors, 16 GB": what this machine says of itself.
std::string describe_hardware();
/// "2026-01-31T12:00:00Z".
std::string utc_text(WallTime time);
/// The most memory that this process has held, in bytes.
std::int64_t peak_memory();

/// Indented JSON of a whole run: the record, the settings, the validation of the checkpoint that ships, and the curves
/// at evenly spaced steps. Ships beside the weights. `step`: of the checkpoint that ships.
/// Errors: config when the folder holds no run, io.
Result<std::string> training_record(const std::filesystem::path& run, std::int64_t step);

}  // namespace xrouter::trainer
