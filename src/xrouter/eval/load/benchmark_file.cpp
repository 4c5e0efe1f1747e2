#include "xrouter/eval/load/benchmark_file.hpp"

#include <algorithm>
#include <filesystem>

#include "xrouter/base/suggest.hpp"
#include "xrouter/config/report.hpp"
#include "xrouter/corpus/corpus.hpp"

namespace xrouter::eval {
namespace {

using namespace config;
using namespace config::rules;

template <class E>
struct Word {
  std::string_view text;
  E value;
};
constexpr Word<Loader> kLoaders[] = {{"recorded", Loader::recorded}, {"jsonl", Loader::jsonl}};
constexpr Word<Scale> kScales[] = {{"share", Scale::share}, {"ten", Scale::ten}, {"hundred", Scale::hundred}};
constexpr Word<GoldForm> kGoldForms[] = {{"as_is", GoldForm::as_is},
                                         {"first", GoldForm::first},
                                         {"after_hashes", GoldForm::after_hashes},
                                         {"last_boxed", GoldForm::last_boxed},
                                         {"index_to_letter", GoldForm::index_to_letter},
                                         {"text_as_json", GoldForm::text_as_json},
                                         {"functional", GoldForm::functional}};

template <class E, std::size_t N>
Rule<E> word_of(const Word<E> (&words)[N]) {
  std::vector<std::string> names;
  for (const Word<E>& word : words) names.emplace_back(word.text);
  const Rule<std::string> one = one_of(names);
  Rule<E> rule{.type = one.type};
  rule.read = [read = one.read, first = &words[0]](const YamlNode& node) -> typename Rule<E>::Read {
    auto text = read(node);
    if (!text) return tl::unexpected(text.error());
    return std::find_if(first, first + N, [&](const Word<E>& word) { return word.text == *text; })->value;
  };
  rule.show = [](const E&) { return std::string(); };
  return rule;
}

struct Draft {
  BenchmarkSpec spec;
  std::vector<std::string> extra_fields;
};

Properties<Draft> declare() {
  Properties<Draft> list;
  constexpr std::size_t kLongText = 20'000;
  auto s = section(
      list, "", [](auto& draft) -> auto& { return draft.spec; });
  s.field("name", &BenchmarkSpec::name, text(1, 60), {.text = "What --benchmark calls it."});
  s.field("title", &BenchmarkSpec::title, text(1, 200), {.text = "For people."});
  s.field("domain", &BenchmarkSpec::domain, text(1, 60), {.text = "Kind of work."});
  s.field("source", &BenchmarkSpec::source, text(1), {.text = "Where the file comes from."});
  s.field("licence", &BenchmarkSpec::licence, text(1), {.text = "Of the questions."});
  s.field("note", &BenchmarkSpec::note, text(), {.text = "Known defects."});
  s.field("loader", &BenchmarkSpec::loader, word_of(kLoaders), {.text = "How the questions are read."});
  s.field("corpus", &BenchmarkSpec::corpus, text(1, 60), {.text = "Recorded corpora of this name or with it and a dash in front."});
  s.field("only_subsets", &BenchmarkSpec::only_subsets, list_of(text(1, 60), 64), {.text = "Only these sources of the corpus."});
  s.field("gold_text", &BenchmarkSpec::gold_text, text(1, kLongText), {.text = "Template that makes the gold of several fields."});
  s.field("gold_form", &BenchmarkSpec::gold_form, word_of(kGoldForms), {.text = "How a line's gold becomes the ground truth."});
  s.field("prompt", &BenchmarkSpec::prompt, text(1, kLongText), {.text = "Template around a bare question."});
  s.field("data_source", &BenchmarkSpec::data_source, text(1, 100), {.text = "Key of the grader."});
  s.field("dialect", &BenchmarkSpec::dialect, text(1, 60), {.text = "Of the grader."});
  s.field("scale", &BenchmarkSpec::scale, word_of(kScales), {.text = "What full marks are called where it is published."});
  s.field("chance", &BenchmarkSpec::chance, decimal(0, 1), {.text = "Share that guessing gets."});
  s.field("binary", &BenchmarkSpec::binary, boolean(), {.text = "Every score is 0 or 1."});
  s.field("samples", &BenchmarkSpec::samples, whole_number<int>(1, 1000), {.text = "Usual number of samples a question."});
  s.field("check_gold", &BenchmarkSpec::check_gold, boolean(), {.text = "The gold, shown as a reply, must score 1."});
  s.field("gold_reply", &BenchmarkSpec::gold_reply, text(1, kLongText), {.text = "Template of a right reply."});
  auto f = section(
      list, "fields.", [](auto& draft) -> auto& { return draft.spec.fields; });
  f.field("id", &FieldMap::id, text(1, 200), {.text = "Path of the question's id."});
  f.field("question", &FieldMap::question, text(1, 200), {.text = "Path of its text."});
  f.field("gold", &FieldMap::gold, text(1, 200), {.text = "Path of the right answer."});
  f.field("options", &FieldMap::options, text(1, 200), {.text = "Path of the list of options."});
  f.field("wrong_options", &FieldMap::wrong_options, list_of(text(1, 200), 25),
          {.text = "Paths of wrong options, to be shuffled with the gold."});
  f.field("data_source", &FieldMap::data_source, text(1, 200), {.text = "Path of the grader's key."});
  f.field("extra", &FieldMap::extra, text(1, 200), {.text = "Path of an object for the grader."});
  f.field("cluster", &FieldMap::cluster, text(1, 200), {.text = "Path of what makes questions depend on each other."});
  f.field("subset", &FieldMap::subset, text(1, 200), {.text = "Path of a sub-set's name."});
  auto e = section(
      list, "fields.", [](auto& draft) -> auto& { return draft; });
  e.field("extra_fields", &Draft::extra_fields, list_of(text(3, 200), 32), {.text = "name=path of further values for grader and prompt."});
  return list;
}

void check(Draft& draft, const std::string& source, const YamlNode& root, Report& report) {
  BenchmarkSpec& spec = draft.spec;
  const auto need = [&](const std::string& value, const char* path) {
    if (value.empty()) report.add(source, mark_at(root, path), path, "is missing");
  };
  need(spec.name, "name");
  need(spec.title, "title");
  need(spec.domain, "domain");
  need(spec.source, "source");
  need(spec.licence, "licence");
  if (spec.loader == Loader::recorded) {
    need(spec.corpus, "corpus");
  } else {
    need(spec.fields.question, "fields.question");
    need(spec.fields.gold, "fields.gold");
    if (spec.fields.data_source.empty()) need(spec.data_source, "data_source");
  }
  if (!spec.dialect.empty() && !grade::dialect_of(spec.dialect)) report.add(source, mark_at(root, "dialect"), "dialect", "no such dialect");
  for (const std::string& field : draft.extra_fields) {
    const std::size_t equals = field.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == field.size())
      report.add(source, mark_at(root, "fields.extra_fields"), "fields.extra_fields", "write each as name=path");
    else
      spec.fields.extra_fields.emplace_back(field.substr(0, equals), field.substr(equals + 1));
  }
}

}  // namespace

Result<BenchmarkSpec> parse_benchmark(std::string_view yaml, const std::string& source) {
  static const Properties<Draft> properties = declare();
  Report report;
  auto root = parse_yaml(yaml);
  if (!root) {
    report.add(source, {{}, root.error()});
    return fail(report.error());
  }
  Draft draft;
  for (const Finding& finding : apply(*root, properties, draft).findings) report.add(source, finding);
  check(draft, source, *root, report);
  if (!report.empty()) return fail(report.error());
  return std::move(draft.spec);
}

Result<std::vector<BenchmarkSpec>> load_benchmarks(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  if (error) return fail(ErrorKind::io, "cannot read the folder " + folder + ": " + error.message());
  if (files.empty()) return fail(ErrorKind::config, "no benchmark description (*.yaml) in " + folder);
  std::sort(files.begin(), files.end());
  std::vector<BenchmarkSpec> out;
  for (const std::filesystem::path& file : files) {
    auto text = corpus::read_file(file.string(), kMaxYamlBytes);
    if (!text) return fail(text.error());
    auto spec = parse_benchmark(*text, file.string());
    if (!spec) return fail(spec.error());
    if (file.stem() != spec->name)
      return fail(ErrorKind::config, file.string() + ": the file must be called " + spec->name + ".yaml, as the benchmark");
    out.push_back(std::move(*spec));
  }
  return out;
}

Result<BenchmarkSpec> find_benchmark(const std::vector<BenchmarkSpec>& benchmarks, std::string_view name) {
  std::vector<std::string> names;
  for (const BenchmarkSpec& benchmark : benchmarks) {
    if (benchmark.name == name) return benchmark;
    names.push_back(benchmark.name);
  }
  return fail(ErrorKind::config,
              "there is no benchmark '" + std::string(name) + "'" + did_you_mean(name, names) + "; `xrouter eval --list` shows all");
}

}  // namespace xrouter::eval
