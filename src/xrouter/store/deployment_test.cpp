// Where an attempt was made: through the journal, the database and the reader.
#include <gtest/gtest.h>

#include "xrouter/store/ledger_reader.hpp"
#include "xrouter/store/ledger_store.hpp"
#include "xrouter/store/test_support.hpp"

namespace xrouter::store {
namespace {

TEST(Deployment, the_upstream_and_key_of_an_attempt_are_kept) {
  TempFolder temp;
  const std::string path = temp.file("ledger.db");
  StoreOptions options;
  options.path = path;
  auto store = LedgerStore::open(std::move(options));
  ASSERT_TRUE(store) << store.error().describe();
  SettledRecord settlement = settled("r1", "c1", 5);
  settlement.attempts = {attempt_costing(0), attempt_costing(5)};
  settlement.attempts[0].deployment = "vendor";
  settlement.attempts[1].deployment = "other#2";
  for (const Record& record : {Record(started("r1")), Record(reserved("r1", "c1", 50)), Record(settlement), Record(finished("r1", 5))})
    ASSERT_TRUE((*store)->append(record));
  ASSERT_TRUE((*store)->flush());

  auto reader = LedgerReader::open(path);
  ASSERT_TRUE(reader) << reader.error().describe();
  const auto detail = reader->request("r1");
  ASSERT_TRUE(detail) << detail.error().describe();
  ASSERT_EQ(detail->attempts.size(), 2u);
  EXPECT_EQ(detail->attempts[0].deployment, "vendor");
  EXPECT_EQ(detail->attempts[1].deployment, "other#2");
}

}  // namespace
}  // namespace xrouter::store
