// A drill for the language-modelling stage: reading prices.
#pragma once

#include <vector>

#include "xrouter/base/rng.hpp"
#include "xrouter/catalog/catalog.hpp"
#include "xrouter/chat_format/chat_format.hpp"
#include "xrouter/learner/token_tree.hpp"

namespace xrouter::rollout {

struct RankingOptions {
  /// One of them is drawn for each text; not empty.
  std::vector<double> cost_weights = {0, 0.25, 0.5, 1, 2, 4};
  /// What a unit of cost weight takes off for an answer of the strongest model's price, in units of success.
  double penalty = 0.1;
};

/// What a router prompt says of prices, for some of these models at prices that were changed at random; then calls of them all, the
/// best first by score less what the price takes off. The tokens of the names are the choices. In a router prompt few choices depend
/// on a price; here nearly all do, which is what a fresh model needs to find out that it has to look there.
/// The catalogue says what the models are called and what they score; models without scores or price are left out. Empty when fewer than
/// two are left, when nothing fits in `max_tokens`, or when a changed price leaves the catalogue's range.
learner::TokenSequence ranking_text(const std::vector<const ModelSpec*>& models, const ModelCatalog& catalog,
                                    const chat_format::ChatFormat& format, const tokenizer::Tokenizer& tokenizer,
                                    const RankingOptions& options, std::size_t max_tokens, Rng& rng);

}  // namespace xrouter::rollout
