// A schema as it was written, and where in it things are.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "xrouter/base/result.hpp"

namespace xrouter::grammar {

/// Schemas are named by the address of their value in the document; a Document does not move.
class Document {
 public:
  /// Error: invalid_request. An empty text is the schema of any object.
  static Result<boost::json::value> read(std::string_view text);
  explicit Document(boost::json::value root) : root_(std::move(root)) {}
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  const boost::json::value& root() const { return root_; }
  /// How deep the schema itself nests.
  int depth() const;
  /// What a $ref names: "#", "#/$defs/a~1b". nullptr: another document, an anchor, or nothing there.
  const boost::json::value* resolve(std::string_view reference) const;
  /// "schema.properties.n"; `part` is a schema of this document.
  std::string path_of(const boost::json::value& part) const;
  /// An invalid_request that names the place.
  Error refusal(const boost::json::value& part, std::string_view keyword, std::string_view why) const;

 private:
  boost::json::value root_;
};

}  // namespace xrouter::grammar
