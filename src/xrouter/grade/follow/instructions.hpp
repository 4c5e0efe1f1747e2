// The instructions of one question, read out of its ground truth.
#pragma once

#include <vector>

#include "xrouter/grade/follow/kind.hpp"

namespace xrouter::grade::follow {

struct Instruction {
  const Kind* kind;  ///< of a static table
  Args args;
};

struct Instructions {
  std::vector<Instruction> items;
  std::string unknown = {};  ///< an id that the set does not have; then `items` is empty
};

struct ReadOptions {
  KindSet set = KindSet::ifeval;
  /// As the seed reads: only the first item of a list of constraints, ids without arguments dropped, nothing left is fine.
  bool bug_compat = false;
};

/// Two shapes: ground truth = list of argument objects, with extra.instruction_id_list (IFEval, IFBench 2025); or a list (or
/// its text, JSON or Python) of {instruction_id, kwargs} (IF_multi_constraints).
/// Errors: ErrorKind::config for any other shape, for no instructions at all, for ids and arguments that do not pair, and
/// as Args::read().
Result<Instructions> read_instructions(const Value& ground_truth, const Value& extra, const ReadOptions& options);

}  // namespace xrouter::grade::follow
