// What the rules of an object or array say about one of its parts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/grammar/schema/conjunction.hpp"

namespace xrouter::grammar {

/// All schemas that the member must follow, `false` included; empty: anything.
std::vector<Schema> schemas_of_member(const Conjunction& rules, std::string_view name);
std::vector<Schema> schemas_of_item(const Conjunction& rules, std::size_t position);
/// Those of members that no rule names.
std::vector<Schema> schemas_of_free_member(const Conjunction& rules);
std::vector<std::string_view> required_names(const Conjunction& rules);
/// In `properties` or `required`, each once, as first named.
std::vector<std::string_view> known_names(const Conjunction& rules);
/// Members that no rule names are written: no rule that names properties leaves additionalProperties out.
bool is_open(const Conjunction& rules);
/// The longest `prefixItems`.
std::size_t positions_of(const Conjunction& rules);

}  // namespace xrouter::grammar
