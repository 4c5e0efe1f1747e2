#include "xrouter/samples/options.hpp"

namespace xrouter::samples {

std::string_view to_text(Order order) {
  switch (order) {
    case Order::shuffled: return "shuffled";
    case Order::easy_first: return "easy_first";
    case Order::by_pass_rate: return "by_pass_rate";
  }
  return "shuffled";
}

SampleSetOptions default_options(corpus::Split split) {
  SampleSetOptions options;
  options.split = split;
  if (split == corpus::Split::train) {
    options.of(Stratum::hard).copies = 2;
    options.of(Stratum::hopeless).cap_per_source = 100;  // nobody can be right: they teach thrift alone
    return options;
  }
  options.pools.fixed = {{.name = "all", .share = 1}};
  options.pools.shuffled = false;
  options.disguise = {.renamed_samples = 0, .renamed_models = 0, .withheld_descriptions = 0, .score_shift = 0, .exact_prices = 1};
  return options;
}

}  // namespace xrouter::samples
