// What every request passes before its endpoint.
#pragma once

#include "xrouter/server/exchange.hpp"

namespace xrouter::server {

/// What the head of a request tells once it is admitted.
struct Entry {
  const Route* route = nullptr;
  std::string path_argument = {};
  std::string key_fingerprint = {};
  int depth = 0;                     ///< routers passed before this one
  net::Headers error_headers = {};   ///< that the refusal carries
};

/// The gates that need the head only; asked before a body is read, and by admit() again.
Result<void> admit_head(const net::HttpRequest& head, const Shared& shared, const Snapshot& snapshot, Entry& entry);
/// Runs all gates in their order; the first refusal is the answer.
Result<void> admit(Exchange& exchange);

}  // namespace xrouter::server
