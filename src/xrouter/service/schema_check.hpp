// Does a JSON value follow a JSON Schema, as far as structured output uses schemas?
#pragma once

#include <boost/json/value.hpp>

namespace xrouter::service {

/// At every depth: `type`, `enum`, `const`, `properties`, `required`, `patternProperties`,
/// `additionalProperties`, `items`, `minItems`, `maxItems`, `uniqueItems`, `minLength`, `maxLength`,
/// `pattern`, `minimum`, `maximum`, `exclusiveMinimum` and `exclusiveMaximum` (numbers), `allOf`, `anyOf`,
/// `oneOf` (that at least one fits), and `$ref` within the schema, in place of what stands beside it.
/// Any other keyword, a malformed one and a reference that leads nowhere count as fulfilled. So false is
/// certain, true is not. The work is bounded: a value too large, a pattern too slow and references that
/// go in circles count as valid.
bool follows_schema(const boost::json::value& value, const boost::json::value& schema);

}  // namespace xrouter::service
