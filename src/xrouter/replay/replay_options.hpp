// How a replay pool answers.
#pragma once

#include <optional>
#include <string_view>

namespace xrouter::replay {

enum class ReplayMode {
  record,  ///< always ask the other pool, and keep what it answers in place of an older answer
  replay,  ///< answer from the store; what is missing is asked and kept, or is an error (`ask_when_missing`)
  strict,  ///< answer from the store; what is missing is an error that names the call
};
std::string_view to_text(ReplayMode mode);
std::optional<ReplayMode> replay_mode_of(std::string_view text);

struct ReplayOptions {
  ReplayMode mode = ReplayMode::replay;
  bool ask_when_missing = true;  ///< replay: false: no call leaves the process, no money is spent
  bool replay_latency = false;   ///< wait as long as the recorded attempts took
};

}  // namespace xrouter::replay
