#include "xrouter/transformer/pass.hpp"

#include <algorithm>
#include <numeric>

#include "xrouter/base/assert.hpp"

namespace xrouter::transformer {

namespace {

/// Who reads how much of one segment.
struct Readers {
  struct Reader {
    std::size_t input;
    std::int64_t length;
  };
  const KvSegment* segment;
  std::vector<Reader> readers;
};

std::vector<Readers> readers_of_segments(std::span<const PassInput> inputs) {
  std::vector<Readers> found;
  for (std::size_t input = 0; input < inputs.size(); ++input) {
    if (inputs[input].sequence == nullptr) continue;
    for (const Sequence::SharedPart& part : inputs[input].sequence->shared()) {
      const auto same = [&part](const Readers& known) { return known.segment == part.segment.get(); };
      auto it = std::find_if(found.begin(), found.end(), same);
      if (it == found.end()) it = found.insert(found.end(), {part.segment.get(), {}});
      it->readers.push_back({input, part.length});
    }
  }
  return found;
}

/// A segment of which sequences read different lengths is cut where they differ, so that every piece is
/// computed once for all who read it.
void add_shared(AttentionPlan& plan, const Readers& users) {
  std::vector<std::int64_t> ends;
  for (const Readers::Reader& reader : users.readers) ends.push_back(reader.length);
  std::sort(ends.begin(), ends.end());
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  std::int64_t begin = 0;
  for (const std::int64_t end : ends) {
    SharedKeys keys{users.segment, begin, end, {}};
    for (const Readers::Reader& reader : users.readers) {
      if (reader.length < end) continue;
      const FreshKeys& fresh = plan.fresh[reader.input];
      for (std::size_t row = 0; row < fresh.query_tokens.size(); ++row) keys.queries.push_back(fresh.first_query + static_cast<std::int64_t>(row));
    }
    begin = end;
    if (!keys.queries.empty()) plan.shared.push_back(std::move(keys));
  }
}

std::int64_t chain_length(std::span<const int> parents, std::size_t tokens) {
  if (parents.empty()) return static_cast<std::int64_t>(tokens);
  std::size_t length = 0;
  while (length < tokens && parents[length] == static_cast<int>(length) - 1) ++length;
  return static_cast<std::int64_t>(length);
}

void check_input(const PassInput& input) {
  XROUTER_ASSERT(!input.tokens.empty(), "a pass adds tokens to each of its sequences");
  XROUTER_ASSERT(input.parents.empty() || input.parents.size() == input.tokens.size(), "each token of a tree has a parent");
  for (std::size_t i = 0; i < input.parents.size(); ++i)
    XROUTER_ASSERT(input.parents[i] >= -1 && input.parents[i] < static_cast<int>(i), "a parent comes before its children");
  for (std::size_t i = 0; i < input.wanted.size(); ++i) {
    XROUTER_ASSERT(input.wanted[i] >= 0 && static_cast<std::size_t>(input.wanted[i]) < input.tokens.size(), "logits are wanted of tokens that are there");
    XROUTER_ASSERT(i == 0 || input.wanted[i] > input.wanted[i - 1], "wanted rows ascend");
  }
}

AttentionPlan make_plan(std::span<const PassInput> inputs, std::span<const Readers> readers, bool only_wanted) {
  AttentionPlan plan;
  std::int64_t first = 0;
  for (const PassInput& input : inputs) {
    FreshKeys fresh;
    if (input.sequence != nullptr) {
      fresh.segment = &input.sequence->reserve(static_cast<std::int64_t>(input.tokens.size()));
      fresh.own = input.sequence->own_length();
    }
    fresh.first_token = first;
    fresh.count = static_cast<std::int64_t>(input.tokens.size());
    fresh.first_query = plan.queries;
    if (only_wanted) {
      fresh.query_tokens.assign(input.wanted.begin(), input.wanted.end());
    } else {
      fresh.query_tokens.resize(input.tokens.size());
      std::iota(fresh.query_tokens.begin(), fresh.query_tokens.end(), 0);
    }
    fresh.chain = chain_length(input.parents, input.tokens.size());
    if (fresh.chain < fresh.count) fresh.parents.assign(input.parents.begin(), input.parents.end());
    plan.queries += static_cast<std::int64_t>(fresh.query_tokens.size());
    first += fresh.count;
    plan.fresh.push_back(std::move(fresh));
  }
  for (const Readers& users : readers) add_shared(plan, users);
  return plan;
}

void add_positions(const PassInput& input, std::vector<std::int64_t>& positions) {
  const std::size_t begin = positions.size();
  const std::int64_t held = input.sequence == nullptr ? 0 : input.sequence->length();
  for (std::size_t i = 0; i < input.tokens.size(); ++i) {
    const int parent = input.parents.empty() ? static_cast<int>(i) - 1 : input.parents[i];
    positions.push_back(parent < 0 ? held : positions[begin + static_cast<std::size_t>(parent)] + 1);
  }
}

}  // namespace

std::vector<std::uint8_t> FreshKeys::visible() const {
  const auto n = static_cast<std::size_t>(count);
  std::vector<std::uint8_t> rows(query_tokens.size() * n, 0);
  for (std::size_t query = 0; query < query_tokens.size(); ++query) {
    std::uint8_t* row = rows.data() + query * n;
    auto token = query_tokens[query];
    for (; token >= chain; token = parents[static_cast<std::size_t>(token)]) row[token] = 1;
    std::fill_n(row, token + 1, std::uint8_t{1});
  }
  return rows;
}

Pass make_pass(std::span<const PassInput> inputs, at::Device device) {
  // Room first: it may turn a sequence's own segment into a shared one.
  for (const PassInput& input : inputs) {
    check_input(input);
    if (input.sequence != nullptr) input.sequence->reserve(static_cast<std::int64_t>(input.tokens.size()));
  }
  Pass pass;
  const auto readers = readers_of_segments(inputs);
  pass.plan = make_plan(inputs, readers, false);
  pass.last_plan = make_plan(inputs, readers, true);

  std::vector<std::int64_t> ids, positions, wanted;
  for (const PassInput& input : inputs) {
    for (const int index : input.wanted) wanted.push_back(static_cast<std::int64_t>(ids.size()) + index);
    ids.insert(ids.end(), input.tokens.begin(), input.tokens.end());
    add_positions(input, positions);
  }
  pass.all_wanted = wanted.size() == ids.size();
  pass.ids = at::tensor(ids, at::kLong).to(device);
  pass.positions = at::tensor(positions, at::kLong).to(device);
  pass.wanted = at::tensor(wanted, at::kLong).to(device);
  return pass;
}

void commit(std::span<const PassInput> inputs) {
  for (const PassInput& input : inputs)
    if (input.sequence != nullptr) input.sequence->append(static_cast<std::int64_t>(input.tokens.size()));
}

}  // namespace xrouter::transformer
