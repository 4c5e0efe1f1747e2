// One kind of instruction: its id, what it is told, and how to see whether a reply follows it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/grade/follow/text.hpp"
#include "xrouter/grade/value/value.hpp"

namespace xrouter::grade::follow {

/// A reply, or a variant of it, as checkers see it.
struct Subject {
  Subject(Text reply, bool patterns, bool compat)
      : text(std::move(reply)), utf8(encode(text)), keywords_are_patterns(patterns), bug_compat(compat) {}

  Text text;
  std::string utf8;            ///< the same, valid UTF-8
  bool keywords_are_patterns;  ///< keywords, markers and splitters are regular expressions
  bool bug_compat;
};

enum class Outcome : std::uint8_t {
  fails,
  holds,
  gave_up,     ///< a regular expression ran out of steps
  bad_target,  ///< an argument is not the regular expression it should be
};
inline Outcome outcome(bool holds) { return holds ? Outcome::holds : Outcome::fails; }

enum class ArgType : std::uint8_t {
  none,
  text,      ///< not blank; a list of one text counts as that text
  texts,     ///< at least one text, none of them blank
  count,     ///< 0 to a million
  ordinal,   ///< 1 to a million
  relation,  ///< "less than" or "at least"
  letter,    ///< one of a to z, in any case
  ignored,   ///< anything
};

struct ArgSpec {
  std::string_view name = {};
  ArgType type = ArgType::none;
  bool required = true;
};

/// The arguments of one instruction, checked against its kind's specs.
class Args {
 public:
  /// Absent and null members are the same. Errors: ErrorKind::config naming the argument.
  static Result<Args> read(std::span<const ArgSpec> specs, const Value& kwargs);

  // Precondition of all: the kind declares the argument as required and of this type, or has() it.
  const Text& text(std::string_view name) const;
  const std::vector<Text>& texts(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  /// By the argument of type relation called `relation`.
  bool compare(std::size_t found, std::string_view relation, std::string_view threshold) const;
  bool has(std::string_view name) const;

 private:
  using Held = std::variant<Text, std::vector<Text>, std::size_t>;
  const Held& get(std::string_view name) const;
  std::vector<std::pair<std::string_view, Held>> held_;
};

struct Kind {
  std::string_view id;
  std::array<ArgSpec, 5> args = {};
  /// Null: the kind is known but needs what is not here.
  Outcome (*check)(const Subject& subject, const Args& args) = nullptr;
  std::string_view needs = {};
};

/// Wraps a checker that only says yes or no.
template <bool (*kHolds)(const Subject&, const Args&)>
Outcome plain(const Subject& subject, const Args& args) {
  return outcome(kHolds(subject, args));
}

// The kinds by group; each id stands once over all of them.
std::span<const Kind> keyword_kinds();         ///< IFEval: keywords, letters
std::span<const Kind> length_kinds();          ///< IFEval: words, sentences, paragraphs
std::span<const Kind> content_kinds();         ///< IFEval: content, format
std::span<const Kind> shape_kinds();           ///< IFEval: start, end, case, language, combination, punctuation
std::span<const Kind> multi_copy_kinds();      ///< IF_multi_constraints: copying, wrapping, paragraphs
std::span<const Kind> multi_word_kinds();      ///< IF_multi_constraints: words, letters, counts
std::span<const Kind> bench_count_kinds();     ///< IFBench 2025: counts and ratios
std::span<const Kind> bench_word_kinds();      ///< IFBench 2025: words
std::span<const Kind> bench_sentence_kinds();  ///< IFBench 2025: sentences and repetition
std::span<const Kind> bench_format_kinds();    ///< IFBench 2025: format
std::span<const Kind> bench_custom_kinds();    ///< IFBench 2025: single prompts

enum class KindSet : std::uint8_t {
  ifeval,   ///< the 25 of IFEval
  ifmulti,  ///< those and the 29 of IF_multi_constraints
  ifbench,  ///< those and the ones of IFBench 2025
};
/// nullptr when the set has no such kind.
const Kind* find_kind(KindSet set, std::string_view id);
std::vector<std::string> kind_ids(KindSet set);

}  // namespace xrouter::grade::follow
