// All figures of a run, ready to be printed: the terminal table, summary.json, summary.csv and the
// HTML page are four views of this. Nothing here comes from a clock on the wall or from this machine,
// so equal samples give equal bytes.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "xrouter/base/usd.hpp"
#include "xrouter/eval/benchmark.hpp"
#include "xrouter/eval/systems.hpp"

namespace xrouter::eval {

/// A mean with its 95 % interval, all shares of 1.
struct Interval {
  double low = 0;
  double high = 0;
};
struct Estimate {
  double mean = 0;
  double standard_error = 0;
  Interval interval = {};
};

struct LatencyFigures {
  double p50_ms = 0;
  double p95_ms = 0;
  double p99_ms = 0;
};

/// How the answers came about; shares of all samples, which add up to 1.
struct BehaviourFigures {
  double direct = 0;
  double selected = 0;
  double synthesised = 0;
  double last_reply = 0;
  double none = 0;
  double calls_per_query = 0;
  double turns_per_query = 0;
  /// Share of all calls that went to each model, most called first.
  std::vector<std::pair<std::string, double>> models = {};
  double top_share = 0;  ///< collapse index: the first of `models`
};

struct CalibrationBin {
  double low = 0;
  double high = 0;
  std::size_t samples = 0;
  double confidence = 0;  ///< mean
  double accuracy = 0;
};
struct CalibrationFigures {
  std::vector<CalibrationBin> bins = {};  ///< ten equal ones; empty when the system states no confidence
  std::size_t samples = 0;
  double expected_error = 0;  ///< ECE: mean gap weighted by samples
  double brier = 0;
};

struct AtK {
  int k = 1;
  double pass_at = 0;   ///< at least one of k is right
  double pass_hat = 0;  ///< all k are right
  double majority_at = 0;
};

/// Against the single models of the same section, paired over the questions that all of them answered.
struct HullMargin {
  double margin = 0;       ///< accuracy minus the hull's at the system's cost
  Interval interval = {};  ///< 95 %, bootstrap over questions, the hull rebuilt in each draw
  bool wins = false;       ///< interval.low > 0
  double p = 1;            ///< share of draws with a margin of 0 or less, at least 1/draws
  double p_holm = 1;       ///< corrected for the number of systems of the section
};

/// a minus b over the same questions.
struct PairedFigures {
  std::string against;     ///< system id of b
  double difference = 0;
  double standard_error = 0;
  Interval interval = {};  ///< 95 %, bootstrap over questions
  std::size_t better = 0;  ///< questions that only a got right
  std::size_t worse = 0;
  double cost_ratio = 0;   ///< mean cost of a / mean cost of b; 0 when b cost nothing
};

struct RegretFigures {
  double accuracy = 0;      ///< oracle's minus the system's, a share
  double usd_per_1000 = 0;  ///< the system's cost minus the oracle's
  double optimal_selection = 0;  ///< share of questions answered by the oracle's model
  double cost_ratio = 0;         ///< oracle's cost / the system's
};

/// One system on one set of questions.
struct SystemFigures {
  std::string system;          ///< System::id
  std::size_t questions = 0;   ///< asked: those the system can be asked
  std::size_t samples = 0;
  std::size_t scored = 0;      ///< means run over these
  std::size_t unscored = 0;
  std::size_t correct = 0;     ///< samples
  Estimate accuracy = {};      ///< mean score, clustered where the benchmark says so
  std::optional<Interval> wilson = {};  ///< of 0/1 scores with one sample a question
  std::optional<double> deviation_across_runs = {};  ///< of the means of the rollouts, with 2 and more
  std::vector<AtK> at_k = {};  ///< with several samples
  Usd cost = {};               ///< total
  Usd router_cost = {};
  bool cost_complete = true;   ///< false: `cost` is a lower bound
  double usd_per_1000 = 0;     ///< mean cost of 1,000 samples
  Interval usd_per_1000_interval = {};
  std::optional<double> usd_per_right = {};  ///< empty when none is right
  double cost_share_wrong = 0; ///< of the money, what went into wrong answers
  double no_answer = 0;        ///< share of samples from which nothing could be extracted
  double truncated = 0;        ///< share
  double failed = 0;           ///< share of episodes without an answer
  LatencyFigures latency = {};
  BehaviourFigures behaviour = {};
  CalibrationFigures calibration = {};
  double arena_score = 0;                   ///< RouterArena S
  std::optional<double> cost_utility = {};  ///< the original's accuracy / mean cost in USD; not comparable across scales
  std::vector<std::pair<std::string, double>> parts = {};  ///< means of the grader's named parts ("loose", ...)
  std::size_t labelled = 0;                 ///< samples with a recorded label
  std::size_t label_agrees = 0;             ///< of these, where our grade says the same
  bool on_front = false;                    ///< no other system but an oracle is cheaper and at least as good
  std::optional<HullMargin> hull = {};      ///< empty for singles and without at least two singles
  std::optional<PairedFigures> to_best_single = {};
  std::optional<RegretFigures> regret = {}; ///< empty without an oracle
};

/// A point of a plot.
struct CurvePoint {
  double usd_per_1000 = 0;
  double accuracy = 0;
  std::string system = {};  ///< empty for a point between systems
};

/// The points of a family, or the hull of the singles.
struct Curve {
  std::string family;
  std::string label;
  std::vector<CurvePoint> points = {};  ///< by dial; the hull's by cost
  std::vector<CurvePoint> hull = {};    ///< non-decreasing concave envelope
  double aiq = 0;       ///< paper form: mean height of the hull over [cheapest, dearest] of the section
  double aiq_code = 0;  ///< code form: trapezoid from the first point to the dearest, divided by the dearest cost
  double zero_gap = 0;  ///< aiq minus that of the singles' hull
};

/// RouteLLM's figures of a family that chooses between two models.
struct TwoModelFigures {
  std::string family;
  std::string weak;
  std::string strong;
  double apgr = 0;
  std::vector<std::pair<double, std::optional<double>>> cpt = {};  ///< wanted PGR, share of strong calls
};

struct SubsetFigures {
  std::string subset;
  std::size_t questions = 0;
  struct Row {
    std::string system;
    std::size_t questions = 0;
    Estimate accuracy = {};
    double usd_per_1000 = 0;
    double no_answer = 0;
  };
  std::vector<Row> rows = {};  ///< in the order of the section's systems
};

/// One benchmark.
struct Section {
  std::string task;   ///< BenchmarkSpec::name
  std::string title;
  std::string domain;
  Scale scale = Scale::share;
  double chance = 0;
  std::size_t questions = 0;
  std::size_t common = 0;  ///< answered by every single model: what hull, win rule and regret run over
  std::vector<SystemFigures> systems = {};  ///< in the run's order
  std::vector<SubsetFigures> subsets = {};  ///< empty unless there are several
  std::optional<Curve> singles = {};        ///< the Zero router: hull of the single models
  std::vector<Curve> curves = {};
  std::vector<TwoModelFigures> two_models = {};
  std::string best_single = {};
  std::string cheapest_single = {};
  std::vector<std::string> remarks = {};    ///< sanity findings in words
};

/// Macro-average over the sections, of the systems that ran on all of them.
struct OverallRow {
  std::string system;
  Estimate accuracy = {};       ///< mean of the sections' means, each section weighing the same
  double usd_per_1000 = 0;      ///< the same of their costs
  std::size_t questions = 0;
  Usd cost = {};
};

struct SystemText {
  std::string id;
  std::string label;
  std::string description;
  SystemKind kind = SystemKind::baseline;
  std::string family = {};
  std::optional<double> dial = {};
};

struct BenchmarkText {
  std::string name;
  std::string title;
  std::string domain;
  std::string source;
  std::string licence;
  std::string note;
  std::string split;
  std::string data_hash;
  std::size_t questions = 0;
};

struct Summary {
  std::string program;          ///< "xrouter 0.1.0"
  std::uint64_t seed = 0;
  int samples = 1;              ///< a question
  int bootstrap_draws = 0;
  std::string dialect;
  std::string config_hash;
  bool complete = true;         ///< false: stopped early, some samples are missing
  std::string stopped_by = {};  ///< "budget", "interrupted"
  std::string latency_clock;    ///< "simulated" on the recorded pool, else "real"
  std::vector<BenchmarkText> benchmarks = {};
  std::vector<SystemText> systems = {};  ///< in the run's order
  std::vector<std::string> graders = {}; ///< identities used, sorted
  std::vector<Section> sections = {};    ///< one a benchmark
  std::vector<OverallRow> overall = {};  ///< empty with a single section
};

/// nullptr when the system did not run in the section.
const SystemFigures* find_figures(const Section& section, std::string_view system);
const SystemText* find_system(const Summary& summary, std::string_view system);

}  // namespace xrouter::eval
