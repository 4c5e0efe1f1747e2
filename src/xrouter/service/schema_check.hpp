// Does a JSON value follow a JSON Schema, as far as structured output uses schemas?
#pragma once

#include <boost/json/value.hpp>

namespace xrouter::service {

/// Knows `type`, `properties`, `required`, `additionalProperties: false`, `items`, `enum`, `const` and
/// `anyOf`, at every depth; any other keyword, and a malformed one, is taken as fulfilled. So false is
/// certain, true is not. The work is bounded: a value too large for it counts as valid.
bool follows_schema(const boost::json::value& value, const boost::json::value& schema);

}  // namespace xrouter::service
