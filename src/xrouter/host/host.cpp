#include "xrouter/host/host.hpp"

#include "xrouter/host/application.hpp"
#include "xrouter/server/workers.hpp"

namespace xrouter::host {
namespace {

class RunningHost final : public Host {
 public:
  RunningHost(HostedModel model, const HostOptions& options, server::KeyRing keys)
      : shared_(std::move(model), options.rules, options.server, std::move(keys)) {}

  Result<void> start(std::uint64_t seed) {
    const auto make_handler = [this, seed](boost::asio::io_context&, Timers&,
                                           std::size_t index) -> Result<std::unique_ptr<net::HttpHandler>> {
      return std::make_unique<Application>(shared_, Rng(seed).fork("worker", index));
    };
    const std::size_t count = static_cast<std::size_t>(std::max(1, shared_.server.workers));
    auto workers = server::Workers::start(shared_.server, count, shared_.draining, make_handler);
    if (!workers) return fail(workers.error());
    workers_ = std::move(*workers);
    return {};
  }

  std::uint16_t port() const override { return workers_->port(); }
  void run_until_signal() override { workers_->run_until_signal(); }
  void begin_drain() override { workers_->begin_drain(); }
  void cancel_all() override { workers_->cancel_all(); }
  bool wait_until_idle(std::chrono::milliseconds at_most) const override { return workers_->wait_until_idle(at_most); }

 private:
  Shared shared_;
  std::unique_ptr<server::Workers> workers_;  // last: its threads use what is above
};

}  // namespace

Result<std::unique_ptr<Host>> Host::start(HostedModel model, HostOptions options) {
  if (!model.generator || !model.format || !model.tokenizer || model.context_tokens < 1)
    return fail(ErrorKind::config, "The model to be served is not complete.");
  auto keys = server::KeyRing::make(options.server.api_key_hashes);
  if (!keys) return fail(keys.error());
  auto host = std::make_unique<RunningHost>(std::move(model), options, std::move(*keys));
  if (const auto started = host->start(options.seed); !started) return fail(started.error());
  return host;
}

}  // namespace xrouter::host
