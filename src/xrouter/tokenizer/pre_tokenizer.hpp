// From a stretch of text to words: the pre_tokenizer of a tokenizer.json, whose last step is byte-level.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "xrouter/tokenizer/pattern.hpp"

namespace xrouter::tokenizer {

/// What becomes of the stretches that a pattern matches.
enum class SplitBehaviour { isolated, removed, merged_with_previous, merged_with_next, contiguous };

struct SplitStep {
  Pattern pattern;
  SplitBehaviour behaviour = SplitBehaviour::isolated;
  bool invert = false;  ///< the stretches between the matches are what counts as matched
};

/// Numbers (Unicode's categories N*) apart from everything else.
struct DigitsStep {
  bool individual = false;
};

using PreTokenizerStep = std::variant<SplitStep, DigitsStep>;

/// Immutable and thread-safe.
class PreTokenizer {
 public:
  std::vector<PreTokenizerStep> steps;
  bool add_prefix_space = false;        ///< after the steps, in front of every piece that has none
  std::vector<PreTokenizerStep> words;  ///< after the spaces: ByteLevel's own pattern, or nothing

  /// Ranges in `text`; a space that was added makes `spaced` the text they are ranges of.
  struct Result {
    std::vector<Range> words;
    std::optional<std::string> spaced;
  };
  /// Precondition: valid UTF-8.
  Result split(std::string_view text, Pattern::Scratch& scratch) const;
};

/// GPT-2's word pattern, which ByteLevel with use_regex means.
inline constexpr std::string_view kGpt2Pattern = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

/// Stretches of a text, in order and without gaps, to the pieces that a behaviour makes of them.
struct Stretch {
  Range range;
  bool matched = false;
};
void append_pieces(const std::vector<Stretch>& stretches, SplitBehaviour behaviour, std::vector<Range>& out);

}  // namespace xrouter::tokenizer
