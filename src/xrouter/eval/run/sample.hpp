// From a finished episode to a sample without its grade. Pure.
#pragma once

#include <optional>
#include <string>

#include "xrouter/engine/episode.hpp"
#include "xrouter/eval/benchmark.hpp"
#include "xrouter/eval/record.hpp"
#include "xrouter/eval/systems.hpp"

namespace xrouter::eval {

struct SampleId {
  std::string task;
  std::string qid;
  int rollout = 0;
  std::string system;
  std::string system_fingerprint;
  std::uint64_t prompt_hash = 0;
  std::string settings;  ///< EpisodeSettings::text() and the system's own
  std::string grader;    ///< GraderId::text()
  std::string run;       ///< seed and configuration
};
/// 16 hex digits. Another grader version, dialect, setting or prompt gives another key, so that a
/// resumed run never takes over what it would answer or judge differently.
std::string sample_key(const SampleId& id);

/// Everything but key, prompt hash, response, grade and tries.
SampleRecord sample_of(const Question& question, const std::string& task, const System& system, int rollout, const Episode& episode,
                       const Outcome& outcome, Duration latency);

/// What an episode without an answer counts as. Faults of transport and of upstreams are not the
/// system's: unscored. What the system did itself (a refusal, a limit, a deadline) is a wrong answer.
grade::GradeStatus status_without_answer(const Error& error);

/// Worth another try.
bool is_retryable(grade::GradeStatus status);

}  // namespace xrouter::eval
