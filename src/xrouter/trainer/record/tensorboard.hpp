// Scalars for TensorBoard: an event file is a row of frames (TFRecord), each an Event in protobuf form. Written by
// hand: a scalar needs five fields.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "xrouter/base/clock.hpp"
#include "xrouter/base/result.hpp"
#include "xrouter/trainer/record/append_file.hpp"
#include "xrouter/trainer/record/metrics.hpp"

namespace xrouter::trainer {

/// One file for the whole run. One thread.
class TensorBoardFile {
 public:
  /// Goes on behind the events of `last_step`; later ones, and what a kill left torn, are cut off. Errors: io.
  static Result<TensorBoardFile> open(const std::filesystem::path& path, std::int64_t last_step, WallTime now);
  /// What is not finite is left out. Errors: io.
  Result<void> append(const StepMetrics& metrics, WallTime now);
  Result<void> sync() { return file_.sync(); }
  Result<void> cut_after(std::int64_t last_step);

 private:
  TensorBoardFile(std::filesystem::path path, AppendFile file) : path_(std::move(path)), file_(std::move(file)) {}
  std::filesystem::path path_;
  AppendFile file_;
};

/// Length of the whole frames at the beginning of an event file whose step is at most `last_step`.
std::size_t events_until(std::string_view file, std::int64_t last_step);

}  // namespace xrouter::trainer
