#include "xrouter/trainer/record/checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>

#include "xrouter/json/indent.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/trainer/record/append_file.hpp"
#include "xrouter/trainer/record/crc32c.hpp"
#include "xrouter/weights/atomic_write.hpp"

namespace xrouter::trainer {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDone = "DONE";
constexpr const char* kState = "trainer.bin";
constexpr std::string_view kFolderPrefix = "step-";
constexpr const char* kLeftSuffix = ".left";
constexpr std::size_t kMaxDoneBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxStateBytes = std::size_t{4} << 30;
constexpr std::int64_t kMaxStep = std::int64_t{1} << 52;
constexpr double kAnyScore = 1e300;

struct FileMark {
  std::string name;  // below the checkpoint's folder
  std::uint64_t bytes = 0;
  std::uint32_t crc = 0;
};

struct Done {
  std::int64_t step = 0;
  std::optional<double> score = {};
  std::vector<FileMark> files = {};
};

std::string folder_name(std::int64_t step) { return fmt::format("{}{:06}", kFolderPrefix, step); }

tl::unexpected<Error> io_failure(const fs::path& path, std::string_view what) {
  return fail(ErrorKind::io, fmt::format("{}: {}", path.string(), what));
}

Result<std::uint32_t> checksum(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return io_failure(path, "cannot be read");
  std::vector<char> buffer(std::size_t{1} << 20);
  std::uint32_t crc = 0;
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    crc = crc32c(std::string_view(buffer.data(), static_cast<std::size_t>(in.gcount())), crc);
  }
  if (in.bad()) return io_failure(path, "cannot be read");
  return crc;
}

// Every file below the folder, synced and by name.
Result<std::vector<FileMark>> mark_files(const fs::path& folder) {
  std::vector<FileMark> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (auto synced = weights::sync_file(it->path()); !synced) return fail(synced.error());
    if (it->is_directory()) continue;
    auto crc = checksum(it->path());
    if (!crc) return fail(crc.error());
    files.push_back({.name = it->path().lexically_relative(folder).generic_string(), .bytes = it->file_size(), .crc = *crc});
  }
  if (error) return io_failure(folder, error.message());
  std::sort(files.begin(), files.end(), [](const FileMark& a, const FileMark& b) { return a.name < b.name; });
  return files;
}

std::string done_json(const Done& done) {
  json::Writer out;
  out.begin_object().field("step", done.step).optional_field("validation_score", done.score);
  out.key("files").begin_array();
  for (const FileMark& file : done.files)
    out.begin_object()
        .field("name", file.name)
        .field("bytes", static_cast<std::int64_t>(file.bytes))
        .field("crc32c", static_cast<std::int64_t>(file.crc))
        .end_object();
  out.end_array().end_object();
  return json::indented(out.take());
}

Result<Done> read_done(const fs::path& folder) {
  auto text = read_text(folder / kDone, kMaxDoneBytes);
  if (!text) return fail(text.error());
  auto value = json::parse(*text);
  if (!value) return fail(ErrorKind::config, value.error().public_text);
  json::ObjectReader in(*value);
  Done done{.step = in.integer("step", 0, kMaxStep), .score = in.optional_number("validation_score", -kAnyScore, kAnyScore)};
  if (const auto* files = in.optional_array("files", 100'000)) {
    for (const auto& item : *files) {
      json::ObjectReader file(item, "files");
      done.files.push_back({.name = file.string("name"),
                            .bytes = static_cast<std::uint64_t>(file.integer("bytes", 0, kMaxStep)),
                            .crc = static_cast<std::uint32_t>(file.integer("crc32c", 0, 0xffffffff))});
      in.take_error_of(file);
    }
  }
  if (!in.ok()) return fail(ErrorKind::config, in.error().public_text);
  return done;
}

bool has_all_bytes(const fs::path& folder, const Done& done) {
  return std::all_of(done.files.begin(), done.files.end(), [&](const FileMark& file) {
    std::error_code error;
    return fs::file_size(folder / file.name, error) == file.bytes && !error;
  });
}

std::optional<Checkpoint> complete_at(const fs::path& folder) {
  const auto done = read_done(folder);
  const bool left = folder.extension() == kLeftSuffix;
  if (!done || (left ? folder.stem() : folder.filename()) != folder_name(done->step) || !has_all_bytes(folder, *done)) return std::nullopt;
  return Checkpoint{.step = done->step, .folder = folder, .validation_score = done->score, .left = left};
}

enum class Kind { foreign, unfinished, finished };

Kind kind_of(const std::string& name) {
  if (name.starts_with("." + std::string(kFolderPrefix))) return Kind::unfinished;
  const fs::path extension = fs::path(name).extension();
  return name.starts_with(kFolderPrefix) && (extension.empty() || extension == kLeftSuffix) ? Kind::finished : Kind::foreign;
}

}  // namespace

CheckpointScan scan_checkpoints(const fs::path& folder) {
  CheckpointScan scan;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const Kind kind = kind_of(it->path().filename().string());
    if (kind == Kind::foreign) continue;
    auto checkpoint = kind == Kind::finished ? complete_at(it->path()) : std::nullopt;
    if (checkpoint)
      scan.complete.push_back(std::move(*checkpoint));
    else
      scan.torn.push_back(it->path());
  }
  std::sort(scan.complete.begin(), scan.complete.end(), [](const Checkpoint& a, const Checkpoint& b) { return a.step < b.step; });
  std::sort(scan.torn.begin(), scan.torn.end());
  return scan;
}

Result<Checkpoint> write_checkpoint(const fs::path& folder, std::int64_t step, std::string_view trainer_state,
                                    std::optional<double> validation_score,
                                    const std::function<Result<void>(const fs::path& folder)>& write_files) {
  const fs::path target = folder / folder_name(step);
  auto building = weights::AtomicFolder::create(target);
  if (!building) return fail(building.error());
  if (auto written = write_files(building->path()); !written) return fail(written.error());
  if (auto written = weights::write_file(building->path() / kState, trainer_state); !written) return fail(written.error());
  auto files = mark_files(building->path());
  if (!files) return fail(files.error());
  const Done done{.step = step, .score = validation_score, .files = std::move(*files)};
  if (auto written = weights::write_file(building->path() / kDone, done_json(done)); !written) return fail(written.error());
  if (auto committed = building->commit(); !committed) return fail(committed.error());
  return Checkpoint{.step = step, .folder = target, .validation_score = validation_score};
}

std::optional<Checkpoint> best_of(const std::vector<Checkpoint>& checkpoints) {
  const Checkpoint* best = nullptr;
  for (const Checkpoint& checkpoint : checkpoints)
    if (checkpoint.validation_score && (best == nullptr || *checkpoint.validation_score > *best->validation_score)) best = &checkpoint;
  return best == nullptr ? std::nullopt : std::optional(*best);
}

Result<void> leave_checkpoint(const Checkpoint& checkpoint) {
  const fs::path target = checkpoint.folder.string() + kLeftSuffix;
  std::error_code error;
  fs::remove_all(target, error);
  if (!error) fs::rename(checkpoint.folder, target, error);
  if (error) return io_failure(checkpoint.folder, "cannot be renamed: " + error.message());
  return {};
}

Result<void> verify_checkpoint(const Checkpoint& checkpoint) {
  auto done = read_done(checkpoint.folder);
  if (!done) return fail(done.error());
  for (const FileMark& file : done->files) {
    auto crc = checksum(checkpoint.folder / file.name);
    if (!crc) return fail(crc.error());
    if (*crc != file.crc)
      return fail(ErrorKind::config, (checkpoint.folder / file.name).string() + ": is damaged: its checksum is not that of DONE");
  }
  return {};
}

Result<std::string> read_trainer_state(const Checkpoint& checkpoint) { return read_text(checkpoint.folder / kState, kMaxStateBytes); }

}  // namespace xrouter::trainer
