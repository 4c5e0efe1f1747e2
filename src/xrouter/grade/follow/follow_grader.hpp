// Grades instruction following: how many of a question's instructions the reply follows.
#pragma once

#include <memory>

#include "xrouter/grade/follow/kind.hpp"
#include "xrouter/grade/grader.hpp"

namespace xrouter::grade::follow {

/// Score and `correct`: all instructions hold for the reply as it is (prompt level, strict). Parts: "loose" (prompt level,
/// any of eight variants), "instructions_strict" and "instructions_loose" (shares). Keywords are plain texts, unless
/// extra.keywords_are_patterns is true or the dialect is xrouter_compat.
///
/// An empty reply is no answer. An id the set lacks, or a kind whose resource is not here, makes the grade unsupported.
std::unique_ptr<Grader> make_follow_grader(KindSet set, const Dialect& dialect);

}  // namespace xrouter::grade::follow
