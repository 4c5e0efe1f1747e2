#include "xrouter/testing_net/sim_net.hpp"

#include <gtest/gtest.h>

#include "xrouter/testing/world.hpp"

namespace xrouter::net {
namespace {

using namespace std::chrono_literals;

class SimPair : public ::testing::Test {
 protected:
  void connect(SimFaults to_client) {
    SimPlan plan;
    plan.to_client = to_client;
    std::tie(client_, server_) = make_sim_pair(world_.executor(), world_.timers(), plan, 3);
  }
  void server_sends(std::string_view bytes) { ASSERT_TRUE(world_.run(server_->write(bytes, scope_))); }
  Result<std::size_t> read() { return world_.run(client_->read_some(buffer_, scope_)); }

  World world_;
  CallScope scope_{world_.executor(), world_.timers(), Deadline::after(world_.now(), 1h), "test"};
  std::unique_ptr<ByteStream> client_, server_;
  std::array<char, 64> buffer_{};
};

TEST_F(SimPair, bytes_arrive_after_the_latency_in_pieces_of_the_drip) {
  connect({.latency = 2s, .max_chunk = 1, .drip = 1s});
  server_sends("ab");
  server_->close();
  const TimePoint start = world_.now();
  EXPECT_EQ(read(), std::size_t{1});
  EXPECT_EQ(world_.now() - start, 2s);
  EXPECT_EQ(read(), std::size_t{1});
  EXPECT_EQ(world_.now() - start, 3s);
  EXPECT_EQ(read(), std::size_t{0}) << "the end comes behind the bytes";
}

TEST_F(SimPair, a_cut_ends_orderly_or_with_a_reset_after_exactly_its_bytes) {
  connect({.cut_after = 3});
  server_sends("abcdef");
  EXPECT_EQ(read(), std::size_t{3});
  EXPECT_EQ(read(), std::size_t{0});
  connect({.cut_after = 3, .cut_by_reset = true});
  server_sends("abcdef");
  EXPECT_EQ(read(), std::size_t{3});
  EXPECT_FALSE(read());
  EXPECT_FALSE(world_.run(server_->write("more", scope_))) << "the writer notices a reset";
}

TEST_F(SimPair, a_stall_lasts_until_the_scope_ends_and_then_the_stream_is_closed) {
  connect({.stall_after = 1});
  server_sends("ab");
  EXPECT_EQ(read(), std::size_t{1});
  CallScope limit(scope_, 5s, "limit");
  auto count = world_.run(client_->read_some(buffer_, limit));
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().kind, ErrorKind::attempt_timeout);
  EXPECT_FALSE(client_->is_open());
}

TEST_F(SimPair, silence_is_told_from_bytes_and_from_the_end) {
  connect({});
  EXPECT_TRUE(client_->idle_and_open());
  server_sends("a");
  EXPECT_FALSE(client_->idle_and_open());
  EXPECT_EQ(read(), std::size_t{1});
  server_->close();
  EXPECT_FALSE(client_->idle_and_open());
}

}  // namespace
}  // namespace xrouter::net
