#include "xrouter/lm/pass_plan.hpp"

#include <algorithm>
#include <numeric>

namespace xrouter::lm {

std::vector<int> share_pass(std::span<const int> demands, int budget, int favoured) {
  std::vector<int> shares(demands.size(), 0);
  std::vector<std::size_t> order(demands.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return demands[a] < demands[b]; });
  const auto grant = [&](std::size_t who, int most) {
    const int tokens = std::min({demands[who] - shares[who], budget, most});
    shares[who] += tokens;
    budget -= tokens;
  };
  if (favoured >= 0) grant(static_cast<std::size_t>(favoured), (budget + 1) / 2);
  for (const std::size_t who : order) grant(who, budget);
  return shares;
}

}  // namespace xrouter::lm
