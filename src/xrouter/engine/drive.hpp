#pragma once

#include "xrouter/engine/ports.hpp"

namespace xrouter {

/// Runs an episode to its end: the only place where the loop meets I/O. Calls of one turn run in
/// parallel. `live` (may be null) receives the answer while it is made when the episode allows it;
/// otherwise nothing is written to it and Outcome::relayed is false.
/// The scope must carry the episode's deadline. Ends soon after the scope does, with every call
/// settled and exactly one EpisodeFinished.
boost::asio::awaitable<Outcome> drive(Episode& episode, Policy& policy, ModelPool& pool, EpisodeObserver& observer, CallScope& scope,
                                      DeltaSink* live = nullptr);

}  // namespace xrouter
