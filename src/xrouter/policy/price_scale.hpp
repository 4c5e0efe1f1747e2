// How dear the offered models are beside each other, short enough to be read at a glance.
#pragma once

#include <span>
#include <vector>

#include "xrouter/engine/spec.hpp"

namespace xrouter::policy {

/// Dollars for a token read and one written. Precondition: the price is known.
double blended_price(const ModelSpec& model);
/// The mean of its scores in per cent; negative: it has none.
double mean_score(const ModelSpec& model);

/// The letter of the strongest offered model: the one with the best mean_score(); where none has scores, the dearest.
inline constexpr char kPriceOfStrongest = 'R';

struct PricedModel {
  const OfferedModel* offered = nullptr;
  char letter = kPriceOfStrongest;  ///< two letters earlier: half the price, two later: twice; A and Z take all that lies beyond
};

/// The offered models of known price, the cheapest first; those of one price in the order of the offer. A small language model
/// reads one letter more surely than the digits of two prices, and letters stay when all prices change alike, as the reward
/// does. Compared is the blended price.
std::vector<PricedModel> price_letters(std::span<const OfferedModel> offered);

}  // namespace xrouter::policy
