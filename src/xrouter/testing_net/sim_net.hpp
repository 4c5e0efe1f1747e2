// A network in memory: streams, a connector and listeners on the World's clock, with faults. The
// same seed gives the same bytes at the same times.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "xrouter/base/rng.hpp"
#include "xrouter/net/byte_stream.hpp"

namespace xrouter::net {

/// What may go wrong with the bytes of one direction.
struct SimFaults {
  Duration latency{0};                           ///< from a write until it can be read
  std::size_t max_chunk = 0;                     ///< a read gives 1..max_chunk bytes by seed; 0 = all there is
  Duration drip{0};                              ///< pause between two reads' bytes
  std::optional<std::size_t> stall_after = {};   ///< bytes; then nothing more is ever read, not even the end
  std::optional<std::size_t> cut_after = {};     ///< bytes; then the connection ends
  bool cut_by_reset = false;                     ///< the cut is a reset, not an orderly end
  std::size_t capacity = 256 * 1024;             ///< unread bytes beyond which a writer waits
};

/// What may go wrong with one connection.
struct SimPlan {
  bool refuse = false;
  bool never_answers = false;  ///< connect waits until the scope ends
  Duration connect_delay{0};
  SimFaults to_server = {};
  SimFaults to_client = {};
};

using StreamPair = std::pair<std::unique_ptr<ByteStream>, std::unique_ptr<ByteStream>>;

/// Two connected ends: first the client's, then the server's.
StreamPair make_sim_pair(boost::asio::any_io_executor executor, Timers& timers, const SimPlan& plan = {}, std::uint64_t seed = 1);

class SimNetwork final : public Connector {
 public:
  using OnAccept = std::function<void(std::unique_ptr<ByteStream>)>;
  /// The plan of the n-th connection (from 0) of the whole network.
  using Plan = std::function<SimPlan(const Origin&, std::size_t index)>;

  SimNetwork(boost::asio::any_io_executor executor, Timers& timers, std::uint64_t seed)
      : executor_(std::move(executor)), timers_(timers), rng_(seed) {}

  /// An origin nobody listens at refuses connections. `on_accept` may co_spawn a server.
  void listen(const Origin& origin, OnAccept on_accept) { listeners_[origin] = std::move(on_accept); }
  void set_plan(Plan plan) { plan_ = std::move(plan); }

  boost::asio::awaitable<Result<std::unique_ptr<ByteStream>>> connect(const Origin& origin, CallScope& scope) override;

  std::size_t connects() const { return connects_; }
  /// Ends of connections that are still open; 0 when nothing leaked.
  std::size_t open_ends() const { return *open_ends_; }

 private:
  boost::asio::any_io_executor executor_;
  Timers& timers_;
  Rng rng_;
  std::map<Origin, OnAccept> listeners_;
  Plan plan_;
  std::size_t connects_ = 0;
  std::shared_ptr<std::size_t> open_ends_ = std::make_shared<std::size_t>(0);
};

}  // namespace xrouter::net
