// Limits that several rules set for one value.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "xrouter/grammar/schema/conjunction.hpp"
#include "xrouter/grammar/schema/number_dfa.hpp"

namespace xrouter::grammar {

/// Of whole numbers such as minLength; more than 2^53 counts as that.
std::optional<std::int64_t> greatest_least(const Conjunction& rules, std::string_view keyword);
std::optional<std::int64_t> smallest_most(const Conjunction& rules, std::string_view keyword);
/// Of minimum, maximum, exclusiveMinimum, exclusiveMaximum and the formats of numbers.
NumberRange range_of(const Conjunction& rules, bool integer);

}  // namespace xrouter::grammar
