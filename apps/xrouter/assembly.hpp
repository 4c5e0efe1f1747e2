// From a configuration to the parts that answer requests: what `serve` and `ask` have in common.
// The only place that knows which of them need HTTP.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "config_option.hpp"
#include "language_model.hpp"
#include "xrouter/async/timers.hpp"
#include "xrouter/base/log.hpp"
#include "xrouter/engine/ports.hpp"
#include "xrouter/service/book.hpp"
#include "xrouter/service/plan.hpp"

namespace xrouter::app {

/// An option of its own for a setting that people change often: `--listen A` is
/// `--set server.listen=A`, with the same checks and messages. `config` outlives the parsing.
void add_setting(CLI::App& command, ConfigOption& config, const std::string& option, const std::string& setting, const std::string& help);

/// The parts of one worker: its pools and its policy. Used on one thread; destroyed before the
/// timers it was made with.
class WorkerParts {
 public:
  virtual ~WorkerParts() = default;
  virtual Policy& router() = 0;
  virtual ModelPool& pool() = 0;
  /// Breaker state by upstream: 0 closed, 1 half open, 2 open or without a key that is accepted. Thread-safe.
  virtual std::vector<std::pair<std::string, double>> breaker_states() const = 0;
};

/// Loaded once, immutable but for the ledger, shared by all workers.
class Assembly {
 public:
  /// `request_threads` answer requests beside a language model of the policy, which then leaves them their cores; 0: all
  /// of the machine is for the model. Call it before other threads are started.
  /// Errors: config, io; each names the file or setting and the remedy.
  static Result<std::unique_ptr<Assembly>> make(std::shared_ptr<const config::Config> config, int request_threads = 0);
  virtual ~Assembly() = default;

  virtual const std::shared_ptr<const config::Config>& config() const = 0;
  virtual const LoadedLanguageModel* language_model() const = 0;  ///< null: the policy is none
  virtual const service::Availability* availability() const = 0;  ///< null: every model answers anything
  /// Opens the ledger. Error: in use by another process, or not to be written.
  virtual Result<void> open_ledger() = 0;
  virtual service::RequestBook* book() const = 0;  ///< null: not opened, or switched off
  /// Waits until everything recorded is in the database.
  virtual Result<void> flush_ledger() = 0;

  virtual Result<std::unique_ptr<WorkerParts>> make_worker(Timers& timers, std::uint64_t seed) const = 0;
};

log::Level log_level_of(const std::string& name);

}  // namespace xrouter::app
