// What is exported under /metrics. Names and labels are listed in docs/metrics.md.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/engine/ports.hpp"

namespace xrouter::server {

/// One set for the whole server. Thread-safe: counters are atomic. Labels are bounded: models are
/// those of the catalogues ("other" beyond), outcomes those of the error table, routes those of the
/// route table.
class Metrics {
 public:
  explicit Metrics(const ModelCatalog& catalog);
  ~Metrics();

  /// Models of this catalogue have labels of their own from now on; those known before keep theirs.
  void learn(const ModelCatalog& catalog);

  /// A request has been answered; `route` is the table's label, "unknown" outside the table.
  void request(std::string_view route, int status, Duration took);
  void client_retry();  ///< the client says that it sends this request again
  void cancelled();     ///< the client left before its answer
  void in_flight(int change);
  void streams(int change);
  void reserved(Usd change);  ///< of the worst case of the calls under way

  /// An episode has ended: turns, calls, costs, tokens, retries, routes, overhead.
  void episode(const Episode& episode, const Outcome& outcome, Duration took, Duration upstream_wait);

  /// Asked at every render, for values that others hold: the journal's backlog, breaker states.
  struct Reading {
    std::string name;    ///< "journal", or the upstream's name
    double value = 0;
  };
  using Source = std::function<std::vector<Reading>()>;
  void on_render_queue_depth(Source source);
  void on_render_breaker_state(Source source);  ///< 0 closed, 1 half open, 2 open

  /// Prometheus text format 0.0.4.
  std::string render();

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

/// Watches one episode for what only its events tell: how long upstreams kept us waiting, which model
/// is being asked, what is reserved. One per request; `metrics` outlives it.
class RequestWatch final : public EpisodeObserver {
 public:
  explicit RequestWatch(Metrics& metrics) : metrics_(metrics) {}
  ~RequestWatch() override;
  RequestWatch(const RequestWatch&) = delete;
  RequestWatch& operator=(const RequestWatch&) = delete;
  void on(const EpisodeEvent& event) override;
  /// Per turn the longest call, plus the policy's own upstream calls. Backoff between tries of a
  /// call counts as waiting.
  Duration upstream_wait() const { return settled_ + turn_calls_; }
  const ModelId& latest_model() const { return latest_model_; }
  int turns() const { return turns_; }
  int calls() const { return calls_; }

 private:
  void reserve(Usd change);

  Metrics& metrics_;
  Usd reserved_ = Usd::zero();
  Duration settled_ = Duration::zero();
  Duration turn_calls_ = Duration::zero();
  ModelId latest_model_;
  int turns_ = 0;
  int calls_ = 0;
};

}  // namespace xrouter::server
