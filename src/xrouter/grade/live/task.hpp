// One LiveBench task: how its replies are scored.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "xrouter/grade/grader.hpp"
#include "xrouter/grade/live/marks.hpp"

namespace xrouter::grade::live {

struct Question {
  TextView gold;       ///< the ground truth as text
  const Value& truth;  ///< as it came
  bool old_rules;      ///< released before 2024-11-25
  bool bug_compat;
};

struct Verdict {
  double score = 0;
  GradeStatus status = GradeStatus::scored;  ///< never `scored` with a reason to be unscored
  Text extracted = {};
};

inline Verdict scored(double score, TextView extracted) { return {.score = score, .extracted = Text(extracted)}; }
inline Verdict not_scored(GradeStatus status) { return {.status = status}; }

struct Task {
  std::string_view name;
  Verdict (*score)(const Question& question, TextView reply) = nullptr;
  bool gold_is_object = false;  ///< otherwise a text that is not blank
};

std::span<const Task> data_tasks();       ///< cta, tablejoin
std::span<const Task> reasoning_tasks();  ///< web_of_lies, house_traversal, spatial, zebra_puzzle
std::span<const Task> language_tasks();   ///< plot_unscrambling, typos, connections

/// What the last box holds after the rewritings that the seed's reasoning graders begin with.
SeedBox box_or_fbox(TextView reply);

}  // namespace xrouter::grade::live
