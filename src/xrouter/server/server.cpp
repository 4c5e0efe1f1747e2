#include "xrouter/server/server.hpp"

#include <boost/asio/post.hpp>
#include <mutex>

#include "xrouter/server/application.hpp"

namespace xrouter::server {

/// The handler of one worker with everything it refers to.
class Server::Answering final : public net::HttpHandler {
 public:
  Answering(Shared& shared, std::shared_ptr<WorkerBackend> backend, Rng ids)
      : context(shared, {backend->router(), backend->pool()}, ids, backend), application_(context) {}

  boost::asio::awaitable<void> handle(net::HttpRequest request, net::ResponseWriter& response, CallScope& scope) override {
    return application_.handle(std::move(request), response, scope);
  }
  std::optional<net::HttpResponse> refuse_head(const net::HttpRequest& head) override { return application_.refuse_head(head); }
  net::BodyBudget* body_budget() override { return application_.body_budget(); }
  net::HttpResponse reject(const Error& error) override { return application_.reject(error); }

  WorkerContext context;

 private:
  Application application_;
};

/// The backends that are asked for the states of their breakers, from any thread.
struct Server::Breakers {
  std::mutex mutex;
  std::vector<const WorkerBackend*> backends;  // each lives on until it has been taken out of here

  void replace(std::vector<const WorkerBackend*> by) {
    std::lock_guard hold(mutex);
    backends = std::move(by);
  }
  std::vector<Metrics::Reading> read() {
    std::lock_guard hold(mutex);
    std::vector<Metrics::Reading> all;
    for (const WorkerBackend* backend : backends)
      for (Metrics::Reading& reading : backend->breaker_states()) all.push_back(std::move(reading));
    return all;
  }
};

Server::Server(Shared& shared) : shared_(shared), breakers_(std::make_shared<Breakers>()) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(Shared& shared, const BackendFactory& make_backend, const ServerOptions& options) {
  std::unique_ptr<Server> server(new Server(shared));
  std::vector<const WorkerBackend*> asked;
  const auto make_handler = [&](boost::asio::io_context& io, Timers& timers, std::size_t index) -> Result<std::unique_ptr<net::HttpHandler>> {
    auto backend = make_backend(io, timers, index);
    if (!backend) return fail(backend.error());
    asked.push_back(backend->get());
    auto answering = std::make_unique<Answering>(shared, std::move(*backend), Rng(Rng(options.seed).fork("request ids", index).next()));
    server->answering_.push_back(answering.get());
    return answering;
  };
  config::ServerConfig config = shared.initial->config().server;
  config.listen = options.listen;
  shared.metrics.on_render_breaker_state([breakers = server->breakers_] { return breakers->read(); });
  auto workers = Workers::start(config, options.workers, shared.draining, make_handler);
  if (!workers) return fail(workers.error());
  server->breakers_->replace(std::move(asked));
  server->workers_ = std::move(*workers);
  return server;
}

Result<void> Server::use(std::shared_ptr<const Snapshot> snapshot, const BackendFactory& make_backend) {
  std::vector<std::shared_ptr<Setup>> setups;
  std::vector<const WorkerBackend*> asked;
  for (std::size_t i = 0; i < workers_->count(); ++i) {
    auto made = make_backend(workers_->io(i), workers_->timers(i), i);
    if (!made) return fail(made.error());
    const std::shared_ptr<WorkerBackend> backend = std::move(*made);
    asked.push_back(backend.get());
    setups.push_back(std::make_shared<Setup>(Setup{snapshot, backend, {backend->router(), backend->pool()}}));
  }
  shared_.metrics.learn(*snapshot->config().catalog);
  breakers_->replace(std::move(asked));  // before a worker can drop the backends of before
  for (std::size_t i = 0; i < workers_->count(); ++i)
    boost::asio::post(workers_->io(i), [context = &answering_[i]->context, setup = std::move(setups[i])] { context->setup = setup; });
  return {};
}

}  // namespace xrouter::server
