// One configuration and what is made of it. A reload makes new ones; a request keeps those it began with.
#pragma once

#include <memory>

#include "xrouter/server/auth.hpp"
#include "xrouter/service/run.hpp"

namespace xrouter::server {

/// Immutable, shared by all workers.
struct Snapshot {
  /// `availability` may be null; `owner` keeps it, and whatever else belongs to this configuration alone.
  /// `affinity` outlives the snapshot.
  Snapshot(std::shared_ptr<const config::Config> config, const service::Availability* availability, service::ToolAffinity* affinity, KeyRing key_ring,
           std::shared_ptr<const void> owned_by = {})
      : owner(std::move(owned_by)), planner(std::move(config), availability, affinity), keys(std::move(key_ring)) {}

  const config::Config& config() const { return planner.config(); }

  std::shared_ptr<const void> owner;  // first: the planner refers to what it keeps
  service::Planner planner;
  KeyRing keys;
};

/// What one worker answers with under one snapshot. Made, held and dropped on the worker's thread, but
/// for its making.
struct Setup {
  std::shared_ptr<const Snapshot> snapshot;  // first: the backends are made of it
  std::shared_ptr<void> owner;               ///< of the backends; null when somebody else keeps them
  service::Backends backends;
};

}  // namespace xrouter::server
