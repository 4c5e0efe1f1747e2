// For the tests of this library: a folder that goes away, and records with little typing.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "xrouter/store/records.hpp"

namespace xrouter::store {

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "xrouter-store-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

inline void write_file(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes; }

inline constexpr WallTime kNoon{std::chrono::milliseconds(1'800'000'000'000)};

inline AttemptRecord attempt_costing(std::int64_t pico) {
  AttemptRecord attempt{.model = ModelId("small")};
  attempt.http_status = 200;
  attempt.usage = {.prompt_tokens = 100, .completion_tokens = 20};
  attempt.usage_source = UsageSource::reported;
  attempt.cost = Cost::exactly(Usd::from_pico(pico));
  attempt.price_version = "2026-01-01 test";
  attempt.upstream_id = "up-1";
  attempt.started = kNoon;
  attempt.latency = std::chrono::milliseconds(250);
  attempt.deployment = "vendor#2";
  return attempt;
}

inline StartedRecord started(const std::string& request) {
  return {.request = RequestId(request), .at = kNoon, .model = "xrouter", .mode = "agent", .policy = "fixed", .config_hash = "c0ffee", .api_key = "", .pool = "p1"};
}

inline ReservedRecord reserved(const std::string& request, const std::string& call, std::int64_t pico) {
  return {.request = RequestId(request), .call = CallId(call), .turn = 1, .model = ModelId("small"), .at = kNoon, .amount = Usd::from_pico(pico), .price_version = "2026-01-01 test"};
}

inline TurnReservedRecord decision_reserved(const std::string& request, int turn, std::int64_t pico) {
  return {.request = RequestId(request), .turn = turn, .model = ModelId("small"), .at = kNoon, .amount = Usd::from_pico(pico), .price_version = "2026-01-01 test"};
}

inline SettledRecord settled(const std::string& request, const std::string& call, std::int64_t pico) {
  return {.request = RequestId(request), .call = CallId(call), .turn = 1, .model = ModelId("small"), .latency = std::chrono::milliseconds(260), .attempts = {attempt_costing(pico)}};
}

inline FinishedRecord finished(const std::string& request, std::int64_t pico) {
  return {.request = RequestId(request),
          .at = kNoon + std::chrono::milliseconds(300),
          .source = "selected",
          .stop = "answered",
          .turns = 1,
          .answer_call = CallId("c1"),
          .answer_model = ModelId("small"),
          .cost = Cost::exactly(Usd::from_pico(pico)),
          .prompt_tokens = 100,
          .completion_tokens = 20,
          .latency = std::chrono::milliseconds(300),
          .overhead = std::chrono::microseconds(200)};
}

}  // namespace xrouter::store
