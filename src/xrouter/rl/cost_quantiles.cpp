#include "xrouter/rl/cost_quantiles.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "xrouter/base/assert.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::rl {
namespace {

double squashed(std::int64_t pico) { return std::sqrt(static_cast<double>(pico)); }

// Between the two nearest values, linearly.
double quantile(const std::vector<double>& ascending, double at) {
  const double place = at * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, ascending.size() - 1);
  return ascending[below] + (place - static_cast<double>(below)) * (ascending[above] - ascending[below]);
}

}  // namespace

void CostQuantiles::advance(std::span<const Usd> costs) {
  for (const Usd cost : costs) {
    XROUTER_ASSERT(cost.pico() >= 0, "nobody is paid for an episode");
    window_.push_back(cost.pico());
  }
  if (window_.size() > kWindow) window_.erase(window_.begin(), window_.end() - static_cast<std::ptrdiff_t>(kWindow));
  freeze();
}

void CostQuantiles::freeze() {
  if (window_.empty()) return;
  std::vector<double> ascending;
  ascending.reserve(window_.size());
  for (const std::int64_t pico : window_) ascending.push_back(squashed(pico));
  std::sort(ascending.begin(), ascending.end());
  low_ = quantile(ascending, 0.05);
  high_ = quantile(ascending, 0.95);
}

double CostQuantiles::normalise(Usd cost) const {
  XROUTER_ASSERT(ready(), "advance() comes first");
  if (high_ <= low_) return 0;
  return std::clamp((squashed(cost.pico()) - low_) / (high_ - low_), 0.0, 1.0);
}

std::string CostQuantiles::to_json() const {
  json::Writer out;
  out.begin_object().key("pico_usd").begin_array();
  for (const std::int64_t pico : window_) out.value(pico);
  out.end_array().end_object();
  return out.take();
}

Result<CostQuantiles> CostQuantiles::from_json(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) return fail(ErrorKind::config, "the cost quantiles of a checkpoint cannot be read: " + value.error().public_text);
  json::ObjectReader in(*value, "cost_quantiles");
  const boost::json::array* costs = in.optional_array("pico_usd", kWindow);
  if (!in.ok()) return fail(ErrorKind::config, in.error().public_text);
  if (costs == nullptr) return fail(ErrorKind::config, "cost_quantiles.pico_usd: is missing");
  CostQuantiles made;
  for (const boost::json::value& cost : *costs) {
    if (!cost.is_int64() || cost.get_int64() < 0) return fail(ErrorKind::config, "cost_quantiles.pico_usd: must be integers of at least 0");
    made.window_.push_back(cost.get_int64());
  }
  made.freeze();
  return made;
}

}  // namespace xrouter::rl
