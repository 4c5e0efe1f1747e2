#include "xrouter/grade/code/code_grader.hpp"
#include "xrouter/grade/registry.hpp"
#include "xrouter/grade/structured/rules.hpp"

namespace xrouter::grade {
namespace {

using structured::Rule;

RegistryRow row(std::string key, Match match, const Rule& strict, const Rule* seed, std::string about) {
  return {.key = std::move(key),
          .match = match,
          .make = [&strict, seed](const Dialect& dialect, std::string_view) { return structured::make_rule_grader(dialect, strict, seed); },
          .about = std::move(about)};
}

// Where a question brings its program along, an input is right when the program says so.
RegistryRow codeio_row() {
  RegistryRow made = row("simulation__codeio", Match::prefix, structured::kCodeIo, &structured::kSeedCodeIo, "CodeIO: a program's input or output as JSON");
  made.make = [literal = made.make](const Dialect& dialect, std::string_view name) { return code::make_codeio_grader(dialect, literal(dialect, name)); };
  return made;
}

}  // namespace

std::vector<RegistryRow> structured_rows() {
  using namespace structured;
  return {
      row("logic__zebra_puzzle", Match::prefix, kZebra, &kSeedZebra, "zebra puzzles: share of right cells"),
      row("logic__ordering_puzzle", Match::prefix, kOrdering, &kSeedOrdering, "names in the right order"),
      row("logic__graph", Match::prefix, kGraph, &kSeedGraph, "one token read off a graph"),
      // What the seed's preparation writes, and its dispatcher does not know.
      row("zebra_puzzle_dataset", Match::exact, kZebra, nullptr, "zebra puzzles: share of right cells"),
      row("ordering_puzzle_dataset", Match::exact, kOrdering, nullptr, "names in the right order"),
      row("graph_logical_dataset", Match::exact, kGraph, nullptr, "one token read off a graph"),
      codeio_row(),
      row("simulation__arcagi", Match::prefix, kGrid, &kSeedGrid, "ARC-AGI: a grid of integers"),
      row("simulation__barc", Match::prefix, kGrid, &kSeedGrid, "BARC: a grid of integers"),
      row("table", Match::prefix, kTable, &kSeedTable, "tables (HiTab, MultiHiertt, FinQA): cells"),
      row("stem__bbeh", Match::exact, kBbeh, nullptr, "BIG-Bench Extra Hard"),
      row("bbeh", Match::exact, kBbeh, nullptr, "BIG-Bench Extra Hard"),
      row("py_literal", Match::exact, kLiteral, &kRecordedLiteral, "a Python literal, as CRUXEval asks for"),
  };
}

}  // namespace xrouter::grade
