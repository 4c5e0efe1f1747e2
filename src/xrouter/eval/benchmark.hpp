// A benchmark as data: where its questions come from, how they are asked and who grades them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/corpus/text_key.hpp"
#include "xrouter/grade/dialect.hpp"
#include "xrouter/grade/grader.hpp"
#include "xrouter/grade/value/value.hpp"

namespace xrouter::eval {

/// What a score of 1 is called where the benchmark is published. Means are always shares of 1 here.
enum class Scale { share, ten, hundred };
std::string_view to_text(Scale scale);

/// How the questions of a benchmark get into the program.
enum class Loader {
  recorded,  ///< the recorded corpora: questions with answers of many models
  jsonl,     ///< JSON Lines, plain or gzip; Parquet is converted first (tools/parquet_to_jsonl.py)
};
std::string_view to_text(Loader loader);

/// Where each part of a question stands in a line of the file: a member's name, or a path of names
/// and list positions ("reward_model.ground_truth", "prompt.0.content"). Empty = the file has none.
struct FieldMap {
  std::string id = {};        ///< empty: the line's number
  std::string question = {};
  std::string gold = {};
  std::string options = {};   ///< list of answer options, lettered in the prompt
  /// Paths of single wrong options: the options are then the gold and these, in an order that depends
  /// on the question's text alone, and the gold becomes its letter.
  std::vector<std::string> wrong_options = {};
  std::string data_source = {};  ///< files that name the grader in each line; BenchmarkSpec::data_source otherwise
  std::string extra = {};     ///< an object handed to the grader as it is
  std::vector<std::pair<std::string, std::string>> extra_fields = {};  ///< name for the grader, path in the line
  std::string cluster = {};   ///< questions of one cluster are not independent
  std::string subset = {};
};

/// How the gold of a line becomes the grader's ground truth.
enum class GoldForm {
  as_is,           ///< the JSON value
  first,           ///< of a list, the first
  after_hashes,    ///< GSM8K: what follows the last "####"
  last_boxed,      ///< MATH: the content of the last \boxed{} of a solution
  index_to_letter, ///< 0 becomes A
  text_as_json,    ///< a string that holds JSON
  functional,      ///< Python source of tests, or a list of its lines: {"functional": source}
};

struct BenchmarkSpec {
  std::string name = {};          ///< of the file, "aime24"
  std::string title = {};
  std::string domain = {};        ///< math, code, code_reasoning, knowledge, stem_reasoning, logic, table, instructions ...
  std::string source = {};        ///< where a person finds it
  std::string licence = {};
  std::string note = {};
  Loader loader = Loader::jsonl;
  std::string corpus = {};   ///< recorded: corpora of this name or "name-..."
  std::vector<std::string> only_subsets = {};  ///< recorded: of these sources only; empty = all
  FieldMap fields = {};
  std::string gold_text = {};  ///< template that makes the gold of several fields, before its form: {gold} and {<extra field>}
  GoldForm gold_form = GoldForm::as_is;
  std::string prompt = {};   ///< template around a bare question: {question} {options} and {<extra field>}; empty = the question alone
  std::string data_source = {};  ///< key of the grader registry; recorded: the record's own `grader` when empty
  std::string dialect = {};  ///< empty = the run's
  Scale scale = Scale::share;
  double chance = 0;         ///< share that guessing gets: 0.1 for ten options
  bool binary = true;        ///< every score is 0 or 1
  int samples = 1;           ///< usual number of samples a question (small sets need several)
  bool check_gold = true;   ///< gold shown as a reply must score 1 (an empty reply must always score 0)
  std::string gold_reply = {};  ///< template of a reply that is right: "\\boxed{{gold}}"; empty = gold's text
};

/// One question, ready to be asked and graded.
struct Question {
  std::size_t task = 0;     ///< index into QuestionSet::benchmarks
  std::string qid = {};          ///< unique within the task
  std::string cluster = {};      ///< the qid when the benchmark has no clusters
  std::string subset = {};  ///< "gsm", "physics", ...
  std::string prompt = {};       ///< the user message
  std::string bare = {};         ///< the question alone
  corpus::Split split = corpus::Split::test;  ///< of the recorded corpora; test for everything else
  std::string data_source = {};
  grade::Value gold = {};
  grade::Value extra = {};
  std::uint64_t prompt_hash = 0;
  /// Corpus names of the models with a recorded answer; empty = any model may be asked.
  std::vector<std::string> recorded_models = {};
  std::vector<bool> recorded_labels = {};  ///< the corpus's own label of each of these answers
};

struct BenchmarkUse {
  BenchmarkSpec spec;
  std::string data_hash = {};     ///< 16 hex digits over the questions' files
  std::vector<std::string> files = {};
  std::string split = {};      ///< "test", "dev", "train" or "all"
};

/// Everything a run asks. Immutable once loaded; shared by workers.
struct QuestionSet {
  std::vector<BenchmarkUse> benchmarks = {};
  std::vector<Question> questions = {};  ///< in the order of the benchmarks, then of their files
};

}  // namespace xrouter::eval
