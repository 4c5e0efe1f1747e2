#include "xrouter/eval/benchmark.hpp"
#include "xrouter/eval/summary.hpp"

#include <algorithm>

namespace xrouter::eval {

std::string_view to_text(Scale scale) {
  switch (scale) {
    case Scale::share: return "share";
    case Scale::ten: return "ten";
    case Scale::hundred: return "hundred";
  }
  return "share";
}

std::string_view to_text(Loader loader) { return loader == Loader::recorded ? "recorded" : "jsonl"; }

std::string_view to_text(SystemKind kind) {
  switch (kind) {
    case SystemKind::single: return "single";
    case SystemKind::policy: return "policy";
    case SystemKind::baseline: return "baseline";
    case SystemKind::oracle: return "oracle";
  }
  return "baseline";
}

const SystemFigures* find_figures(const Section& section, std::string_view system) {
  const auto it = std::find_if(section.systems.begin(), section.systems.end(), [&](const SystemFigures& f) { return f.system == system; });
  return it == section.systems.end() ? nullptr : &*it;
}

const SystemText* find_system(const Summary& summary, std::string_view system) {
  const auto it = std::find_if(summary.systems.begin(), summary.systems.end(), [&](const SystemText& s) { return s.id == system; });
  return it == summary.systems.end() ? nullptr : &*it;
}

}  // namespace xrouter::eval
