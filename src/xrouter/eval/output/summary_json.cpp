#include "xrouter/eval/output/summary_json.hpp"

#include "xrouter/json/writer.hpp"

namespace xrouter::eval {
namespace {

using json::Writer;

void interval(Writer& out, std::string_view name, const Interval& value) {
  out.key(name).begin_array().value(value.low).value(value.high).end_array();
}

void estimate(Writer& out, std::string_view name, const Estimate& value) {
  out.key(name).begin_object().field("mean", value.mean).field("standard_error", value.standard_error);
  interval(out, "interval_95", value.interval);
  out.end_object();
}

void shares(Writer& out, std::string_view name, const std::vector<std::pair<std::string, double>>& values) {
  out.key(name).begin_object();
  for (const auto& [key, share] : values) out.field(key, share);
  out.end_object();
}

void behaviour(Writer& out, const BehaviourFigures& value) {
  out.key("behaviour").begin_object();
  out.field("direct", value.direct).field("selected", value.selected).field("synthesised", value.synthesised);
  out.field("last_reply", value.last_reply).field("none", value.none);
  out.field("calls_per_query", value.calls_per_query).field("turns_per_query", value.turns_per_query).field("top_share", value.top_share);
  shares(out, "models", value.models);
  out.end_object();
}

void calibration(Writer& out, const CalibrationFigures& value) {
  if (value.bins.empty()) return;
  out.key("calibration")
      .begin_object()
      .field("samples", value.samples)
      .field("expected_error", value.expected_error)
      .field("brier", value.brier);
  out.key("bins").begin_array();
  for (const CalibrationBin& bin : value.bins)
    out.begin_object()
        .field("low", bin.low)
        .field("high", bin.high)
        .field("samples", bin.samples)
        .field("confidence", bin.confidence)
        .field("accuracy", bin.accuracy)
        .end_object();
  out.end_array().end_object();
}

void comparisons(Writer& out, const SystemFigures& figures) {
  if (figures.hull) {
    out.key("hull").begin_object().field("margin", figures.hull->margin);
    interval(out, "interval_95", figures.hull->interval);
    out.field("wins", figures.hull->wins).field("p", figures.hull->p).field("p_holm", figures.hull->p_holm).end_object();
  }
  if (const auto& paired = figures.to_best_single) {
    out.key("to_best_single").begin_object().field("against", paired->against).field("difference", paired->difference);
    out.field("standard_error", paired->standard_error);
    interval(out, "interval_95", paired->interval);
    out.field("better", paired->better).field("worse", paired->worse).field("cost_ratio", paired->cost_ratio).end_object();
  }
  if (const auto& regret = figures.regret) {
    out.key("regret").begin_object().field("accuracy", regret->accuracy).field("usd_per_1000", regret->usd_per_1000);
    out.field("optimal_selection", regret->optimal_selection).field("cost_ratio", regret->cost_ratio).end_object();
  }
}

void system_figures(Writer& out, const SystemFigures& figures) {
  out.begin_object().field("system", figures.system);
  out.field("questions", figures.questions)
      .field("samples", figures.samples)
      .field("scored", figures.scored)
      .field("unscored", figures.unscored);
  out.field("correct", figures.correct);
  estimate(out, "accuracy", figures.accuracy);
  if (figures.wilson) interval(out, "wilson_95", *figures.wilson);
  out.optional_field("deviation_across_runs", figures.deviation_across_runs);
  if (!figures.at_k.empty()) {
    out.key("at_k").begin_array();
    for (const AtK& at : figures.at_k)
      out.begin_object()
          .field("k", at.k)
          .field("pass_at", at.pass_at)
          .field("pass_hat", at.pass_hat)
          .field("majority_at", at.majority_at)
          .end_object();
    out.end_array();
  }
  out.key("cost_usd").decimal(figures.cost.to_decimal());
  out.key("router_cost_usd").decimal(figures.router_cost.to_decimal());
  out.field("cost_complete", figures.cost_complete).field("usd_per_1000", figures.usd_per_1000);
  interval(out, "usd_per_1000_interval_95", figures.usd_per_1000_interval);
  out.optional_field("usd_per_right", figures.usd_per_right);
  out.field("cost_share_wrong", figures.cost_share_wrong);
  out.field("no_answer", figures.no_answer).field("truncated", figures.truncated).field("failed", figures.failed);
  out.key("latency_ms")
      .begin_object()
      .field("p50", figures.latency.p50_ms)
      .field("p95", figures.latency.p95_ms)
      .field("p99", figures.latency.p99_ms)
      .end_object();
  behaviour(out, figures.behaviour);
  calibration(out, figures.calibration);
  out.field("arena_score", figures.arena_score).optional_field("cost_utility", figures.cost_utility);
  if (!figures.parts.empty()) shares(out, "parts", figures.parts);
  if (figures.labelled > 0) out.field("labelled", figures.labelled).field("label_agrees", figures.label_agrees);
  out.field("on_front", figures.on_front);
  comparisons(out, figures);
  out.end_object();
}

void points(Writer& out, std::string_view name, const std::vector<CurvePoint>& values) {
  out.key(name).begin_array();
  for (const CurvePoint& point : values) {
    out.begin_object().field("usd_per_1000", point.usd_per_1000).field("accuracy", point.accuracy);
    if (!point.system.empty()) out.field("system", point.system);
    out.end_object();
  }
  out.end_array();
}

void curve(Writer& out, const Curve& value) {
  out.begin_object()
      .field("family", value.family)
      .field("label", value.label)
      .field("aiq", value.aiq)
      .field("aiq_code", value.aiq_code)
      .field("zero_gap", value.zero_gap);
  points(out, "points", value.points);
  points(out, "hull", value.hull);
  out.end_object();
}

void subset(Writer& out, const SubsetFigures& value) {
  out.begin_object().field("subset", value.subset).field("questions", value.questions).key("systems").begin_array();
  for (const SubsetFigures::Row& row : value.rows) {
    out.begin_object().field("system", row.system).field("questions", row.questions);
    estimate(out, "accuracy", row.accuracy);
    out.field("usd_per_1000", row.usd_per_1000).field("no_answer", row.no_answer).end_object();
  }
  out.end_array().end_object();
}

void two_models(Writer& out, const TwoModelFigures& value) {
  out.begin_object().field("family", value.family).field("weak", value.weak).field("strong", value.strong).field("apgr", value.apgr);
  out.key("cpt").begin_array();
  for (const auto& [wanted, share] : value.cpt)
    out.begin_object().field("gap_recovered", wanted).optional_field("strong_share", share).end_object();
  out.end_array().end_object();
}

template <class T, class Write>
void list(Writer& out, std::string_view name, const std::vector<T>& values, Write write) {
  out.key(name).begin_array();
  for (const T& value : values) write(out, value);
  out.end_array();
}

void section(Writer& out, const Section& value) {
  out.begin_object()
      .field("task", value.task)
      .field("title", value.title)
      .field("domain", value.domain)
      .field("scale", to_text(value.scale));
  out.field("chance", value.chance).field("questions", value.questions).field("common", value.common);
  out.field("best_single", value.best_single).field("cheapest_single", value.cheapest_single);
  list(out, "systems", value.systems, system_figures);
  list(out, "subsets", value.subsets, subset);
  if (value.singles) {
    out.key("singles");
    curve(out, *value.singles);
  }
  list(out, "curves", value.curves, curve);
  list(out, "two_models", value.two_models, two_models);
  list(out, "remarks", value.remarks, [](Writer& to, const std::string& text) { to.value(text); });
  out.end_object();
}

// A line break before every system and section: a person can read it, and diff shows what changed.
std::string on_lines(const std::string& compact) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[i];
    if (quoted && c == '\\') {
      out += compact.substr(i++, 2);
      continue;
    }
    if (c == '"') quoted = !quoted;
    const bool entry = !quoted && c == '{' && i > 0 && (compact[i - 1] == '[' || compact[i - 1] == ',');
    const bool named = entry && (compact.compare(i, 10, "{\"system\":") == 0 || compact.compare(i, 8, "{\"task\":") == 0 ||
                                 compact.compare(i, 10, "{\"subset\":") == 0 || compact.compare(i, 6, "{\"id\":") == 0);
    if (named) out += '\n';
    out += c;
  }
  return out + "\n";
}

}  // namespace

std::string summary_json(const Summary& summary) {
  Writer out;
  out.begin_object().field("format", "xrouter-evaluation").field("version", 1).field("program", summary.program);
  out.field("seed", std::to_string(summary.seed)).field("samples", summary.samples).field("bootstrap_draws", summary.bootstrap_draws);
  out.field("dialect", summary.dialect).field("config_hash", summary.config_hash);
  out.field("complete", summary.complete).field("stopped_by", summary.stopped_by).field("latency_clock", summary.latency_clock);
  list(out, "benchmarks", summary.benchmarks, [](Writer& to, const BenchmarkText& text) {
    to.begin_object()
        .field("name", text.name)
        .field("title", text.title)
        .field("domain", text.domain)
        .field("source", text.source)
        .field("licence", text.licence);
    to.field("note", text.note)
        .field("split", text.split)
        .field("data_hash", text.data_hash)
        .field("questions", text.questions)
        .end_object();
  });
  list(out, "systems", summary.systems, [](Writer& to, const SystemText& text) {
    to.begin_object()
        .field("id", text.id)
        .field("label", text.label)
        .field("description", text.description)
        .field("kind", to_text(text.kind));
    if (!text.family.empty()) to.field("family", text.family);
    to.optional_field("dial", text.dial).end_object();
  });
  list(out, "graders", summary.graders, [](Writer& to, const std::string& text) { to.value(text); });
  list(out, "sections", summary.sections, section);
  list(out, "overall", summary.overall, [](Writer& to, const OverallRow& row) {
    to.begin_object().field("system", row.system).field("questions", row.questions);
    estimate(to, "accuracy", row.accuracy);
    to.field("usd_per_1000", row.usd_per_1000).key("cost_usd").decimal(row.cost.to_decimal());
    to.end_object();
  });
  out.end_object();
  return on_lines(out.take());
}

}  // namespace xrouter::eval
