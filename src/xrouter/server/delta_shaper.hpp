// Makes any upstream's deltas into the chunks that the official clients accept.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "xrouter/chat/types.hpp"

namespace xrouter::server {

/// Pure; one per streamed answer. Rules (docs/api.md):
///  - nothing leaves before the first delta that a client would see, or before kMaxHeld of them; until
///    then the upstream may still be tried again, and a second attempt replaces what the first had begun;
///  - the role stands in the first chunk of each choice only;
///  - id, type and name of a tool call stand in its first fragment only;
///  - the finish reason comes in a chunk of its own with an empty delta, once per choice;
///  - choices beyond those that were asked for are dropped: clients throw at them;
///  - usage and upstream ids are taken out: we report our own.
class DeltaShaper {
 public:
  /// `choices`: how many the client asked for (`n`).
  explicit DeltaShaper(std::int64_t choices = kMaxChoices) : choices_wanted_(choices) {}

  static constexpr std::size_t kMaxHeld = 1024;

  std::vector<ChatDelta> shape(const ChatDelta& delta);
  /// Finish chunks for choices that have none yet, with the reasons of `reply`.
  std::vector<ChatDelta> close(const ChatReply& reply);
  bool committed() const { return committed_; }

 private:
  struct ChoiceState {
    bool role_sent = false;
    bool finished = false;
    std::set<std::int64_t> tools;
  };
  bool wanted(std::int64_t index) const { return index >= 0 && index < choices_wanted_; }
  void shape_choice(ChoiceDelta choice, const ExtraFields& extra, std::vector<ChatDelta>& out);

  static constexpr std::int64_t kMaxChoices = 128;  // what the protocol allows for n
  std::int64_t choices_wanted_;
  std::map<std::int64_t, ChoiceState> choices_;
  std::vector<ChatDelta> held_;
  bool committed_ = false;
};

}  // namespace xrouter::server
