// xrouter data: makes, checks and samples the corpora of recorded outcomes.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "corpus_files.hpp"
#include "data_samples_command.hpp"
#include "data_scores_command.hpp"
#include "data_texts_command.hpp"
#include "progress_bar.hpp"
#include "whole_file.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/corpus/import.hpp"
#include "xrouter/corpus/text_key.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::app {
namespace {

using corpus::Corpus;
using corpus::Record;
using corpus::Split;

struct ImportArguments {
  std::string format;
  std::string folder;
  std::vector<std::string> models;
  std::string domain;
  std::string corpus;
  std::string commit;
  bool lenient = false;
  std::string out;
};

void run_import(const ImportArguments& arguments) {
  corpus::ImportOptions options;
  const auto format = corpus::source_format_of(arguments.format);
  if (!format) throw CommandFailure{kUsage, "unknown --format " + arguments.format + ": zeroeval, mmlu-pro or bfcl"};
  options.format = *format;
  options.folder = arguments.folder;
  options.domain = arguments.domain;
  options.corpus = arguments.corpus;
  options.commit = arguments.commit;
  options.lenient = arguments.lenient;
  for (const std::string& model : arguments.models) {
    const std::size_t equals = model.find('=');
    options.models.push_back({.source_name = model.substr(0, equals), .name = equals == std::string::npos ? model : model.substr(equals + 1)});
  }
  corpus::Imported imported = [&] {
    ProgressBar bar("reading");
    return require(corpus::import_outcomes(options, [&](std::size_t done, std::size_t total) { bar.show(done, total); }));
  }();
  std::string packed = [&] {
    ProgressBar bar("packing");
    return corpus::pack(imported.header, imported.records, [&](std::size_t done, std::size_t total) { bar.show(done, total); });
  }();
  write_whole_file(arguments.out, packed);
  const auto file = require(corpus::PackedFile::open(std::move(packed)));
  fmt::print("{}: {} questions, {} outcomes of {} models, {} bytes\n", arguments.out, file.header().keys.size(), file.header().outcomes(),
             file.header().models.size(), std::filesystem::file_size(arguments.out));
}

void add_import(CLI::App& data) {
  auto arguments = std::make_shared<ImportArguments>();
  CLI::App* command = data.add_subcommand("import", "Convert published outcome files (.jsonl.gz) into one corpus file.");
  command->add_option("folder", arguments->folder, "Folder with queries.jsonl.gz and outcomes.jsonl.gz")->required();
  command->add_option("--format", arguments->format, "Source layout: zeroeval, mmlu-pro or bfcl")->required();
  command->add_option("--models", arguments->models, "Models to keep, comma separated; SOURCE=NAME renames one")->required()->delimiter(',');
  command->add_option("--domain", arguments->domain, "Keep only questions of this domain");
  command->add_option("--corpus", arguments->corpus, "Short name of the result (default: the format)");
  command->add_option("--commit", arguments->commit, "Commit of the source repository, kept as provenance");
  command->add_flag("--lenient", arguments->lenient, "bfcl: take the label that accepts answers in a code fence, where there is one");
  command->add_option("--out", arguments->out, "File to write, NAME.jsonl.zst")->required();
  command->callback([arguments] { run_import(*arguments); });
}

struct FilesArguments {
  ConfigOption config;
  std::vector<std::string> paths;
  void add_to(CLI::App& command) {
    config.add_to(command);
    command.add_option("files", paths, "Corpus files, or folders of them; default: the shipped ones");
  }
};

void run_info(const FilesArguments& arguments) {
  const auto corpora = open_corpora(arguments.paths, arguments.config);
  for (const corpus::PackedFile& file : corpora->files()) {
    const corpus::Header& header = file.header();
    fmt::print("{}: {} questions, {} outcomes, {} models\n  source  {} at {}\n  licence {}\n  note    {}\n", header.corpus, header.keys.size(),
               header.outcomes(), header.models.size(), header.repository, header.commit.empty() ? "(unknown commit)" : header.commit, header.licence,
               header.note);
    for (const corpus::SourceFile& source : header.sources) fmt::print("  from    {} ({} bytes, fnv1a64 {})\n", source.name, source.bytes, source.fnv1a64);
    for (const corpus::ModelCount& model : header.models)
      fmt::print("  model   {:<34} {:>6} outcomes, {:6.2f} % right\n", model.name, model.outcomes,
                 100.0 * static_cast<double>(model.correct) / static_cast<double>(std::max<std::int64_t>(model.outcomes, 1)));
  }
}

struct SampleArguments {
  FilesArguments files;
  std::string corpus;
  std::string split;
  std::string format = "prompts";
  std::size_t count = 10;
  std::uint64_t seed = 1;
};

bool wanted(const SampleArguments& arguments, const std::string& corpus_name, const Record& record) {
  const bool corpus_fits = arguments.corpus.empty() || corpus_name.starts_with(arguments.corpus) || record.question.source == arguments.corpus;
  return corpus_fits && (arguments.split.empty() || to_text(corpus::split_of(record.question.question)) == arguments.split);
}

void print_sample(const SampleArguments& arguments, const Record& record) {
  const corpus::Question& q = record.question;
  json::Writer out;
  out.begin_object().field("qid", q.qid).field("source", q.source).field("grader", q.grader).field("gold", q.gold);
  out.field("split", to_text(corpus::split_of(q.question)));
  if (arguments.format == "prompts") {
    out.field("prompt", q.prompt).end_object();
  } else {
    out.key("request").begin_object().field("model", "xrouter").key("messages").begin_array();
    out.begin_object().field("role", "user").field("content", q.prompt).end_object().end_array().end_object().end_object();
  }
  fmt::print("{}\n", out.take());
}

void run_sample(const SampleArguments& arguments) {
  const auto corpora = open_corpora(arguments.files.paths, arguments.files.config);
  std::vector<std::size_t> indices;
  std::size_t index = 0;
  require(corpora->for_each([&](const corpus::Header& header, Record record) -> Result<void> {
    if (wanted(arguments, header.corpus, record)) indices.push_back(index);
    ++index;
    return {};
  }));
  if (indices.empty()) throw CommandFailure{kFailed, "no recorded question fits --corpus and --split"};
  Rng rng(arguments.seed);
  const std::size_t count = std::min(arguments.count, indices.size());
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(indices[i], indices[i + rng.below(indices.size() - i)]);
    print_sample(arguments, require(corpora->read(indices[i])));
  }
}

void add_info(CLI::App& data) {
  auto arguments = std::make_shared<FilesArguments>();
  CLI::App* command = data.add_subcommand("info", "Show what corpus files hold and where it comes from.");
  arguments->add_to(*command);
  command->callback([arguments] { run_info(*arguments); });
}

void add_sample(CLI::App& data) {
  auto arguments = std::make_shared<SampleArguments>();
  CLI::App* command = data.add_subcommand("sample", "Print recorded questions as JSON lines, ready to be posted.");
  arguments->files.add_to(*command);
  command->add_option("--corpus", arguments->corpus, "Only this corpus (zeroeval, mmlu_pro) or source (gsm, math-l5, crux)");
  command->add_option("--split", arguments->split, "Only this split")->check(CLI::IsMember({"train", "dev", "test"}));
  command->add_option("-n,--count", arguments->count, "How many")->capture_default_str();
  command->add_option("--seed", arguments->seed, "The same seed draws the same questions")->capture_default_str();
  command->add_option("--format", arguments->format, "prompts: qid, gold and prompt; openai-jsonl: a whole request body")
      ->check(CLI::IsMember({"prompts", "openai-jsonl"}))
      ->capture_default_str();
  command->callback([arguments] { run_sample(*arguments); });
}

struct ModelFigures {
  std::size_t outcomes = 0;
  std::size_t correct = 0;
  std::int64_t out_tok = 0;
  Cost cost;
};

// What the header says of a question must be what its record says.
Result<void> verify(const corpus::QuestionKeys& keys, const Record& record) {
  const corpus::Question& q = record.question;
  const bool fits = keys.prompt == corpus::text_key(q.prompt) && keys.question == corpus::text_key(q.question);
  if (!fits) return fail(ErrorKind::config, q.qid + ": the key in the header does not fit its text");
  if (record.outcomes.empty()) return fail(ErrorKind::config, q.qid + ": no outcome");
  return {};
}

void add_figures(std::map<std::string, ModelFigures>& figures, const Record& record, const std::map<std::string, const ModelSpec*>& specs) {
  for (const corpus::RecordedOutcome& outcome : record.outcomes) {
    ModelFigures& model = figures[outcome.model];
    model.outcomes += 1;
    model.correct += outcome.correct ? 1 : 0;
    model.out_tok += outcome.out_tok;
    const auto spec = specs.find(outcome.model);
    model.cost += spec == specs.end() ? Cost::unknown() : spec->second->price.cost_of(outcome.usage());
  }
}

void print_figures(const std::string& name, std::map<std::string, ModelFigures>& figures) {
  fmt::print("{}\n  {:<34} {:>8} {:>9} {:>10} {:>9}\n", name, "MODEL", "OUTCOMES", "RIGHT %", "USD/1000", "OUT TOK");
  for (const auto& [model, f] : figures) {
    const double n = static_cast<double>(f.outcomes);
    const std::string cost = f.cost.complete ? fmt::format("{:.3f}", f.cost.known.to_double() * 1000 / n) : "no price";
    fmt::print("  {:<34} {:>8} {:>9.2f} {:>10} {:>9.0f}\n", model, f.outcomes, 100 * static_cast<double>(f.correct) / n, cost, static_cast<double>(f.out_tok) / n);
  }
  figures.clear();
}

void run_check(const FilesArguments& arguments) {
  const auto corpora = open_corpora(arguments.paths, arguments.config);
  const auto config = arguments.config.load();
  std::map<std::string, const ModelSpec*> specs;
  for (const ModelSpec& spec : config->catalog->models())
    if (spec.upstream == kRecordedUpstream) specs.emplace(spec.upstream_model.empty() ? spec.id.value : spec.upstream_model, &spec);
  std::map<std::string, ModelFigures> figures;
  std::set<std::string> qids;
  std::map<std::string, std::size_t> splits;
  const corpus::Header* current = nullptr;
  std::size_t in_file = 0;
  require(corpora->for_each([&](const corpus::Header& header, Record record) -> Result<void> {
    if (current && current != &header) print_figures(current->corpus, figures);
    if (current != &header) in_file = 0;
    current = &header;
    if (!qids.insert(record.question.qid).second) return fail(ErrorKind::config, record.question.qid + ": occurs twice");
    ++splits[std::string(to_text(corpus::split_of(record.question.question)))];
    add_figures(figures, record, specs);
    return verify(header.keys[in_file++], record);
  }));
  if (current) print_figures(current->corpus, figures);
  fmt::print("{} questions in {} files are sound: {} train, {} dev, {} test\n", corpora->size(), corpora->files().size(), splits["train"],
             splits["dev"], splits["test"]);
}

void add_check(CLI::App& data) {
  auto arguments = std::make_shared<FilesArguments>();
  CLI::App* command = data.add_subcommand("check", "Read corpus files through; count, and cost every model by the catalogue's prices.");
  arguments->add_to(*command);
  command->callback([arguments] { run_check(*arguments); });
}

}  // namespace

void add_data(CLI::App& program) {
  CLI::App* data = program.add_subcommand("data", "Recorded outcomes: import, check, sample; sample sets for training.");
  data->require_subcommand(1);
  add_import(*data);
  add_check(*data);
  add_info(*data);
  add_sample(*data);
  add_data_samples(*data);
  add_data_stats(*data);
  add_data_scores(*data);
  add_data_texts(*data);
}

}  // namespace xrouter::app
