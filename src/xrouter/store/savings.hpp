// What routing has saved against asking the strongest model every time: an estimate.
//
// Compared are answered requests with a completely known cost and at least one successful model
// call. For each, one direct call to the reference model is priced:
//  - when the reference itself answered in this request: what that call really cost;
//  - otherwise prompt tokens as the called models counted them (their mean) at the reference's input
//    price, and as output the mean length of the reference's own answers in this ledger, or, when it
//    has none, the length of the answer given.
// The reference is the model named, or the dearest model (output price, then input price) that was
// offered to that request, at the price it was offered at. Not covered: retries and failures that
// the reference would have had, other tokenizers, cached prompts (priced in full), and whether its
// answers would have been better. The router's own turns count as cost of routing.
#pragma once

#include <string>

#include "xrouter/store/ledger_reader.hpp"

namespace xrouter::store {

struct Savings {
  std::string reference;              ///< the model; "several" when pools differ; empty when nothing compares
  std::int64_t compared = 0;          ///< requests
  std::int64_t not_compared = 0;      ///< answered, but without a call, a known cost or a known reference price
  std::int64_t exact = 0;             ///< of the compared: the reference itself was called
  std::int64_t by_own_mean = 0;       ///< output from the reference's mean
  std::int64_t by_same_length = 0;    ///< output from the answer given
  Usd spent = Usd::zero();            ///< for the compared requests
  Usd reference_cost = Usd::zero();
  Usd saved() const { return reference_cost - spent; }
};

/// `reference_model` empty: the dearest offered. Errors: io (also a sum beyond int64).
Result<Savings> savings(LedgerReader& reader, const std::string& reference_model);

}  // namespace xrouter::store
