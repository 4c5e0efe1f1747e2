// What the files of the scheduler share: a running request, a pass, and how failures of foreign code are caught.
#pragma once

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/lm/scheduler.hpp"

namespace xrouter::lm {

inline constexpr std::string_view kScope = "lm";

inline Error model_failed() { return {.kind = ErrorKind::internal, .public_text = "the model failed"}; }

// What a failure of `action` is called; empty: there was none. Models and sinks are foreign code here.
template <class Action>
std::string failure_of(const Action& action) {
  try {
    action();
    return {};
  } catch (const std::exception& exception) {
    return std::string("failed: ") + exception.what();
  } catch (...) {
    return "failed with an unknown exception";
  }
}

struct Scheduler::Sequence {
  Ticket ticket = 0;
  std::shared_ptr<GenerationSink> sink;
  std::unique_ptr<KvSequence> kv = {};
  Reply reply;
  int prompt_tokens = 0;
  int cached_tokens = 0;
  int read = 0;  ///< tokens of the reply's that kv holds
  bool jump_forward = true;
  bool report_decisions = false;
  std::vector<TokenId> likely_start = {};
  bool prompt_kept = false;
  bool finished = false;
  SamplingParams sampling = {};
  std::vector<Decision> decisions = {};
  int forward_passes = 0;
  std::uint64_t behind_since = 0;  ///< the pass after which it last had nothing left to read
  TimePoint submitted = {}, admitted = {};
  std::optional<TimePoint> first_token = {};

  // Of the pass under way:
  LookAheadTree tree = {};
  std::vector<TokenId> pass_tokens = {};
  std::vector<int> pass_parents = {}, pass_rows = {};

  int unread() const { return static_cast<int>(reply.tokens().size()) - read; }
  bool reading_prompt() const { return read < prompt_tokens; }
  /// What is left of the likely start, as long as the reply went along with it.
  std::span<const TokenId> guess() const {
    const std::span<const TokenId> said = std::span<const TokenId>(reply.tokens()).subspan(static_cast<std::size_t>(prompt_tokens));
    const bool along = said.size() < likely_start.size() && std::equal(said.begin(), said.end(), likely_start.begin());
    return along ? std::span<const TokenId>(likely_start).subspan(said.size()) : std::span<const TokenId>();
  }
};

struct Scheduler::Pass {
  std::vector<Sequence*> sequences;
  std::vector<ForwardInput> inputs;
  int tree_nodes_left = 0;
};

}  // namespace xrouter::lm
