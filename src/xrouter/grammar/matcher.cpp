#include "xrouter/grammar/matcher.hpp"

#include <algorithm>
#include <bit>

#include "xrouter/base/assert.hpp"
#include "xrouter/grammar/canonical.hpp"
#include "xrouter/grammar/step_cache.hpp"

namespace xrouter::grammar {
namespace {

// Readings that are followed at once. A grammar with more is refused what goes beyond: each reading that
// stays can be completed by itself, so nothing wrong is written and no reply gets stuck.
constexpr std::size_t kMostThreads = 1024;
constexpr int kMostSearchSteps = 1'000'000;

/// Of one matcher and its copies.
struct Shared {
  Shared(std::shared_ptr<const Grammar> of, std::shared_ptr<const VocabularyIndex> with)
      : grammar(std::move(of)), vocabulary(std::move(with)), stacks(grammar->program()), cache(grammar->cache_for(vocabulary)) {}
  std::shared_ptr<const Grammar> grammar;
  std::shared_ptr<const VocabularyIndex> vocabulary;
  Stacks stacks;
  std::shared_ptr<StepCache> cache;
};

/// One reading of all the bytes, depth first; for where the readings of a token in between are too many to keep.
bool find_reading(Stacks& stacks, const Thread& from, std::string_view bytes, int& steps, std::vector<Thread>& out) {
  if (bytes.empty()) {
    out.push_back(from);
    return true;
  }
  if (--steps < 0) return false;
  std::vector<Thread> behind;
  stacks.step(from, static_cast<std::uint8_t>(bytes[0]), behind);
  return std::ranges::any_of(behind, [&](const Thread& each) { return find_reading(stacks, each, bytes.substr(1), steps, out); });
}

bool may_end(Stacks& stacks, const std::vector<Thread>& threads) {
  return std::ranges::any_of(threads, [&](const Thread& thread) {
    if (thread.node != Thread::kFollow && (stacks.program().node(thread.node).kind != Node::Kind::scan || !stacks.may_leave(thread))) return false;
    return stacks.follow(thread.stack).end;
  });
}

StepCache::Key key_of(const Shared& shared, const std::vector<Thread>& threads) {
  StepCache::Key key = {0, 0};  // a sum, so that the order of the threads says nothing
  for (const Thread& thread : threads) {
    std::uint64_t hash[2] = {17, 31};
    shared.stacks.sign(thread, shared.vocabulary->longest(), hash);
    key.first += hash[0];
    key.second += hash[1];
  }
  return key;
}

std::shared_ptr<const Place> work_out(Shared& shared, const std::vector<Thread>& threads) {
  auto place = std::make_shared<Place>();
  place->may_end = may_end(shared.stacks, threads);
  const Canonical canonical = canonical_ways(shared.stacks, *shared.vocabulary, threads);
  place->ways = canonical.trie;
  if (place->ways) return place;
  place->mask = Masker(shared.stacks, *shared.vocabulary).mask_of(threads);
  for (const TokenId id : canonical.detours) place->mask.words[static_cast<std::size_t>(id) / 64] &= ~(std::uint64_t{1} << (id % 64));
  int count = 0;
  for (const std::uint64_t word : place->mask.words) count += std::popcount(word);
  if (count > 1) return place;
  for (std::size_t i = 0; i < place->mask.words.size(); ++i)
    if (place->mask.words[i] != 0) place->few = {static_cast<TokenId>(i * 64) + std::countr_zero(place->mask.words[i])};
  place->mask.words.clear();
  return place;
}

}  // namespace

std::shared_ptr<StepCache> Grammar::cache_for(const std::shared_ptr<const VocabularyIndex>& vocabulary) const {
  const std::lock_guard lock(mutex_);
  if (!cache_ || cached_for_.lock() != vocabulary) {
    cached_for_ = vocabulary;
    cache_ = std::make_shared<StepCache>();
  }
  return cache_;
}

struct Matcher::State {
  std::shared_ptr<Shared> shared;
  std::vector<Thread> threads;
  std::shared_ptr<const CanonicalTrie> ways;  // on one of them, at `way`; null: on none
  std::int32_t way = 0;
  // Worked out when it is asked for.
  bool known = false;
  std::shared_ptr<const Place> place;  // keeps the step's mask alive
  Step step;

  void look();
  void look_at_ways();
  std::vector<Thread> threads_behind(TokenId id) const;
};

void Matcher::State::look_at_ways() {
  const CanonicalTrie::Node& node = ways->nodes[static_cast<std::size_t>(way)];
  step.few.clear();
  for (const auto& [token, to] : node.children) step.few.push_back(token);
  step.many = nullptr;
  step.may_end = node.may_end;
}

void Matcher::State::look() {
  if (known) return;
  known = true;
  if (ways) return look_at_ways();
  const StepCache::Key key = key_of(*shared, threads);
  place = shared->cache->find(key);
  if (!place) {
    place = work_out(*shared, threads);
    shared->cache->add(key, place);
  }
  if (place->ways) {
    ways = place->ways;
    way = 0;
    return look_at_ways();
  }
  step.few = place->few;
  step.many = place->mask.words.empty() ? nullptr : &place->mask;
  step.may_end = place->may_end;
}

std::vector<Thread> Matcher::State::threads_behind(TokenId id) const {
  Stacks& stacks = shared->stacks;
  std::vector<Thread> out;
  for (const Thread& thread : threads) stacks.step_token(thread, id, out);
  if (!shared->vocabulary->in_trie(id)) return out;
  const std::string_view bytes = shared->vocabulary->tokenizer().bytes_of(id);
  std::vector<Thread> now = threads;
  std::vector<Thread> next;
  bool left_some = false;
  for (const char c : bytes) {
    next.clear();
    for (const Thread& thread : now) {
      if (next.size() > kMostThreads) break;  // what comes after is left out below
      stacks.step(thread, static_cast<std::uint8_t>(c), next);
    }
    left_some = left_some || next.size() > kMostThreads;
    if (next.size() > kMostThreads) next.resize(kMostThreads);
    std::swap(now, next);
  }
  int steps = kMostSearchSteps;
  for (std::size_t i = 0; left_some && now.empty() && i < threads.size(); ++i) find_reading(stacks, threads[i], bytes, steps, now);
  out.insert(out.end(), now.begin(), now.end());
  return out;
}

Matcher::Matcher(std::shared_ptr<const Grammar> grammar, std::shared_ptr<const Vocabulary> vocabulary) : state_(std::make_unique<State>()) {
  auto index = std::dynamic_pointer_cast<const VocabularyIndex>(std::move(vocabulary));
  XROUTER_ASSERT(grammar && index, "a grammar of build() and a vocabulary of make()");
  state_->shared = std::make_shared<Shared>(std::move(grammar), std::move(index));
  state_->threads = {state_->shared->stacks.root()};
}

Matcher::Matcher(const Matcher& other) : state_(std::make_unique<State>(*other.state_)) {}
Matcher& Matcher::operator=(const Matcher& other) {
  if (this != &other) *state_ = *other.state_;
  return *this;
}
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;
Matcher::~Matcher() = default;

const Step& Matcher::next() const {
  state_->look();
  return state_->step;
}

bool Matcher::accept(TokenId id) {
  State& state = *state_;
  state.look();
  if (id < 0 || static_cast<std::size_t>(id) >= state.shared->vocabulary->tokenizer().size()) return false;
  std::int32_t to = -1;
  if (state.ways) {
    const auto& children = state.ways->nodes[static_cast<std::size_t>(state.way)].children;
    const auto found = std::ranges::lower_bound(children, id, {}, &std::pair<TokenId, std::int32_t>::first);
    if (found == children.end() || found->first != id) return false;
    to = found->second;
  } else if (state.step.many ? !state.step.many->allows(id) : std::ranges::find(state.step.few, id) == state.step.few.end()) {
    return false;
  }
  std::vector<Thread> behind = state.threads_behind(id);
  if (behind.empty()) return false;
  state.threads = std::move(behind);
  state.known = false;
  state.way = to;
  if (to < 0 || state.ways->nodes[static_cast<std::size_t>(to)].leads_out) state.ways = nullptr;
  return true;
}

LookAhead look_ahead(const Matcher& matcher, int max_nodes) {
  LookAhead tree;
  struct Open {
    Matcher at;
    int node;
  };
  std::vector<Open> open;
  open.push_back({matcher, -1});
  for (std::size_t i = 0; i < open.size(); ++i) {
    const std::vector<TokenId> few = open[i].at.next().few;
    const int parent = open[i].node;
    for (const TokenId token : few) {
      if (static_cast<int>(tree.nodes.size()) >= max_nodes) return tree;
      Matcher behind = open[i].at;
      if (!behind.accept(token)) continue;
      open.push_back({std::move(behind), static_cast<int>(tree.nodes.size())});
      tree.nodes.push_back({token, parent});
    }
  }
  return tree;
}

}  // namespace xrouter::grammar
