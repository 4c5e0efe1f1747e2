#include "xrouter/eval/load/questions.hpp"

#include <algorithm>
#include <map>

#include "xrouter/base/rng.hpp"
#include "xrouter/corpus/gzip_lines.hpp"
#include "xrouter/eval/hex.hpp"
#include "xrouter/eval/load/line_fields.hpp"

namespace xrouter::eval {
namespace {

using corpus::Record;
using grade::Value;

Value strings(const std::vector<std::string>& texts) {
  Value::List list;
  for (const std::string& text : texts) list.items.emplace_back(text);
  return list;
}

// ---- recorded corpora

bool belongs(const BenchmarkSpec& spec, const corpus::Header& header, const Record& record) {
  const bool named = header.corpus == spec.corpus || header.corpus.starts_with(spec.corpus + "-");
  const auto& only = spec.only_subsets;
  return named && (only.empty() || std::find(only.begin(), only.end(), record.question.source) != only.end());
}

Question question_of(const BenchmarkSpec& spec, Record record) {
  corpus::Question& from = record.question;
  Question out;
  out.qid = std::move(from.qid);
  out.cluster = hex16(corpus::text_key(from.question));
  out.subset = from.category.empty() ? from.source : from.category;
  out.split = corpus::split_of(from.question);
  out.data_source = spec.data_source.empty() ? from.grader : spec.data_source;
  out.gold = Value(from.gold);
  Value::Dict extra;
  if (!from.options.empty()) extra.items.emplace_back("options", strings(from.options));
  extra.items.emplace_back("question", from.question);
  extra.items.emplace_back("source", from.source);
  out.extra = std::move(extra);
  out.prompt = std::move(from.prompt);
  out.bare = std::move(from.question);
  for (const corpus::RecordedOutcome& outcome : record.outcomes) {
    out.recorded_models.push_back(outcome.model);
    out.recorded_labels.push_back(outcome.correct);
  }
  return out;
}

Result<std::vector<Question>> recorded(const BenchmarkSpec& spec, const corpus::Corpus* corpus, const std::string& split) {
  std::vector<Question> out;
  if (!corpus) return fail(ErrorKind::config, "benchmark " + spec.name + " needs the recorded corpora, and none is configured");
  auto read = corpus->for_each([&](const corpus::Header& header, Record record) -> Result<void> {
    const bool in_split = split == "all" || corpus::to_text(corpus::split_of(record.question.question)) == split;
    if (in_split && belongs(spec, header, record)) out.push_back(question_of(spec, std::move(record)));
    return {};
  });
  if (!read) return fail(read.error());
  return out;
}

// ---- JSON lines

Result<const Value*> need(const Value& line, const std::string& path, std::string_view what) {
  const Value* value = value_at(line, path);
  if (value && !value->is_null()) return value;
  return fail(ErrorKind::config, "the line has no " + std::string(what) + " at '" + path + "'");
}

Result<std::vector<std::string>> options_of(const BenchmarkSpec& spec, const Value& line) {
  std::vector<std::string> out;
  for (const std::string& path : spec.fields.wrong_options) {
    auto wrong = need(line, path, "wrong option");
    if (!wrong) return fail(wrong.error());
    out.push_back(text_of_value(**wrong));
  }
  if (spec.fields.options.empty()) return out;
  auto value = need(line, spec.fields.options, "options");
  if (!value) return fail(value.error());
  const Value::List* list = (*value)->if_list();
  if (!list || list->items.empty() || list->items.size() > 26)
    return fail(ErrorKind::config, "the options at '" + spec.fields.options + "' must be a list of 1 to 26");
  for (const Value& option : list->items) out.push_back(text_of_value(option));
  return out;
}

// What grader and prompt get beside question and gold.
Value::Dict extra_of(const BenchmarkSpec& spec, const Value& line, const std::vector<std::string>& options) {
  Value::Dict extra;
  if (const Value* given = spec.fields.extra.empty() ? nullptr : value_at(line, spec.fields.extra); given && given->if_dict())
    extra = *given->if_dict();
  for (const auto& [name, path] : spec.fields.extra_fields)
    if (const Value* value = value_at(line, path)) extra.items.emplace_back(name, *value);
  if (!options.empty()) extra.items.emplace_back("options", strings(options));
  return extra;
}

// Gold and wrong options in an order that depends on the question alone; the gold becomes its letter.
Value mix_in(const Value& gold, std::vector<std::string>& options, const std::string& question) {
  const std::string right = text_of_value(gold);
  options.push_back(right);
  Rng rng(fnv1a64(question));
  for (std::size_t i = options.size(); i > 1; --i) std::swap(options[i - 1], options[rng.below(i)]);
  const auto at = std::find(options.begin(), options.end(), right) - options.begin();
  return Value(std::string(1, static_cast<char>('A' + at)));
}

Result<Value> gold_of_line(const BenchmarkSpec& spec, const Value& line, const Value::Dict& extra) {
  auto gold = need(line, spec.fields.gold, "gold");
  if (!gold) return fail(gold.error());
  if (spec.gold_text.empty()) return gold_of(**gold, spec.gold_form);
  Blanks blanks{{"gold", text_of_value(**gold)}};
  for (const auto& [name, value] : extra.items)
    if (name.if_string()) blanks.emplace_back(*name.if_string(), text_of_value(value));
  return gold_of(Value(fill_in(spec.gold_text, blanks)), spec.gold_form);
}

std::string prompt_of(const BenchmarkSpec& spec, const Question& question, const Value::Dict& extra,
                      const std::vector<std::string>& options) {
  if (spec.prompt.empty()) return question.bare;
  Blanks blanks{{"question", question.bare}, {"options", lettered(options)}};
  for (const auto& [name, value] : extra.items)
    if (name.if_string() && *name.if_string() != "options") blanks.emplace_back(*name.if_string(), text_of_value(value));
  return fill_in(spec.prompt, blanks);
}

Result<Question> question_of(const BenchmarkSpec& spec, const Value& line, std::size_t number) {
  Question out;
  const FieldMap& fields = spec.fields;
  auto question = need(line, fields.question, "question");
  if (!question) return fail(question.error());
  out.bare = text_of_value(**question);
  auto options = options_of(spec, line);
  if (!options) return fail(options.error());
  auto gold = gold_of_line(spec, line, extra_of(spec, line, {}));
  if (!gold) return fail(gold.error());
  out.gold = fields.wrong_options.empty() ? std::move(*gold) : mix_in(*gold, *options, out.bare);
  const auto text_at = [&](const std::string& path) {
    const Value* value = path.empty() ? nullptr : value_at(line, path);
    return value ? text_of_value(*value) : std::string();
  };
  Value::Dict extra = extra_of(spec, line, *options);
  out.prompt = prompt_of(spec, out, extra, *options);
  extra.items.emplace_back("question", out.bare);
  out.extra = std::move(extra);
  out.qid = text_at(fields.id);
  if (out.qid.empty()) out.qid = std::to_string(number);
  out.subset = text_at(fields.subset);
  out.cluster = text_at(fields.cluster);
  if (out.cluster.empty()) out.cluster = hex16(corpus::text_key(out.bare));
  out.data_source = fields.data_source.empty() ? spec.data_source : text_at(fields.data_source);
  if (out.data_source.empty()) return fail(ErrorKind::config, "the line has no data source at '" + fields.data_source + "'");
  return out;
}

// Files that repeat every question (AIME x8) repeat its id as well.
void make_unique(std::vector<Question>& questions) {
  std::map<std::string, int> seen;
  for (Question& question : questions)
    if (const int times = ++seen[question.qid]; times > 1) question.qid += "#" + std::to_string(times);
}

Result<std::vector<Question>> from_lines(const BenchmarkSpec& spec, const std::string& file) {
  if (file.empty())
    return fail(ErrorKind::config, "benchmark " + spec.name + " needs its file: --benchmark " + spec.name + "=FILE.jsonl\n  from " +
                                       spec.source + " (" + spec.licence + ")");
  if (file.ends_with(".parquet"))
    return fail(ErrorKind::config, "Parquet is converted first:\n  python3 tools/parquet_to_jsonl.py " + file + " " +
                                       file.substr(0, file.size() - 8) + ".jsonl.gz");
  std::vector<Question> out;
  auto read = corpus::for_each_gzip_line(file, [&](std::string_view text, std::size_t number, std::size_t) -> Result<void> {
    auto line = grade::parse_json(text);
    if (!line) return fail(ErrorKind::config, line.error().public_text);
    auto question = question_of(spec, *line, number);
    if (!question) return fail(question.error());
    out.push_back(std::move(*question));
    return {};
  });
  if (!read) return fail(read.error());
  make_unique(out);
  return out;
}

std::vector<Question> spread(std::vector<Question> all, std::size_t limit) {
  if (limit == 0 || limit >= all.size()) return all;
  std::vector<Question> out;
  for (std::size_t i = 0; i < limit; ++i) out.push_back(std::move(all[i * all.size() / limit]));
  return out;
}

std::string hash_of(const std::vector<Question>& questions) {
  std::uint64_t hash = fnv1a64("questions");
  for (const Question& question : questions)
    for (const std::string& part :
         {question.qid, question.prompt, question.data_source, grade::to_json(question.gold), grade::to_json(question.extra)})
      hash = fnv1a64(part, fnv1a64("|", hash));
  return hex16(hash);
}

}  // namespace

Result<void> add_benchmark(QuestionSet& set, const WantedBenchmark& wanted, const corpus::Corpus* corpus, const LoadOptions& options) {
  const BenchmarkSpec& spec = wanted.spec;
  const bool is_recorded = spec.loader == Loader::recorded;
  auto all = is_recorded ? recorded(spec, corpus, options.split) : from_lines(spec, wanted.file);
  if (!all) return fail(all.error());
  if (all->empty())
    return fail(ErrorKind::config,
                "benchmark " + spec.name + " has no questions" + (is_recorded ? " in split " + options.split : " in " + wanted.file));
  std::vector<Question> questions = spread(std::move(*all), options.limit);
  BenchmarkUse use{.spec = spec, .data_hash = hash_of(questions), .files = {}, .split = is_recorded ? options.split : "all"};
  if (!wanted.file.empty()) use.files.push_back(wanted.file);
  for (Question& question : questions) {
    question.task = set.benchmarks.size();
    question.prompt_hash = fnv1a64(question.prompt);
    set.questions.push_back(std::move(question));
  }
  set.benchmarks.push_back(std::move(use));
  return {};
}

}  // namespace xrouter::eval
