#include <algorithm>

#include "xrouter/torch_learner/kernels/attention.hpp"

namespace xrouter::torch_learner::kernels {

namespace {

/// One query tile's part in a block.
struct Piece {
  const QueryTile* tile;
  std::int64_t first, count;  ///< of the plan's queries
};

std::int64_t last_row(const TreeAttention& plan, const Piece& piece) {
  return plan.query_rows[static_cast<std::size_t>(piece.first + piece.count - 1)];
}

/// All rows that somebody of the block sees, ascending, never closer to each other than two rows: their tiles are disjoint.
std::vector<Range> seen_by(const TreeAttention& plan, const std::vector<Piece>& pieces) {
  std::vector<Range> all;
  for (const Piece& piece : pieces) {
    all.insert(all.end(), piece.tile->before.begin(), piece.tile->before.end());
    all.push_back({piece.tile->own_begin, last_row(plan, piece) + 1});
  }
  std::sort(all.begin(), all.end(), [](const Range& left, const Range& right) { return left.begin < right.begin; });
  std::vector<Range> joined;
  for (const Range& range : all) {
    if (joined.empty() || range.begin > joined.back().end + 1) {
      joined.push_back(range);
    } else {
      joined.back().end = std::max(joined.back().end, range.end);
    }
  }
  return joined;
}

std::uint64_t bits_of(const Range& range, std::int64_t begin, int count) {
  const auto from = std::clamp<std::int64_t>(range.begin - begin, 0, count), to = std::clamp<std::int64_t>(range.end - begin, 0, count);
  if (to <= from) return 0;
  const std::uint64_t ones = to - from == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << static_cast<unsigned>(to - from)) - 1;
  return ones << static_cast<unsigned>(from);
}

KeyTile make_tile(const TreeAttention& plan, const std::vector<Piece>& pieces, std::int64_t begin, int count) {
  KeyTile tile{begin, count, {}};
  for (const Piece& piece : pieces) {
    std::uint64_t above = 0;
    for (const Range& range : piece.tile->before) above |= bits_of(range, begin, count);
    for (auto query = piece.first; query < piece.first + piece.count; ++query) {
      const Range own{piece.tile->own_begin, plan.query_rows[static_cast<std::size_t>(query)] + 1};
      tile.seen.push_back(above | bits_of(own, begin, count));
    }
  }
  return tile;
}

QueryBlock make_block(const TreeAttention& plan, const std::vector<Piece>& pieces) {
  QueryBlock block;
  block.first = pieces.front().first;
  for (const Piece& piece : pieces) block.count += static_cast<int>(piece.count);
  // Keys are taken in pairs: a tile begins at an even row, where the masks hide what nobody sees.
  for (const Range& range : seen_by(plan, pieces))
    for (auto begin = range.begin / 2 * 2; begin < range.end; begin += kTileKeys)
      block.tiles.push_back(make_tile(plan, pieces, begin, static_cast<int>(std::min<std::int64_t>(kTileKeys, range.end - begin))));
  return block;
}

}  // namespace

AttentionBlocks::AttentionBlocks(const TreeAttention& plan) {
  std::vector<Piece> pieces;
  std::int64_t room = kBlockQueries;
  for (const QueryTile& tile : plan.tiles) {
    for (std::int64_t done = 0; done < tile.count;) {
      const auto count = std::min(room, tile.count - done);
      pieces.push_back({&tile, tile.first + done, count});
      done += count;
      room -= count;
      if (room > 0) continue;
      blocks_.push_back(make_block(plan, pieces));
      pieces.clear();
      room = kBlockQueries;
    }
  }
  if (!pieces.empty()) blocks_.push_back(make_block(plan, pieces));
}

}  // namespace xrouter::torch_learner::kernels
