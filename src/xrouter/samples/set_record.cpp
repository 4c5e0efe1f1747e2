#include "xrouter/samples/set_record.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "xrouter/base/rng.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/samples/options_file.hpp"
#include "xrouter/weights/atomic_write.hpp"

namespace xrouter::samples {
namespace {

namespace fs = std::filesystem;

constexpr int kRecordVersion = 1;
constexpr std::size_t kMaxRecordBytes = std::size_t{16} << 20;
constexpr std::size_t kMaxCorpora = 1000;
constexpr std::array kSplits = {corpus::Split::train, corpus::Split::dev, corpus::Split::test};
constexpr std::array kOrders = {Order::shuffled, Order::easy_first, Order::by_pass_rate};

std::string hex(std::uint64_t value) { return fmt::format("{:016x}", value); }

template <class Counts>
void write_counts(json::Writer& out, std::string_view name, const Counts& counts) {
  out.key(name).begin_object();
  for (const auto& [what, count] : counts) out.field(fmt::format("{}", what), count);
  out.end_object();
}

void write_corpora(json::Writer& out, const corpus::Corpus& corpus) {
  out.key("corpora").begin_array();
  for (const corpus::PackedFile& file : corpus.files()) {
    const corpus::Header& header = file.header();
    out.begin_object().field("corpus", header.corpus).field("commit", header.commit);
    out.field("questions", header.keys.size()).field("fnv1a64", file.fingerprint()).end_object();
  }
  out.end_array();
}

// Over what samples are drawn from; prices and descriptions are read anew from the catalogue of each run.
std::string catalog_hash(const ModelCatalog& catalog) {
  std::string text;
  for (const ModelSpec& model : catalog.models()) text += fmt::format("{}\t{}\t{}\t{}\n", model.id.value, to_text(model.tier), model.upstream, model.upstream_model);
  return hex(fnv1a64(text));
}

void write_options(json::Writer& out, const SampleSetOptions& options) {
  out.key("options").begin_object();
  for (const auto& [name, value] : effective_options(options)) out.field(name, value);
  out.end_object();
}

void write_tokens(json::Writer& out, const std::vector<std::int64_t>& tokens) {
  if (tokens.empty()) return;
  const auto at = [&](std::size_t percent) { return tokens[(tokens.size() - 1) * percent / 100]; };
  out.key("prompt_tokens").begin_object();
  out.field("min", tokens.front()).field("p50", at(50)).field("p95", at(95)).field("max", tokens.back()).end_object();
}

void write_figures(json::Writer& out, const BuildFigures& figures, std::size_t samples) {
  out.field("samples", samples).field("questions", figures.questions);
  write_counts(out, "by_stratum", figures.by_stratum);
  write_counts(out, "by_source", figures.by_source);
  write_counts(out, "by_pool", figures.by_pool);
  write_counts(out, "by_pool_size", figures.by_pool_size);
  write_counts(out, "by_model", figures.by_model);
  out.key("offered_models").begin_object().field("all", figures.offered_models).field("renamed", figures.renamed_models);
  out.field("undescribed", figures.withheld_descriptions).field("repriced", figures.changed_prices).end_object();
  write_tokens(out, figures.prompt_tokens);
  out.key("left_out").begin_object();
  for (int i = 0; i < kLeftOutCount; ++i) out.field(to_text(static_cast<LeftOut>(i)), figures.left_out[static_cast<std::size_t>(i)]);
  out.end_object();
}

template <class Value, std::size_t N>
std::optional<Value> value_of(const std::array<Value, N>& values, const std::string& text) {
  for (const Value value : values)
    if (to_text(value) == text) return value;
  return std::nullopt;
}

std::vector<std::string> read_corpora(json::ObjectReader& in) {
  std::vector<std::string> hashes;
  const boost::json::array* corpora = in.optional_array("corpora", kMaxCorpora);
  if (!corpora) return hashes;
  for (const boost::json::value& one : *corpora) {
    json::ObjectReader file(one, "corpora");
    hashes.push_back(file.string("fnv1a64"));
    in.take_error_of(file);
  }
  return hashes;
}

}  // namespace

std::string record_json(const SampleSetOptions& options, const BuildInputs& inputs, const BuiltSet& built, std::string_view samples_text) {
  json::Writer out;
  out.begin_object().field("version", kRecordVersion);
  out.field("split", to_text(options.split)).field("order", to_text(options.order)).field("seed", fmt::format("{}", options.seed));
  out.field("samples_bytes", samples_text.size()).field("samples_fnv1a64", hex(fnv1a64(samples_text)));
  write_corpora(out, *inputs.corpus);
  out.field("own_questions", inputs.questions.size()).field("catalog_fnv1a64", catalog_hash(*inputs.catalog));
  write_figures(out, built.figures, built.samples.size());
  write_options(out, options);
  return out.end_object().take() + "\n";
}

Result<SetRecord> read_record(const std::string& path) {
  const auto text = corpus::read_file(path, kMaxRecordBytes);
  if (!text) return fail(text.error());
  const auto value = json::parse(*text);
  if (!value) return fail(ErrorKind::config, path + ": " + value.error().public_text);
  json::ObjectReader in(*value);
  SetRecord record;
  in.integer("version", kRecordVersion, kRecordVersion);
  const auto split = value_of(kSplits, in.string("split"));
  const auto order = value_of(kOrders, in.string("order"));
  if (in.ok() && !split) in.fail_at("split", "must be train, dev or test");
  if (in.ok() && !order) in.fail_at("order", "must be shuffled, easy_first or by_pass_rate");
  record.seed = std::strtoull(in.string("seed").c_str(), nullptr, 10);
  record.samples_fnv1a64 = in.string("samples_fnv1a64");
  record.corpora_fnv1a64 = read_corpora(in);
  if (!in.ok()) return fail(ErrorKind::config, path + ": " + in.error().public_text);
  record.split = *split;
  record.order = *order;
  return record;
}

Result<void> write_set(const std::string& folder, const SampleSetOptions& options, const BuildInputs& inputs, const BuiltSet& built) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(ErrorKind::io, "cannot make the folder " + folder + ": " + error.message());
  std::string text;
  for (const RouterSample& sample : built.samples) text += to_line(sample) + "\n";
  // The old record goes first: a set that is cut off while it is replaced has none, not a wrong one.
  fs::remove(fs::path(folder) / kRecordFile, error);
  if (error) return fail(ErrorKind::io, "cannot replace " + (fs::path(folder) / kRecordFile).string() + ": " + error.message());
  if (auto written = weights::write_file(fs::path(folder) / kSamplesFile, text); !written) return written;
  return weights::write_file(fs::path(folder) / kRecordFile, record_json(options, inputs, built, text));
}

}  // namespace xrouter::samples
