// Loading the questions of benchmarks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "xrouter/corpus/corpus.hpp"
#include "xrouter/eval/benchmark.hpp"

namespace xrouter::eval {

struct WantedBenchmark {
  BenchmarkSpec spec;
  std::string file = {};  ///< jsonl: the user's file (plain or gzip); recorded: empty
};

struct LoadOptions {
  std::string split = "test";  ///< of recorded corpora: train, dev, test or all
  std::size_t limit = 0;       ///< questions of each benchmark, evenly spread over its file; 0 = all
};

/// Adds the questions of one benchmark. `corpus` may be null when nothing recorded is wanted.
/// Errors: ErrorKind::config naming file, line and field; a benchmark without questions; ErrorKind::io.
/// A .parquet file is an error that says how to convert it.
Result<void> add_benchmark(QuestionSet& set, const WantedBenchmark& wanted, const corpus::Corpus* corpus, const LoadOptions& options);

}  // namespace xrouter::eval
