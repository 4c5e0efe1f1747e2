#include "xrouter/trainer/record/tensorboard.hpp"

#include <bit>
#include <cstring>
#include <optional>

#include "xrouter/trainer/record/crc32c.hpp"

namespace xrouter::trainer {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{4} << 30;
constexpr std::size_t kLengthBytes = 8, kCrcBytes = 4;

// Fields of tensorflow/core/util/event.proto and of its Summary.
enum EventField { kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5 };
enum SummaryField { kValue = 1, kTag = 1, kSimpleValue = 2 };
enum WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

template <class T>
void append_little_endian(std::string& out, T value) {
  static_assert(std::endian::native == std::endian::little);
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

template <class T>
T read_little_endian(std::string_view in) {
  T value{};
  std::memcpy(&value, in.data(), sizeof value);
  return value;
}

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void append_key(std::string& out, int field, WireType type) { append_varint(out, static_cast<std::uint64_t>(field) << 3 | type); }

void append_bytes(std::string& out, int field, std::string_view bytes) {
  append_key(out, field, kBytes);
  append_varint(out, bytes.size());
  out += bytes;
}

// A checksum of data that holds checksums is weak: the format rotates it and adds a constant.
std::uint32_t masked_crc(std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xa282ead8U; }

std::string frame(const std::string& event) {
  std::string out;
  append_little_endian(out, static_cast<std::uint64_t>(event.size()));
  append_little_endian(out, masked_crc(std::string_view(out.data(), kLengthBytes)));
  out += event;
  append_little_endian(out, masked_crc(event));
  return out;
}

std::string event_at(WallTime now) {
  std::string event;
  append_key(event, kWallTime, kFixed64);
  append_little_endian(event, static_cast<double>(now.time_since_epoch().count()) / 1e3);
  return event;
}

std::string version_frame(WallTime now) {
  std::string event = event_at(now);
  append_bytes(event, kFileVersion, "brain.Event:2");
  return frame(event);
}

std::string scalars_frame(const StepMetrics& metrics, WallTime now) {
  std::string summary;
  for (const StepMetrics::Entry& entry : metrics.entries()) {
    if (!entry.value) continue;
    std::string value;
    append_bytes(value, kTag, entry.name);
    append_key(value, kSimpleValue, kFixed32);
    append_little_endian(value, static_cast<float>(*entry.value));
    append_bytes(summary, SummaryField::kValue, value);
  }
  std::string event = event_at(now);
  append_key(event, kStep, kVarint);
  append_varint(event, static_cast<std::uint64_t>(metrics.step()));
  append_bytes(event, kSummary, summary);
  return frame(event);
}

// The step of one of our own events: wall time first, then the step, if it has one.
std::int64_t step_of(std::string_view event) {
  constexpr std::size_t kBeforeStep = 1 + sizeof(double);
  if (event.size() <= kBeforeStep + 1 || event[kBeforeStep] != (kStep << 3 | kVarint)) return 0;
  std::uint64_t step = 0;
  for (std::size_t i = kBeforeStep + 1, shift = 0; i < event.size() && shift < 64; ++i, shift += 7) {
    step |= static_cast<std::uint64_t>(event[i] & 0x7f) << shift;
    if ((event[i] & 0x80) == 0) break;
  }
  return static_cast<std::int64_t>(step);
}

// nullopt: the frame is torn or damaged.
std::optional<std::string_view> first_event(std::string_view file) {
  if (file.size() < kLengthBytes + kCrcBytes) return std::nullopt;
  const auto length = read_little_endian<std::uint64_t>(file);
  if (masked_crc(file.substr(0, kLengthBytes)) != read_little_endian<std::uint32_t>(file.substr(kLengthBytes))) return std::nullopt;
  file.remove_prefix(kLengthBytes + kCrcBytes);
  if (file.size() < kCrcBytes || length > file.size() - kCrcBytes) return std::nullopt;
  const std::string_view event = file.substr(0, length);
  if (masked_crc(event) != read_little_endian<std::uint32_t>(file.substr(length))) return std::nullopt;
  return event;
}

}  // namespace

std::size_t events_until(std::string_view file, std::int64_t last_step) {
  std::size_t end = 0;
  while (const auto event = first_event(file.substr(end))) {
    if (step_of(*event) > last_step) break;
    end += kLengthBytes + kCrcBytes + event->size() + kCrcBytes;
  }
  return end;
}

Result<TensorBoardFile> TensorBoardFile::open(const std::filesystem::path& path, std::int64_t last_step, WallTime now) {
  auto file = AppendFile::open(path);
  if (!file) return fail(file.error());
  TensorBoardFile board(path, std::move(*file));
  if (auto cut = board.cut_after(last_step); !cut) return fail(cut.error());
  std::error_code error;
  if (std::filesystem::file_size(path, error) == 0)
    if (auto begun = board.file_.append(version_frame(now)); !begun) return fail(begun.error());
  return board;
}

Result<void> TensorBoardFile::append(const StepMetrics& metrics, WallTime now) { return file_.append(scalars_frame(metrics, now)); }

Result<void> TensorBoardFile::cut_after(std::int64_t last_step) {
  auto bytes = read_text(path_, kMaxFileBytes);
  if (!bytes) return fail(bytes.error());
  return file_.cut(events_until(*bytes, last_step));
}

}  // namespace xrouter::trainer
