#include "xrouter/grammar/dfa_cache.hpp"

#include <algorithm>
#include <map>
#include <mutex>

namespace xrouter::grammar {
namespace {

constexpr std::size_t kMostEntries = 256;
constexpr std::size_t kMostCells = 1 << 18;  // of one automaton that is remembered: a megabyte
constexpr std::size_t kMostKeyBytes = 8192;

struct Cache {
  struct Entry {
    SharedDfa dfa;
    std::uint64_t used = 0;
  };
  std::mutex mutex;
  std::map<std::string, Entry> entries;
  std::uint64_t clock = 0;
};

Cache& cache() {
  static Cache only;
  return only;
}

SharedDfa find(const std::string& key) {
  Cache& all = cache();
  const std::lock_guard lock(all.mutex);
  const auto found = all.entries.find(key);
  if (found == all.entries.end()) return nullptr;
  found->second.used = ++all.clock;
  return found->second.dfa;
}

void keep(const std::string& key, const SharedDfa& dfa) {
  if (dfa->next.size() > kMostCells || key.size() > kMostKeyBytes) return;
  Cache& all = cache();
  const std::lock_guard lock(all.mutex);
  if (all.entries.size() >= kMostEntries) all.entries.erase(std::ranges::min_element(all.entries, {}, [](const auto& each) { return each.second.used; }));
  all.entries[key] = {dfa, ++all.clock};
}

}  // namespace

Result<SharedDfa> shared_dfa(const std::string& key, const std::function<Result<Dfa>()>& make) {
  if (SharedDfa known = find(key)) return known;
  Result<Dfa> made = make();
  if (!made) return fail(made.error());
  const auto dfa = std::make_shared<const Dfa>(std::move(*made));
  keep(key, dfa);
  return dfa;
}

SharedDfa shared_dfa_of(const std::string& key, const std::function<Dfa()>& make) {
  if (SharedDfa known = find(key)) return known;
  const auto dfa = std::make_shared<const Dfa>(make());
  keep(key, dfa);
  return dfa;
}

}  // namespace xrouter::grammar
