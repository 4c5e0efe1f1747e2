#include "xrouter/trainer/record/run_record.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <cmath>
#include <ctime>
#include <fstream>
#include <thread>

#include "xrouter/json/indent.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::trainer {
namespace {

constexpr std::int64_t kAnyCount = std::int64_t{1} << 52;
constexpr double kAnySeconds = 1e12;
constexpr std::size_t kMaxItems = 10'000;

// Seeds have 64 bits, JSON numbers of most readers 53: written as text.
std::uint64_t seed_of(const std::string& text) {
  std::uint64_t seed = 0;
  std::from_chars(text.data(), text.data() + text.size(), seed);
  return seed;
}

void write_sessions(json::Writer& out, const std::vector<RunSession>& sessions) {
  out.key("sessions").begin_array();
  for (const RunSession& session : sessions) {
    out.begin_object().field("started", session.started).field("command", session.command).field("program", session.program);
    out.field("hardware", session.hardware).field("from_step", session.from_step).field("to_step", session.to_step);
    out.field("seconds", std::round(session.seconds * 10) / 10).end_object();
  }
  out.end_array();
}

void read_data(json::ObjectReader& in, RunRecord& record) {
  const auto* items = in.optional_array("data", kMaxItems);
  if (items == nullptr) return;
  for (const auto& item : *items) {
    json::ObjectReader file(item, "data");
    record.data.push_back({.name = file.string("name"), .hash = file.string("hash"), .note = file.optional_string("note").value_or("")});
    in.take_error_of(file);
  }
}

void read_seeds(json::ObjectReader& in, RunRecord& record) {
  const auto* seeds = in.optional_object("seeds");
  if (seeds == nullptr) return;
  for (const auto& [name, value] : *seeds)
    if (value.is_string()) record.seeds.emplace_back(name, seed_of(std::string(value.get_string())));
}

void read_sessions(json::ObjectReader& in, RunRecord& record) {
  const auto* items = in.optional_array("sessions", kMaxItems);
  if (items == nullptr) return;
  for (const auto& item : *items) {
    json::ObjectReader session(item, "sessions");
    record.sessions.push_back({.started = session.string("started"),
                               .command = session.string("command"),
                               .program = session.string("program"),
                               .hardware = session.string("hardware"),
                               .from_step = session.integer("from_step", 0, kAnyCount),
                               .to_step = session.integer("to_step", 0, kAnyCount),
                               .seconds = session.number("seconds", 0, kAnySeconds)});
    in.take_error_of(session);
  }
}

std::string processor_name() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

}  // namespace

std::string record_json(const RunRecord& record) {
  json::Writer out;
  out.begin_object().field("format", "xrouter-run").field("version", 1);
  out.field("parameters", record.parameters).field("trainable_parameters", record.trainable_parameters);
  out.key("data").begin_array();
  for (const DataFile& file : record.data) {
    out.begin_object().field("name", file.name).field("hash", file.hash);
    if (!file.note.empty()) out.field("note", file.note);
    out.end_object();
  }
  out.end_array().key("seeds").begin_object();
  for (const auto& [name, seed] : record.seeds) out.field(name, std::to_string(seed));
  out.end_object();
  write_sessions(out, record.sessions);
  out.end_object();
  return json::indented(out.take());
}

Result<RunRecord> parse_record(std::string_view text) {
  auto value = json::parse(text);
  if (!value) return fail(ErrorKind::config, value.error().public_text);
  json::ObjectReader in(*value);
  RunRecord record{.parameters = in.integer("parameters", 0, kAnyCount),
                   .trainable_parameters = in.integer("trainable_parameters", 0, kAnyCount)};
  read_data(in, record);
  read_seeds(in, record);
  read_sessions(in, record);
  if (!in.ok()) return fail(ErrorKind::config, in.error().public_text);
  return record;
}

std::string describe_hardware() {
  const auto bytes = static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGE_SIZE));
  return fmt::format("{}, {} logical processors, {:.0f} GB", processor_name(), std::thread::hardware_concurrency(), bytes / (1U << 30));
}

std::string utc_text(WallTime time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                     utc.tm_sec);
}

std::int64_t peak_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024;
}

}  // namespace xrouter::trainer
