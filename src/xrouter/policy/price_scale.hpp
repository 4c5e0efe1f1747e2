// How dear the offered models are beside each other, short enough to be read at a glance.
#pragma once

#include <span>
#include <vector>

#include "xrouter/engine/spec.hpp"

namespace xrouter::policy {

/// The letter of the strongest offered model: the one with the best mean of its scores; where none has scores, the dearest.
inline constexpr char kPriceOfStrongest = 'R';

struct PricedModel {
  const OfferedModel* offered = nullptr;
  char letter = kPriceOfStrongest;  ///< two letters earlier: half the price, two later: twice; A and Z take all that lies beyond
};

/// The offered models of known price, the cheapest first; those of one price in the order of the offer. A small language model
/// reads one letter more surely than the digits of two prices, and letters stay when all prices change alike, as the reward
/// does. The price of a model is here that of a token read and one written.
std::vector<PricedModel> price_letters(std::span<const OfferedModel> offered);

}  // namespace xrouter::policy
