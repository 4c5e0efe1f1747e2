// What a model may write: a grammar over bytes and special tokens, built once and shared.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/tokenizer/tokenizer.hpp"

namespace xrouter::grammar {

class Grammar;  // immutable, thread-safe; the matcher's business

/// Spacing of the JSON that is written. Fixed, so that everything but the values is forced.
struct JsonStyle {
  std::string item_separator = ", ";
  std::string key_separator = ": ";
  int max_depth = 16;           ///< of values that the schema leaves open
  int max_string_bytes = 4096;  ///< where the schema gives no maxLength
  int max_items = 64;           ///< where the schema gives no maxItems
};

/// A piece of a grammar. Cheap to copy.
struct Piece {
  std::int32_t rule = -1;
};

/// Puts pieces together. Not thread-safe. Errors are kept and come out of build().
class Builder {
 public:
  Builder();
  ~Builder();
  Builder(Builder&&) noexcept;

  Piece literal(std::string_view bytes);
  /// One special token, by id: never matched by its text.
  Piece token(tokenizer::TokenId id);
  Piece sequence(std::vector<Piece> pieces);
  Piece choice(std::vector<Piece> pieces);
  Piece repeat(Piece piece, int min, int max);
  /// Whole UTF-8 of at most max_bytes that contains none of `without` and no special token; at least one
  /// byte when not `may_be_empty`. `without` is how a text ends where something else may begin.
  Piece text(std::vector<std::string> without, int max_bytes, bool may_be_empty);
  /// A JSON value that the schema accepts, written compactly in `style`; properties in the order of the
  /// schema, optional ones may be left out. Error invalid_request for a schema that is not JSON, has a
  /// keyword that would be ignored, or accepts nothing.
  Piece json(std::string_view schema, const JsonStyle& style = {});

  /// Everything from `root`. Error: the first one of any piece.
  Result<std::shared_ptr<const Grammar>> build(Piece root);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace xrouter::grammar
