#include "xrouter/train/training_record.hpp"

#include <cmath>

#include "xrouter/json/indent.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::train {
namespace {

// Figures in a record are for reading: six digits behind the point say all there is.
double rounded(double value) { return std::round(value * 1e6) / 1e6; }

void write_point(json::Writer& out, const RoutePoint& point, bool with_weight) {
  out.begin_object().field("name", point.name);
  if (with_weight) out.field("cost_weight", point.cost_weight);
  out.field("questions", point.questions).field("accuracy", rounded(point.accuracy())).field("usd_per_1000", rounded(point.usd_per_1000()));
  out.key("cost_usd").decimal(point.cost.to_decimal());
  if (point.compared > 0) out.field("compared", point.compared).field("escalated", point.escalated);
  out.end_object();
}

void write_points(json::Writer& out, std::string_view name, const std::vector<RoutePoint>& points, bool with_weight) {
  out.key(name).begin_array();
  for (const RoutePoint& point : points) write_point(out, point, with_weight);
  out.end_array();
}

void write_reports(json::Writer& out, std::string_view name, const std::vector<GroupReport>& reports) {
  out.key(name).begin_array();
  for (const GroupReport& report : reports) {
    out.begin_object().field("group", report.group).field("questions", report.questions);
    write_points(out, "single_models", report.singles, false);
    write_points(out, "ngram", report.routed, true);
    write_points(out, "ngram_one_call", report.one_call, true);
    write_points(out, "ngram_bare_question", report.bare, true);
    if (report.cascade) write_point(out.key("cascade_bar"), *report.cascade, false);
    write_point(out.key("oracle"), report.oracle, false);
    if (report.group != "all")
      out.key("accuracy_minus_best_single").begin_object().field("mean", rounded(report.to_best_single.mean)).field("half_width_95", rounded(report.to_best_single.half_width)).end_object();
    out.end_object();
  }
  out.end_array();
}

void write_qualities(json::Writer& out, std::string_view name, const std::vector<std::string>& groups, const std::vector<FitQuality>& qualities) {
  out.key(name).begin_object();
  for (std::size_t g = 0; g < groups.size(); ++g)
    out.key(groups[g]).begin_object().field("log_loss", rounded(qualities[g].loss)).field("auc", rounded(qualities[g].auc)).end_object();
  out.end_object();
}

void write_data(json::Writer& out, const corpus::Corpus& corpus, const OutcomeData& data) {
  out.key("data").begin_array();
  for (const corpus::PackedFile& file : corpus.files()) {
    const corpus::Header& header = file.header();
    out.begin_object().field("corpus", header.corpus).field("fnv1a64", file.fingerprint()).field("questions", header.keys.size());
    out.field("outcomes", header.outcomes()).field("repository", header.repository).field("commit", header.commit).end_object();
  }
  out.end_array();
  out.key("models").begin_array();
  for (const ModelSpec* model : data.models) out.begin_object().field("id", model->id.value).field("price", model->price.version()).end_object();
  out.end_array();
  out.field("split", "by hash of the normalised bare question: 70 % train, 10 % dev, 20 % test");
}

void write_options(json::Writer& out, const NgramOptions& options) {
  out.field("seed", static_cast<std::int64_t>(options.seed));
  out.key("options").begin_object().field("epochs", options.epochs).field("bucket_bits", options.bucket_bits);
  out.field("shared_rate", options.shared_rate).field("model_rate", options.model_rate);
  out.field("shared_decay", options.shared_decay).field("model_decay", options.model_decay);
  out.field("feature_gain", options.feature_gain).field("bare_share", options.bare_share).field("folds", options.folds).end_object();
}

template <std::size_t N>
void write_numbers(json::Writer& out, std::string_view name, const std::array<float, N>& numbers) {
  out.key(name).begin_array();
  for (const float number : numbers) out.value(rounded(static_cast<double>(number)));
  out.end_array();
}

}  // namespace

std::string training_record(const RunFacts& facts, const corpus::Corpus& corpus, const OutcomeData& data, const NgramOptions& options,
                            const Trained& trained, const std::vector<CostScaleTrial>& scales, const std::vector<GroupReport>& dev,
                            const std::vector<GroupReport>& test) {
  json::Writer out;
  out.begin_object().field("format", "xrouter-training-record").field("version", 1);
  out.field("command", facts.command).field("program", facts.program).field("hardware", facts.hardware).field("seconds", rounded(facts.seconds));
  out.key("weights").begin_object().field("bytes", facts.weights_bytes).field("fnv1a64", facts.weights_fnv1a64).end_object();
  write_data(out, corpus, data);
  write_options(out, options);
  out.key("curve").begin_array();
  for (const EpochRecord& epoch : trained.curve) {
    out.begin_object().field("epoch", epoch.epoch);
    write_qualities(out, "train", data.groups, epoch.train);
    write_qualities(out, "dev", data.groups, epoch.dev);
    out.end_object();
  }
  out.end_array();
  const policy::NgramModel::Parameters& parameters = trained.parameters;
  out.key("learned").begin_object().field("cost_scale", rounded(static_cast<double>(parameters.cost_scale)));
  out.field("tokens_per_byte", rounded(static_cast<double>(parameters.tokens_per_byte)));
  out.field("output_correction", rounded(static_cast<double>(parameters.output_correction)));
  write_numbers(out, "agree", parameters.agreement.agree);
  write_numbers(out, "right_if_agree", parameters.agreement.right_if_agree);
  write_numbers(out, "right_if_not", parameters.agreement.right_if_not);
  write_numbers(out, "third_if_not", parameters.agreement.third_if_not);
  out.end_object();
  out.key("cost_scale_trials_held_out").begin_array();
  for (const CostScaleTrial& trial : scales)
    out.begin_object()
        .field("scale", rounded(static_cast<double>(trial.scale)))
        .field("mean_accuracy_loss", rounded(trial.mean_loss))
        .field("mean_cost_share", rounded(trial.mean_cost_share))
        .end_object();
  out.end_array();
  write_reports(out, "dev", dev);
  write_reports(out, "test", test);
  out.end_object();
  return json::indented(out.take());
}

}  // namespace xrouter::train
