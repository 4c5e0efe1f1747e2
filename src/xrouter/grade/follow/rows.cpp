#include "xrouter/grade/follow/follow_grader.hpp"
#include "xrouter/grade/registry.hpp"

namespace xrouter::grade {
namespace {

RegistryRow row(std::string key, follow::KindSet set, std::string about) {
  auto make = [set](const Dialect& dialect, std::string_view) { return follow::make_follow_grader(set, dialect); };
  return {.key = std::move(key), .match = Match::exact, .make = std::move(make), .about = std::move(about)};
}

}  // namespace

std::vector<RegistryRow> follow_rows() {
  using enum follow::KindSet;
  const std::string eval = "IFEval's 25 kinds of instruction; strict and loose, by prompt and by instruction";
  const std::string multi = "IF_multi_constraints: IFEval's kinds and 29 more";
  const std::string bench = "IFBench 2025 and all kinds of the two others";
  return {row("ood__ifeval", ifeval, eval), row("ifeval", ifeval, eval), row("ood__ifbench", ifmulti, multi),
          row("if_multi_constraints", ifmulti, multi), row("ifbench", ifbench, bench)};
}

}  // namespace xrouter::grade
