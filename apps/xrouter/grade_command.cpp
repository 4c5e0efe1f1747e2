// xrouter grade: decides for a file of answers, or for all recorded replies, what is right.
#include <fmt/format.h>

#include <fstream>
#include <map>
#include <memory>
#include <thread>

#include "corpus_files.hpp"
#include "judge_tool.hpp"
#include "progress_bar.hpp"
#include "text_table.hpp"
#include "xrouter/corpus/gzip_lines.hpp"
#include "xrouter/eval/agreement.hpp"
#include "xrouter/grade/batch.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/sandbox/sandbox.hpp"

namespace xrouter::app {
namespace {

struct GradeArguments {
  ConfigOption config;
  std::vector<std::string> files;
  std::string data_source;
  std::string dialect = "strict";
  std::string out;
  std::string judge;
  std::string judge_cache;
  int workers = 0;
  bool list = false;
  bool recorded = false;
};

grade::Dialect dialect_named(const std::string& name) {
  if (auto dialect = grade::dialect_of(name)) return *dialect;
  throw CommandFailure{kUsage, "unknown --dialect " + name + ": " + std::string(grade::kDialectNames)};
}

int workers_of(const GradeArguments& arguments) {
  return arguments.workers > 0 ? arguments.workers : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

// Results as JSON lines, to a file that is complete or not there.
class ResultFile {
 public:
  explicit ResultFile(std::string path) : path_(std::move(path)) {
    if (path_.empty()) return;
    out_.open(path_ + ".part", std::ios::binary | std::ios::trunc);
    if (!out_) throw CommandFailure{kFailed, "cannot write " + path_};
  }
  void add(const std::string& line) {
    if (!path_.empty()) out_ << line << '\n';
  }
  void finish() {
    if (path_.empty()) return;
    out_.close();
    std::error_code error;
    std::filesystem::rename(path_ + ".part", path_, error);
    if (!out_ || error) throw CommandFailure{kFailed, "cannot write " + path_};
  }

 private:
  std::string path_;
  std::ofstream out_;
};

void print_registry() {
  TextTable table({"DATA SOURCE", "MATCH", "GRADER"});
  for (const grade::RegistryRow& row : grade::builtin_registry().rows()) table.add({row.key, row.match == grade::Match::exact ? "exact" : "prefix", row.about});
  table.print(0);
}

std::vector<grade::Answer> read_answers(const GradeArguments& arguments) {
  std::vector<grade::Answer> answers;
  for (const std::string& path : arguments.files) {
    require(corpus::for_each_gzip_line(path, [&](std::string_view line, std::size_t number, std::size_t) -> Result<void> {
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) return {};
      auto answer = grade::parse_answer(line, number, arguments.data_source);
      if (!answer) return fail(answer.error());
      answers.push_back(std::move(*answer));
      return {};
    }));
  }
  return answers;
}

struct SourceTotals {
  std::size_t answers = 0;
  std::size_t scored = 0;
  std::size_t correct = 0;
  double score = 0;
  std::map<grade::GradeStatus, std::size_t> statuses;
};

std::string words_of(const std::map<grade::GradeStatus, std::size_t>& statuses) {
  std::string words;
  for (const auto& [status, count] : statuses) {
    if (status == grade::GradeStatus::scored) continue;
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", count, to_text(status));
  }
  return words;
}

void print_totals(const std::vector<grade::Answer>& answers, const std::vector<grade::GradeResult>& results) {
  std::map<std::string, SourceTotals> totals;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    SourceTotals& source = totals[answers[i].data_source];
    ++source.answers;
    ++source.statuses[results[i].status];
    if (!is_scored(results[i].status)) continue;
    ++source.scored;
    source.correct += results[i].correct ? 1 : 0;
    source.score += results[i].score;
  }
  TextTable table({"DATA SOURCE", ">ANSWERS", ">SCORED", ">CORRECT", ">MEAN SCORE", "NOT PLAINLY SCORED"});
  for (const auto& [name, source] : totals) {
    const std::string mean = source.scored == 0 ? "-" : fmt::format("{:.4f}", source.score / static_cast<double>(source.scored));
    table.add({name, std::to_string(source.answers), std::to_string(source.scored), std::to_string(source.correct), mean, words_of(source.statuses)});
  }
  table.print(0);
}

void grade_files(const GradeArguments& arguments) {
  const std::vector<grade::Answer> answers = read_answers(arguments);
  if (answers.empty()) throw CommandFailure{kUsage, "there are no answers in the file"};
  ResultFile out(arguments.out);
  // Without a sandbox the graders that run programs say so; all others do their work.
  auto sandbox = sandbox::make_sandbox();
  if (!sandbox) fmt::print(stderr, "note: programs are not run: {}\n", sandbox.error().describe());
  const JudgeTool judge(arguments.config, arguments.judge, arguments.judge_cache);
  grade::GradeContext context{.sandbox = sandbox ? sandbox->get() : nullptr, .judge = judge.model()};
  const std::vector<grade::GradeResult> results = [&] {
    ProgressBar bar("grading");
    const grade::BatchOptions options{.dialect = dialect_named(arguments.dialect), .workers = workers_of(arguments), .progress = [&](std::size_t done) { bar.show(done, answers.size()); }};
    return require(grade::grade_all(answers, grade::builtin_registry(), context, options));
  }();
  for (std::size_t i = 0; i < answers.size(); ++i) out.add(to_json(answers[i], results[i]));
  out.finish();
  print_totals(answers, results);
  judge.print_cost();
}

std::string line_of(const eval::Disagreement& one) {
  json::Writer out;
  out.begin_object().field("qid", one.qid).field("model", one.model).field("label", one.label).field("gold", one.gold);
  out.field("recorded_answer", one.recorded_answer).field("status", to_text(one.ours.status)).field("extracted", one.ours.extracted);
  out.field("normalized", one.ours.normalized).field("reason", one.ours.reason).field("response", one.response);
  return out.end_object().take();
}

void grade_recorded(const GradeArguments& arguments) {
  const auto corpora = open_corpora(arguments.files, arguments.config);
  ResultFile out(arguments.out);
  const std::vector<eval::AgreementRow> rows = [&] {
    ProgressBar bar("grading");
    const eval::AgreementOptions options{.dialect = dialect_named(arguments.dialect), .progress = [&](std::size_t done, std::size_t total) { bar.show(done, total); }, .on_difference = [&](const eval::Disagreement& one) { out.add(line_of(one)); }};
    return require(eval::measure_agreement(*corpora, grade::builtin_registry(), options));
  }();
  out.finish();
  TextTable table({"CORPUS", "SOURCE", ">REPLIES", ">AGREE %", ">RIGHT ONLY BY US", ">RIGHT ONLY BY LABEL", "NOT PLAINLY SCORED"});
  for (const eval::AgreementRow& row : rows) {
    table.add({row.corpus, row.source, std::to_string(row.replies), row.replies == row.unscored ? "-" : fmt::format("{:.2f}", 100 * row.share()), std::to_string(row.only_ours), std::to_string(row.only_label), words_of(row.statuses)});
  }
  table.print(0);
}

void run(const GradeArguments& arguments) {
  if (arguments.list) return print_registry();
  if (arguments.recorded) return grade_recorded(arguments);
  if (arguments.files.empty()) throw CommandFailure{kUsage, "which answers?\n  xrouter grade answers.jsonl          or --recorded for the replies of the recorded corpora, --list for the graders"};
  grade_files(arguments);
}

}  // namespace

void add_grade(CLI::App& program) {
  auto arguments = std::make_shared<GradeArguments>();
  CLI::App* command = program.add_subcommand("grade", "Decides which answers are right: a JSON Lines file of answers, or the recorded replies");
  command->add_option("files", arguments->files, "JSON Lines, plain or gzip: {\"data_source\", \"response\", \"ground_truth\", \"id\"?, \"extra\"?}; with --recorded: corpus files");
  command->add_option("--data-source", arguments->data_source, "Data source of the answers that name none; picks the grader");
  command->add_option("--dialect", arguments->dialect, "strict; trusting: also grades tests that a program could cheat; xrouter_compat: the seed's graders with their bugs")->capture_default_str();
  command->add_option("--out", arguments->out, "Also write every grade (with --recorded: every disagreement) as JSON Lines");
  command->add_option("--judge", arguments->judge, "Model of the catalogue that judges free answers");
  command->add_option("--judge-cache", arguments->judge_cache, "File that keeps the judge's replies, so that grading again asks nothing twice");
  command->add_option("--workers", arguments->workers, "Threads; default: one a processor");
  command->add_flag("--list", arguments->list, "Print the known data sources and their graders");
  command->add_flag("--recorded", arguments->recorded, "Grade all replies of the recorded corpora and compare with their labels");
  arguments->config.add_to(*command);
  command->callback([arguments] { run(*arguments); });
}

}  // namespace xrouter::app
