// `xrouter host`: one language model behind an OpenAI-compatible endpoint.
#pragma once

#include <functional>
#include <memory>

#include "xrouter/config/config.hpp"
#include "xrouter/host/hosted_model.hpp"

namespace xrouter::host {

struct HostOptions {
  config::ServerConfig server = {};  ///< address, limits and times of HTTP, API keys; `workers` 0 counts as 1
  HostRules rules = {};
  std::uint64_t seed = 0;  ///< of request ids, and of sampling where a request names no seed
};

/// A running endpoint.
class Host {
 public:
  /// Listens and answers from now on. Errors: config (address, keys, a model without generator), io (address in use).
  static Result<std::unique_ptr<Host>> start(HostedModel model, HostOptions options);
  /// Ends at once what is still running.
  virtual ~Host() = default;

  virtual std::uint16_t port() const = 0;
  /// Until SIGTERM or SIGINT and the drain that follows (see server::Workers).
  virtual void run_until_signal() = 0;
  virtual void begin_drain() = 0;
  virtual void cancel_all() = 0;
  virtual bool wait_until_idle(std::chrono::milliseconds at_most) const = 0;
};

}  // namespace xrouter::host
