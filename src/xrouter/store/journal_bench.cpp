// What a record costs the request path, and how fast the journal is booked.
#include <benchmark/benchmark.h>

#include "xrouter/base/log.hpp"
#include "xrouter/store/journal_frame.hpp"
#include "xrouter/store/ledger_store.hpp"
#include "xrouter/store/test_support.hpp"

namespace xrouter::store {
namespace {

void compose_a_settlement(benchmark::State& state) {
  const Record record = settled("chatcmpl-0123456789abcdef01234567", "c1", 123'456'789);
  for (auto _ : state) benchmark::DoNotOptimize(frame(to_json(record)));
}
BENCHMARK(compose_a_settlement);

void append_a_settlement(benchmark::State& state) {
  static TempFolder* folder = nullptr;
  static std::unique_ptr<LedgerStore> store;
  if (state.thread_index() == 0) {
    log::set_level(log::Level::error);
    folder = new TempFolder;
    store = *LedgerStore::open({.path = folder->file("ledger.db")});
  }
  const std::string request = "chatcmpl-" + std::to_string(state.thread_index()) + "-";
  std::int64_t number = 0;
  for (auto _ : state) {
    if (!store->append(settled(request + std::to_string(number++), "c1", 123'456'789))) state.SkipWithError("append failed");
  }
  state.SetItemsProcessed(number);
  if (state.thread_index() == 0) {
    store.reset();
    delete folder;
  }
}
BENCHMARK(append_a_settlement)->UseRealTime();
BENCHMARK(append_a_settlement)->Threads(4)->UseRealTime();

void book_a_settlement(benchmark::State& state) {
  constexpr int kBatch = 10'000;
  TempFolder folder;
  auto store = *LedgerStore::open({.path = folder.file("ledger.db")});
  std::int64_t number = 0;
  for (auto _ : state) {
    for (int i = 0; i < kBatch; ++i) benchmark::DoNotOptimize(store->append(settled("chatcmpl-" + std::to_string(number++), "c1", 123'456'789)));
    if (!store->flush()) state.SkipWithError("flush failed");
  }
  state.SetItemsProcessed(number);
}
BENCHMARK(book_a_settlement)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace xrouter::store
