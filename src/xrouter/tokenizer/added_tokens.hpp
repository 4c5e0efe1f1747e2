// Tokens that are found in the text before anything else happens to it: special ones such as <|im_start|>, and
// others that a vocabulary was given after its training.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/tokenizer/pattern.hpp"
#include "xrouter/tokenizer/tokenizer.hpp"

namespace xrouter::tokenizer {

struct AddedToken {
  std::string content;
  TokenId id = 0;
  bool special = false;
  bool single_word = false;  ///< not next to a letter or digit
  bool lstrip = false;       ///< takes the white space in front with it
  bool rstrip = false;       ///< takes the white space behind with it
  bool normalized = false;   ///< looked for after normalization
};

/// A piece of text, or a token that was found.
struct AddedSplit {
  Range range;
  TokenId token = -1;  ///< -1: text
};

/// Finds added tokens: the leftmost, of these the longest. Immutable and thread-safe.
class AddedTokenFinder {
 public:
  /// Error config: two tokens with the same text.
  static Result<AddedTokenFinder> make(std::vector<AddedToken> tokens);

  bool empty() const { return tokens_.empty(); }
  /// Appends pieces that cover the text in order. With `as_text` special tokens are not looked for.
  void split(std::string_view text, SpecialTokens special, std::vector<AddedSplit>& out) const;

 private:
  struct Edge {
    char byte = 0;
    std::uint32_t node = 0;
  };
  struct Node {
    std::vector<Edge> edges;
    int token = -1;  ///< index into tokens_
  };
  struct Match {
    int token = -1;
    std::size_t end = 0;
  };
  std::uint32_t child(std::uint32_t node, char byte) const;
  Match longest_at(std::string_view text, std::size_t at) const;

  std::vector<AddedToken> tokens_;
  std::vector<Node> nodes_{1};
  std::array<bool, 256> begins_{};
};

}  // namespace xrouter::tokenizer
