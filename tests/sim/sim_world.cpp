#include "sim_world.hpp"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include "xrouter/async/sleep.hpp"
#include "xrouter/base/assert.hpp"
#include "xrouter/engine/routing_pool.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/mock/mock_upstream.hpp"
#include "xrouter/net/http_client.hpp"
#include "xrouter/policy/remote.hpp"
#include "xrouter/server/application.hpp"
#include "xrouter/testing/world.hpp"
#include "xrouter/upstream/openai_pool.hpp"

namespace xrouter::sim {
namespace {

using boost::asio::awaitable;
const net::Origin kServer{.tls = false, .host = "localhost", .port = 8800};
const net::Origin kMock{.tls = false, .host = "mock", .port = 80};

std::shared_ptr<const ModelCatalog> make_catalog() {
  std::vector<ModelSpec> models;
  std::vector<std::string> ids = kPoolModels;
  ids.push_back(kRouterModel);
  for (const std::string& id : ids) {
    ModelSpec model;
    model.id = ModelId(id);
    // The same prices as in the mock's script, so that both sides can be compared to the pico-dollar.
    model.price = {.input = *Usd::parse("0.000001"), .output = *Usd::parse("0.000004"), .cached_input = *Usd::parse("0.00000025"), .source = "sim", .date = "2026-01-01"};
    model.upstream = "mock";
    model.upstream_model = id;
    model.active = id != kRouterModel;
    models.push_back(std::move(model));
  }
  return *ModelCatalog::make(std::move(models));
}

std::string describe(const CostLine& line) {
  const AttemptRecord& record = line.record;
  return fmt::format("    {} {} a{} {}: {} http {} tokens {}+{} ({}) cost {}\n", to_text(line.spender), line.call.value, line.attempt, record.model.value,
                     record.error ? label_of(*record.error) : "ok", record.http_status, record.usage.prompt_tokens, record.usage.completion_tokens,
                     to_text(record.usage_source), record.cost.known.pico());
}

// Books in memory what the ledger would store.
class MemoryBook final : public service::RequestBook {
 public:
  MemoryBook(const Clock& clock, std::vector<EpisodeResult>& episodes, std::string& trace) : clock_(clock), episodes_(episodes), trace_(trace) {}
  bool accepting() const override { return true; }
  std::unique_ptr<EpisodeObserver> open(const service::RequestFacts& facts) override {
    episodes_.push_back({.request_id = facts.id.value});
    return std::make_unique<Page>(*this, episodes_.size() - 1);
  }

 private:
  class Page final : public EpisodeObserver {
   public:
    Page(MemoryBook& book, std::size_t index) : book_(book), index_(index), started_(book.clock_.now()) {}
    void on(const EpisodeEvent& event) override {
      EpisodeResult& result = book_.episodes_[index_];
      book_.trace_ += fmt::format("{} e{} k{}\n", book_.clock_.now().time_since_epoch().count(), index_, event.index());
      if (const auto* begun = std::get_if<EpisodeStarted>(&event)) result.max_cost = begun->spec.limits.max_cost;
      if (const auto* call = std::get_if<CallStarted>(&event)) result.reserved.push_back(call->call.reserved.value_or(Usd::zero()));
      const auto* end = std::get_if<EpisodeFinished>(&event);
      if (!end) return;
      ++result.finishes;
      result.took = book_.clock_.now() - started_;
      result.outcome = end->outcome;
      result.lines = end->episode.ledger().lines();
      result.total = end->episode.ledger().total();
      result.usage = end->episode.ledger().usage();
      book_.trace_ += fmt::format("  {} {} {}\n", to_text(end->outcome.source), to_text(end->outcome.stop), result.total.known.pico());
      for (const CostLine& line : result.lines) book_.trace_ += describe(line);
    }

   private:
    MemoryBook& book_;
    std::size_t index_;
    TimePoint started_;
  };
  const Clock& clock_;
  std::vector<EpisodeResult>& episodes_;
  std::string& trace_;
};

std::string body_of(const ClientPlan& plan) {
  json::Writer out;
  out.begin_object().field("model", plan.model).field("stream", plan.stream);
  if (plan.stream && plan.include_usage) out.key("stream_options").begin_object().field("include_usage", true).end_object();
  if (plan.max_cost_usd) out.key("xrouter").begin_object().field("max_cost_usd", *plan.max_cost_usd).end_object();
  out.key("messages").begin_array().begin_object().field("role", "user").field("content", "How far is the moon?").end_object().end_array();
  out.end_object();
  return out.take();
}

class Simulation {
 public:
  explicit Simulation(const Scenario& scenario)
      : scenario_(scenario),
        network_(world_.executor(), world_.timers(), scenario.seed),
        mock_(*mock::parse_script(scenario.mock_script)),
        book_(world_.timers().clock(), result_.episodes, result_.trace),
        everything_(world_.executor(), world_.timers(), Deadline::never(), "sim"),
        config_(make_config()),
        shared_(config_, nullptr, &book_, *server::KeyRing::make({})),
        openai_(std::make_unique<upstream::OpenAiPool>(
            upstream::PoolOptions{.retry = config_->retry, .breaker = config_->breaker, .version = "sim"}, Rng(scenario.seed).fork("upstream"))),
        router_(*config_->catalog->find(ModelId(kRouterModel)), pool_, {.timeout = config_->policy.timeout, .max_attempts = config_->retry.max_attempts}),
        worker_{shared_, {router_, pool_}, Rng(scenario.seed).fork("ids")},
        application_(worker_) {
    const Result<void> added = openai_->add(config_->upstreams[0], network_);
    XROUTER_ASSERT(added.has_value(), "the simulated upstream is valid");
    pool_.add("mock", *openai_);
    Rng links = Rng(scenario.seed).fork("links");
    network_.set_plan([this, links](const net::Origin& origin, std::size_t) mutable {
      net::SimPlan plan;
      plan.to_client = origin == kMock ? scenario_.towards_upstream : scenario_.towards_client;
      plan.to_server = plan.to_client;
      plan.refuse = origin == kMock && links.chance(scenario_.connect_refused);
      return plan;
    });
    network_.listen(kMock, [this](std::unique_ptr<net::ByteStream> stream) { spawn(mock_.serve(std::move(stream), everything_, everything_)); });
    net::HttpLimits limits;
    network_.listen(kServer, [this, limits](std::unique_ptr<net::ByteStream> stream) {
      spawn(net::serve_connection(std::move(stream), application_, limits, everything_, everything_));
    });
  }

  WorldResult run() {
    result_.clients.resize(scenario_.clients.size());
    for (std::size_t i = 0; i < scenario_.clients.size(); ++i) spawn(client(i));
    // All clients end by themselves or by plan; connections then idle until their timeouts.
    world_.run_until_idle();
    result_.server_in_flight = shared_.in_flight.load();
    openai_.reset();
    everything_.cancel();
    world_.run_until_idle();
    result_.open_ends = network_.open_ends();
    read_counters();
    result_.trace += fmt::format("end {} connects {}\n", world_.now().time_since_epoch().count(), network_.connects());
    return std::move(result_);
  }

 private:
  std::shared_ptr<const config::Config> make_config() const {
    auto config = std::make_shared<config::Config>(scenario_.config);
    config->catalog = make_catalog();
    return config;
  }

  void spawn(awaitable<void> work) {
    boost::asio::co_spawn(world_.io(), std::move(work), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
  }

  awaitable<void> client(std::size_t index) {
    const ClientPlan& plan = scenario_.clients[index];
    ClientResult& seen = result_.clients[index];
    co_await sleep_for(plan.starts, everything_);
    const TimePoint begun = world_.now();
    CallScope scope(everything_, plan.leaves, "client", ErrorKind::cancelled);
    net::HttpClient http(network_);
    net::HttpRequest request{.method = "POST", .target = "/v1/chat/completions", .body = body_of(plan)};
    request.headers.set("content-type", "application/json");
    auto exchange = co_await http.open(kServer, request, scope);
    if (exchange) {
      seen.status = (*exchange)->head().status;
      co_await read_all(**exchange, seen, scope);
    }
    seen.left = scope.ended();
    seen.took = world_.now() - begun;
    result_.trace += fmt::format("{} client {} status {} bytes {}\n", world_.now().time_since_epoch().count(), index, seen.status, seen.body.size());
  }

  static awaitable<void> read_all(net::HttpExchange& exchange, ClientResult& seen, CallScope& scope) {
    for (;;) {
      auto piece = co_await exchange.read_body(scope);
      if (!piece) co_return;
      if (piece->empty()) break;
      seen.body += *piece;
    }
    seen.complete = true;
  }

  void read_counters() {
    const auto stats = json::parse(mock_.stats().to_json());
    json::ObjectReader in(*stats);
    result_.upstream_in_flight = static_cast<std::uint64_t>(in.integer("in_flight", 0, 1'000'000));
    result_.charged_by_upstream = mock_.stats().charged();
  }

  const Scenario& scenario_;
  WorldResult result_;
  World world_;
  net::SimNetwork network_;
  mock::MockUpstream mock_;
  MemoryBook book_;
  CallScope everything_;
  std::shared_ptr<const config::Config> config_;
  server::Shared shared_;
  std::unique_ptr<upstream::OpenAiPool> openai_;
  RoutingPool pool_;
  policy::RemotePolicy router_;
  server::WorkerContext worker_;
  server::Application application_;
};

}  // namespace

WorldResult run_world(const Scenario& scenario) { return Simulation(scenario).run(); }

}  // namespace xrouter::sim
