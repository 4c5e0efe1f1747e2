#include "xrouter/grammar/dfa.hpp"

#include <algorithm>
#include <deque>
#include <limits>
#include <map>

#include "xrouter/base/rng.hpp"

namespace xrouter::grammar {
namespace {

constexpr std::int32_t kFar = std::numeric_limits<std::int32_t>::max();

// Least cost to an accepting state, backwards from those; kFar where there is no way.
std::vector<std::int32_t> costs_to_accept(const DfaDraft& draft) {
  const std::size_t count = draft.states.size();
  std::vector<std::vector<std::int32_t>> before(count);
  for (std::size_t from = 0; from < count; ++from) {
    std::int32_t last = Dfa::kDead;
    for (const std::int32_t to : draft.states[from].next) {
      if (to != Dfa::kDead && to != last) before[static_cast<std::size_t>(to)].push_back(static_cast<std::int32_t>(from));
      last = to;
    }
  }
  std::vector<std::int32_t> need(count, kFar);
  std::deque<std::int32_t> open;
  for (std::size_t i = 0; i < count; ++i) {
    if (!draft.states[i].accepting) continue;
    need[i] = 0;
    open.push_back(static_cast<std::int32_t>(i));
  }
  while (!open.empty()) {
    const std::int32_t at = open.front();
    open.pop_front();
    for (const std::int32_t from : before[static_cast<std::size_t>(at)]) {
      const std::int32_t cost = draft.states[static_cast<std::size_t>(from)].cost;
      const std::int32_t sum = need[static_cast<std::size_t>(at)] + cost;
      if (sum >= need[static_cast<std::size_t>(from)]) continue;
      need[static_cast<std::size_t>(from)] = sum;
      cost == 0 ? open.push_front(from) : open.push_back(from);
    }
  }
  return need;
}

// Bytes that every state treats alike share a class.
void pack(const DfaDraft& draft, const std::vector<std::int32_t>& new_index, Dfa& dfa) {
  const auto target = [&](const DfaDraft::State& state, std::size_t byte) {
    const std::int32_t to = state.next[byte];
    return to == Dfa::kDead ? Dfa::kDead : new_index[static_cast<std::size_t>(to)];
  };
  // Refined state by state: (class so far, target) -> class.
  std::array<std::int32_t, 256> group = {};
  std::int32_t groups = 1;
  for (std::size_t i = 0; i < draft.states.size() && groups < 256; ++i) {
    if (new_index[i] == Dfa::kDead) continue;
    std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> names;
    for (std::size_t byte = 0; byte < 256; ++byte)
      group[byte] = names.emplace(std::pair(group[byte], target(draft.states[i], byte)), static_cast<std::int32_t>(names.size())).first->second;
    groups = static_cast<std::int32_t>(names.size());
  }
  dfa.classes = groups;
  for (std::size_t byte = 0; byte < 256; ++byte) dfa.class_of[byte] = static_cast<std::uint8_t>(group[byte]);
  for (std::size_t i = 0; i < draft.states.size(); ++i) {
    if (new_index[i] == Dfa::kDead) continue;
    const std::size_t row = dfa.next.size();
    dfa.next.resize(row + static_cast<std::size_t>(groups), Dfa::kDead);
    for (std::size_t byte = 0; byte < 256; ++byte) dfa.next[row + dfa.class_of[byte]] = target(draft.states[i], byte);
  }
}

template <class T>
std::string_view bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

void sign(Dfa& dfa) {
  for (int half = 0; half < 2; ++half) {
    std::uint64_t hash = fnv1a64(half == 0 ? "dfa" : "automaton");
    hash = fnv1a64({reinterpret_cast<const char*>(dfa.class_of.data()), dfa.class_of.size()}, hash);
    hash = fnv1a64(bytes_of(dfa.next), hash);
    hash = fnv1a64(bytes_of(dfa.cost), hash);
    dfa.fingerprint[half] = fnv1a64(bytes_of(dfa.accepting), hash);
  }
}

}  // namespace

int DfaDraft::add(bool accepting, std::uint8_t cost) {
  State& state = states.emplace_back();
  state.accepting = accepting;
  state.cost = cost;
  return static_cast<int>(states.size()) - 1;
}

void DfaDraft::edge(int from, std::uint8_t first, std::uint8_t last, int to) {
  auto& next = states[static_cast<std::size_t>(from)].next;
  for (int byte = first; byte <= last; ++byte) next[static_cast<std::size_t>(byte)] = to;
}

Dfa finish(const DfaDraft& draft) {
  Dfa dfa;
  const std::vector<std::int32_t> need = costs_to_accept(draft);
  if (need.empty() || need[0] == kFar) return dfa;
  std::vector<std::int32_t> new_index(draft.states.size(), Dfa::kDead);
  for (std::size_t i = 0; i < draft.states.size(); ++i) {
    if (need[i] == kFar) continue;
    new_index[i] = dfa.states();
    dfa.accepting.push_back(draft.states[i].accepting ? 1 : 0);
    dfa.cost.push_back(draft.states[i].cost);
    dfa.need.push_back(need[i]);
    dfa.most_need = std::max(dfa.most_need, need[i]);
  }
  pack(draft, new_index, dfa);
  sign(dfa);
  return dfa;
}

Dfa both(const Dfa& left, const Dfa& right, int max_states) {
  if (left.states() == 0 || right.states() == 0) return {};
  DfaDraft draft;
  std::map<std::pair<int, int>, int> known;
  std::vector<std::pair<int, int>> order;
  const auto state_of = [&](int a, int b) {
    const auto [at, added] = known.emplace(std::pair(a, b), static_cast<int>(order.size()));
    if (added) {
      order.emplace_back(a, b);
      draft.add(left.accepting[static_cast<std::size_t>(a)] && right.accepting[static_cast<std::size_t>(b)], left.cost[static_cast<std::size_t>(a)]);
    }
    return at->second;
  };
  state_of(left.start, right.start);
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (static_cast<int>(order.size()) > max_states) return {};
    for (int byte = 0; byte < 256; ++byte) {
      const auto [a, b] = order[i];
      const int to_a = left.step(a, static_cast<std::uint8_t>(byte));
      const int to_b = right.step(b, static_cast<std::uint8_t>(byte));
      if (to_a == Dfa::kDead || to_b == Dfa::kDead) continue;
      const int to = state_of(to_a, to_b);
      draft.states[i].next[static_cast<std::size_t>(byte)] = to;
    }
  }
  return finish(draft);
}

Dfa at_least(const Dfa& dfa, int least, int max_states) {
  const long states = static_cast<long>(dfa.states()) * (least + 1);
  if (dfa.states() == 0 || states > max_states) return {};
  DfaDraft draft;
  const auto index = [&](int state, int count) { return state * (least + 1) + count; };
  for (int state = 0; state < dfa.states(); ++state)
    for (int count = 0; count <= least; ++count)
      draft.add(dfa.accepting[static_cast<std::size_t>(state)] && count == least, dfa.cost[static_cast<std::size_t>(state)]);
  for (int state = 0; state < dfa.states(); ++state) {
    for (int count = 0; count <= least; ++count) {
      const int then = std::min(least, count + dfa.cost[static_cast<std::size_t>(state)]);
      for (int byte = 0; byte < 256; ++byte) {
        const int to = dfa.step(state, static_cast<std::uint8_t>(byte));
        if (to != Dfa::kDead) draft.edge(index(state, count), static_cast<std::uint8_t>(byte), static_cast<std::uint8_t>(byte), index(to, then));
      }
    }
  }
  return finish(draft);
}

}  // namespace xrouter::grammar
