#include "xrouter/grade/live/live_grader.hpp"
#include "xrouter/grade/registry.hpp"

namespace xrouter::grade {
namespace {

RegistryRow row(std::string key) {
  auto make = [](const Dialect& dialect, std::string_view) { return live::make_live_grader(dialect); };
  return {.key = std::move(key),
          .match = Match::exact,
          .make = std::move(make),
          .about = "LiveBench: data analysis, reasoning and language tasks"};
}

}  // namespace

std::vector<RegistryRow> live_rows() { return {row("ood__livebench"), row("livebench")}; }

}  // namespace xrouter::grade
