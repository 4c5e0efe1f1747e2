#include "xrouter/corpus/import.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <unordered_map>

#include "xrouter/base/rng.hpp"
#include "xrouter/corpus/corpus.hpp"
#include "xrouter/corpus/gzip_lines.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::corpus {
namespace {

constexpr std::int64_t kUnknownTokens = -1;
constexpr std::size_t kMaxSourceBytes = std::size_t{1} << 30;

struct FormatFacts {
  std::string_view name;
  std::string_view repository;
  std::string_view licence;
  std::string_view note;
};
constexpr std::array<FormatFacts, 3> kFacts{
    FormatFacts{"zeroeval", "github.com/WildEval/ZeroEval", "Apache-2.0",
                "Greedy decoding, one sample per question and model. Tokens are o200k_base counts: exact for the gpt-4o models, "
                "estimates for all others; hidden reasoning tokens are not in them."},
    FormatFacts{"mmlu_pro", "github.com/TIGER-AI-Lab/MMLU-Pro", "Apache-2.0",
                "The real prompts had five worked examples in front; prompt and input tokens here are of the question alone. Tokens are "
                "o200k_base counts, hidden reasoning tokens are not in them. No letter found counts as wrong."},
    FormatFacts{"bfcl", "github.com/HuanzhiMao/BFCL-Result", "none stated: for development, not for shipping",
                "Function calling, August 2024. Prompt and functions are one text here, as in the benchmark's prompt mode. Tokens are as "
                "recorded; an outcome without them has its model's mean."}};
const FormatFacts& facts_of(SourceFormat format) { return kFacts[static_cast<std::size_t>(format)]; }

class Importer {
 public:
  Importer(const ImportOptions& options, const Progress& progress) : options_(options), progress_(progress) {}

  Result<Imported> run() {
    if (auto planned = plan(); !planned) return fail(planned.error());
    if (auto read = read_queries(); !read) return fail(read.error());
    if (auto read = read_outcomes(); !read) return fail(read.error());
    if (auto read = read_responses(); !read) return fail(read.error());
    if (auto filled = fill_unknown_tokens(); !filled) return fail(filled.error());
    return assemble();
  }

 private:
  using Row = std::vector<std::optional<RecordedOutcome>>;  // one slot a chosen model
  bool separate_responses() const { return options_.format == SourceFormat::mmlu_pro; }
  std::string path_of(const std::string& name) const { return options_.folder + "/" + name; }

  // Lists the files first: the progress bar needs their sizes, the header their hashes.
  Result<void> plan() {
    if (options_.models.empty()) return fail(ErrorKind::config, "name the models to import");
    std::vector<std::string> names{"queries.jsonl.gz", "outcomes.jsonl.gz"};
    for (std::size_t i = 0; i < options_.models.size(); ++i) {
      const ModelChoice& model = options_.models[i];
      if (!slot_of_.emplace(model.source_name, i).second) return fail(ErrorKind::config, "model " + model.source_name + " is named twice");
      if (separate_responses()) names.push_back("responses/" + model.source_name + ".jsonl.gz");
    }
    for (const std::string& name : names) {
      auto bytes = read_file(path_of(name), kMaxSourceBytes);
      if (!bytes) return fail(bytes.error());
      char hash[17];
      std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(fnv1a64(*bytes)));
      sources_.push_back({.name = name, .bytes = static_cast<std::int64_t>(bytes->size()), .fnv1a64 = hash});
      total_bytes_ += bytes->size();
    }
    return {};
  }

  using FieldVisitor = std::function<void(json::ObjectReader&)>;
  // Every line as an object; problems that `visit` reports to the reader end the file.
  Result<void> for_each_object(const std::string& name, const FieldVisitor& visit) {
    std::size_t last = 0;
    auto done = for_each_gzip_line(path_of(name), [&](std::string_view line, std::size_t, std::size_t bytes_read) -> Result<void> {
      auto value = json::parse(line);
      if (!value) return fail(ErrorKind::config, value.error().public_text);
      json::ObjectReader in(*value, "record");
      visit(in);
      if (!in.ok()) return fail(ErrorKind::config, in.error().public_text);
      if (progress_ && bytes_read != last) progress_(done_bytes_ + (last = bytes_read), total_bytes_);
      return {};
    });
    std::error_code ignored;
    done_bytes_ += std::filesystem::file_size(path_of(name), ignored);
    return done;
  }

  Result<void> read_queries() {
    return for_each_object("queries.jsonl.gz", [&](json::ObjectReader& in) {
      Question q = read_question(in);
      if (!in.ok()) return;
      if (!row_of_.emplace(q.qid, questions_.size()).second) return in.fail_at("qid", "occurs twice: " + q.qid);
      questions_.push_back(std::move(q));
      rows_.emplace_back(options_.models.size());
    });
  }

  std::optional<RecordedOutcome>* slot(json::ObjectReader& in, const std::string& model) {
    const std::string qid = in.string("qid");
    auto chosen = slot_of_.find(model);
    if (!in.ok() || chosen == slot_of_.end()) return nullptr;
    auto row = row_of_.find(qid);
    if (row != row_of_.end()) return &rows_[row->second][chosen->second];
    in.fail_at("qid", "is not in the queries file: " + qid);
    return nullptr;
  }

  // kUnknownTokens where a source may leave them out.
  std::int64_t tokens(json::ObjectReader& in, std::string_view name) const {
    if (options_.format == SourceFormat::bfcl && !in.has(name)) return kUnknownTokens;
    return in.integer(name, 0, kMaxTokensPerReply);
  }

  Result<void> read_outcomes() {
    return for_each_object("outcomes.jsonl.gz", [&](json::ObjectReader& in) {
      const std::string model = in.string("model");
      std::optional<RecordedOutcome>* place = slot(in, model);
      if (!place) return;
      if (*place) return in.fail_at("model", "has a second outcome for this question: " + model);
      RecordedOutcome outcome;
      outcome.model = options_.models[slot_of_.at(model)].name;
      const bool lenient = options_.lenient && in.has("correct_lenient");
      outcome.correct = in.integer(lenient ? "correct_lenient" : "correct", 0, 1) == 1;
      outcome.answer = in.optional_string("answer");
      outcome.in_tok = tokens(in, "in_tok");
      outcome.out_tok = tokens(in, "out_tok");
      if (!separate_responses()) outcome.response = in.string("response");
      *place = std::move(outcome);
    });
  }

  Result<void> read_responses() {
    if (!separate_responses()) return {};
    for (const ModelChoice& model : options_.models) {
      std::size_t missing = 0;
      for (const Row& row : rows_) missing += row[slot_of_.at(model.source_name)] ? 1 : 0;
      auto read = for_each_object("responses/" + model.source_name + ".jsonl.gz", [&](json::ObjectReader& in) {
        std::optional<RecordedOutcome>* place = slot(in, model.source_name);
        if (!place) return;
        if (!*place) return in.fail_at("qid", "has a response but no outcome");
        (*place)->response = in.string("response");
        --missing;
      });
      if (!read) return read;
      if (missing != 0) return fail(ErrorKind::config, model.source_name + ": " + std::to_string(missing) + " outcomes have no response");
    }
    return {};
  }

  // The mean of a column over a model's outcomes takes the place of what was not recorded.
  Result<void> fill_unknown(std::size_t model, std::int64_t RecordedOutcome::*column) {
    std::int64_t sum = 0;
    std::int64_t known = 0;
    for (const Row& row : rows_) {
      if (!row[model] || (*row[model]).*column == kUnknownTokens) continue;
      sum += (*row[model]).*column;
      ++known;
    }
    for (Row& row : rows_) {
      if (!row[model] || (*row[model]).*column != kUnknownTokens) continue;
      if (known == 0) return fail(ErrorKind::config, options_.models[model].source_name + ": no outcome has token counts, its cost is unknown");
      (*row[model]).*column = (sum + known / 2) / known;
    }
    return {};
  }

  Result<void> fill_unknown_tokens() {
    for (std::size_t model = 0; model < options_.models.size(); ++model) {
      for (const auto column : {&RecordedOutcome::in_tok, &RecordedOutcome::out_tok}) {
        if (auto filled = fill_unknown(model, column); !filled) return filled;
      }
    }
    return {};
  }

  Result<Imported> assemble() {
    Imported out;
    const FormatFacts& facts = facts_of(options_.format);
    out.header.corpus = options_.corpus.empty() ? std::string(facts.name) : options_.corpus;
    out.header.repository = facts.repository;
    out.header.commit = options_.commit;
    out.header.licence = facts.licence;
    out.header.note = facts.note;
    out.header.sources = sources_;
    std::vector<std::size_t> found(options_.models.size());
    for (std::size_t i = 0; i < questions_.size(); ++i) {
      if (!options_.domain.empty() && questions_[i].domain != options_.domain) continue;
      Record record{.question = std::move(questions_[i]), .outcomes = {}};
      for (std::size_t m = 0; m < rows_[i].size(); ++m) {
        if (!rows_[i][m]) continue;
        ++found[m];
        record.outcomes.push_back(std::move(*rows_[i][m]));
      }
      if (!record.outcomes.empty()) out.records.push_back(std::move(record));
    }
    for (std::size_t m = 0; m < found.size(); ++m)
      if (found[m] == 0) return fail(ErrorKind::config, "no outcome of model " + options_.models[m].source_name + " in " + options_.folder);
    return out;
  }

  const ImportOptions& options_;
  const Progress& progress_;
  std::vector<SourceFile> sources_;
  std::size_t total_bytes_ = 0;
  std::size_t done_bytes_ = 0;
  std::unordered_map<std::string, std::size_t> slot_of_;
  std::unordered_map<std::string, std::size_t> row_of_;
  std::vector<Question> questions_;
  std::vector<Row> rows_;
};

}  // namespace

std::string_view to_text(SourceFormat format) { return facts_of(format).name; }

std::optional<SourceFormat> source_format_of(std::string_view text) {
  for (const SourceFormat format : {SourceFormat::zeroeval, SourceFormat::mmlu_pro, SourceFormat::bfcl}) {
    std::string dashed(to_text(format));
    std::replace(dashed.begin(), dashed.end(), '_', '-');
    if (text == to_text(format) || text == dashed) return format;
  }
  return std::nullopt;
}

Result<Imported> import_outcomes(const ImportOptions& options, const Progress& progress) { return Importer(options, progress).run(); }

}  // namespace xrouter::corpus
