// $ref, allOf, anyOf and oneOf taken apart: a schema as alternatives, each a list of plain rules that all hold.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/grammar/schema/document.hpp"

namespace xrouter::grammar {

using Schema = const boost::json::value*;

/// Rules that all hold. Each is an object of the document, of which the keywords that lead elsewhere were followed.
struct Conjunction {
  std::vector<Schema> rules;
};

class Conjunctions {
 public:
  explicit Conjunctions(const Document& document) : document_(document) {}

  /// The alternatives that together mean "all of `schemas` hold". Error: invalid_request, with the path of a
  /// keyword that is not supported, a reference that leads nowhere or in a circle, or too many alternatives.
  Result<std::vector<Conjunction>> of(const std::vector<Schema>& schemas);

 private:
  struct Pending;
  struct Branch;
  Result<void> take(const Pending& pending, Branch& branch);
  Result<void> check_keywords(Schema schema);
  Result<void> check_list(Schema schema, std::string_view keyword);

  const Document& document_;
  std::map<Schema, bool> checked_;
  std::size_t work_ = 0;
};

/// Provably no value fulfils both.
bool are_disjoint(const Conjunction& left, const Conjunction& right);

}  // namespace xrouter::grammar
