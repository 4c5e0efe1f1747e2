#include "xrouter/service/ledger_book.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "xrouter/engine/ports.hpp"
#include "xrouter/policy/router_prompt.hpp"
#include "xrouter/store/database.hpp"
#include "xrouter/testing/fixtures.hpp"

namespace xrouter::service {
namespace {

class Booked : public ::testing::Test {
 protected:
  Booked() {
    std::string pattern = (std::filesystem::temp_directory_path() / "xrouter-book-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    store_ = std::move(*store::LedgerStore::open({.path = path()}));
  }
  ~Booked() override {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string path() const { return folder_ + "/ledger.db"; }

  std::int64_t policy_bills_of(const std::string& strategy) {
    LedgerBook book(*store_, system_clock());
    const EpisodeSpec spec = two_model_spec();
    book.open({.id = RequestId(strategy), .model = "xrouter", .strategy = strategy, .key_fingerprint = {}})->on(EpisodeStarted{spec});
    EXPECT_TRUE(store_->flush());
    auto database = store::Database::open(path(), store::Database::Access::read_only);
    std::int64_t bills = -1;
    EXPECT_TRUE(database->each("SELECT policy_bills FROM requests WHERE id = '" + strategy + "'", [&](const store::Row& row) { bills = row.integer(0); }));
    return bills;
  }

  std::string folder_;
  std::unique_ptr<store::LedgerStore> store_;
};

TEST_F(Booked, a_decision_of_the_remote_router_is_reserved_at_its_worst_case) {
  LedgerBook book(*store_, system_clock());
  EpisodeSpec spec = two_model_spec();
  spec.router = spec.offered[1].spec;
  spec.limits.attempts_per_call = 2;
  spec.router_output_tokens = 100;
  const Transcript transcript;
  DecisionPrompt prompt{.spec = spec, .transcript = transcript};
  const std::int64_t input = spec.estimator.prompt_tokens(policy::render_router_prompt(prompt));
  const Usd worst = *spec.router->price.worst_case(input, 100)->checked_mul(2);
  for (const auto& [id, limit] : {std::pair("free", std::optional<Usd>()), std::pair("limited", std::optional(Usd::from_pico(7)))}) {
    prompt.cost_left = limit;
    auto observer = book.open({.id = RequestId(id), .model = "xrouter", .strategy = "remote", .key_fingerprint = {}});
    observer->on(EpisodeStarted{spec});
    observer->on(TurnStarted{prompt});
  }
  EXPECT_TRUE(store_->flush());
  auto database = store::Database::open(path(), store::Database::Access::read_only);
  EXPECT_EQ(*database->integer("SELECT cost_pico FROM requests WHERE id = 'free' AND status = 'lost' AND cost_complete = 1"), worst.pico());
  EXPECT_EQ(*database->integer("SELECT cost_pico FROM requests WHERE id = 'limited' AND status = 'lost' AND cost_complete = 1"), 7);
}

TEST_F(Booked, only_requests_that_the_remote_router_decides_are_billed_for_decisions) {
  EXPECT_EQ(policy_bills_of("remote"), 1);
  EXPECT_EQ(policy_bills_of("pass_through"), 0);
  EXPECT_EQ(policy_bills_of("tool_affinity"), 0);
}

}  // namespace
}  // namespace xrouter::service
