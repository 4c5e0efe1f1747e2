// Does a constant of a schema follow the rest of the schema?
#pragma once

#include "xrouter/grammar/schema/conjunction.hpp"

namespace xrouter::grammar {

/// Exact for the supported keywords, additionalProperties taken as JSON Schema says. `rule` is a schema whose
/// keywords were checked, but perhaps not those below it. Error: as from Conjunctions, or too much work.
class Acceptance {
 public:
  explicit Acceptance(const Document& document, Conjunctions& conjunctions) : document_(document), conjunctions_(conjunctions) {}
  Result<bool> accepts(const std::vector<Schema>& schemas, const boost::json::value& value);

 private:
  Result<bool> follows(const Conjunction& rules, const boost::json::value& value);
  Result<bool> members_follow(const Conjunction& rules, const boost::json::object& object);
  Result<bool> items_follow(const Conjunction& rules, const boost::json::array& array);
  Result<bool> text_follows(const Conjunction& rules, std::string_view text);

  const Document& document_;
  Conjunctions& conjunctions_;
  std::size_t work_ = 0;
};

}  // namespace xrouter::grammar
