// What `xrouter eval` was asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config_option.hpp"
#include "eval_routers.hpp"

namespace xrouter::app {

inline constexpr double kUsualCurve[] = {0, 0.5, 2, 4, 8};

struct EvalArguments {
  ConfigOption config;
  std::vector<std::string> benchmarks;  ///< NAME or NAME=FILE; empty = every recorded one
  std::string descriptions;             ///< folder of further benchmark descriptions
  std::vector<std::string> systems;     ///< empty = all
  RouterChoice routers;                 ///< beside them
  std::vector<double> curve;            ///< cost weights; empty = kUsualCurve, or none where it would cost real money
  std::string split = "test";
  std::size_t limit = 0;
  std::string out;
  std::uint64_t seed = 1;
  int samples = 0;
  std::string budget;
  int workers = 0;
  int concurrency = 16;
  int retries = 2;
  int draws = 10'000;
  bool resume = false;
  bool skip_bad = false;
  bool list = false;
  std::string dialect = "strict";
  std::optional<double> temperature;
  std::optional<std::int64_t> max_tokens;
  std::string replay;                 ///< file of the replay store; empty = none
  std::string replay_mode = "replay";
  std::string judge;
  std::string judge_cache;
};

}  // namespace xrouter::app
