// The keywords of a schema one by one: which are supported, and what they say.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xrouter::grammar {

struct Conjunction;

using TypeSet = unsigned;
inline constexpr TypeSet kNull = 1, kBoolean = 2, kInteger = 4, kNumber = 8, kString = 16, kArray = 32, kObject = 64, kAllTypes = 127;

/// Nothing: fine. Else why this keyword, with this value, cannot be kept.
using KeywordFault = std::optional<std::string>;
KeywordFault fault_of(std::string_view keyword, const boost::json::value& value, const boost::json::object& rules);

/// What `type` (and `nullable`) leave; kNumber only together with kInteger. `rules` have no faults.
TypeSet types_of(const boost::json::object& rules);
TypeSet types_of(const Conjunction& rules);
TypeSet type_of(const boost::json::value& value);
/// Of `enum` or `const`; empty: neither is there.
std::vector<const boost::json::value*> listed_values(const boost::json::object& rules);
/// 1 and 1.0 are the same, the order of members says nothing.
bool same_json(const boost::json::value& left, const boost::json::value& right);

}  // namespace xrouter::grammar
