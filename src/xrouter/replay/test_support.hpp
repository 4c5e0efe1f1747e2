// A pool that counts, and calls to ask it with.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "xrouter/replay/replay_pool.hpp"
#include "xrouter/testing/scripted.hpp"
#include "xrouter/testing/fixtures.hpp"
#include "xrouter/testing/world.hpp"

namespace xrouter::replay {

/// A folder of its own, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_(std::filesystem::temp_directory_path() / ("xrouter_replay_" + std::to_string(::getpid()) + "_" + std::to_string(next_++))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name = "store.db") const { return (path_ / name).string(); }

 private:
  static inline int next_ = 0;
  std::filesystem::path path_;
};

inline std::shared_ptr<ReplayStore> open_store(const std::string& file) {
  auto store = ReplayStore::open({.file = file});
  EXPECT_TRUE(store) << store.error().describe();
  return store ? *store : nullptr;
}

inline ModelCall call_of(const ModelSpec& model, std::string question = "What is 2+2?", std::optional<double> temperature = 1.0) {
  ModelCall call{.id = CallId("c1"), .turn = 1, .model = &model, .request = user_request(std::move(question))};
  call.request.sampling.temperature = temperature;
  return call;
}

}  // namespace xrouter::replay
