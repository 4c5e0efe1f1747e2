// Benchmark descriptions as YAML files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/eval/benchmark.hpp"

namespace xrouter::eval {

/// `source` names the text in messages. Errors: ErrorKind::config, one line for each slip.
Result<BenchmarkSpec> parse_benchmark(std::string_view yaml, const std::string& source);

/// Every *.yaml of a folder, by name. Errors: as parse_benchmark; a folder without any; a file whose
/// name is not the benchmark's; ErrorKind::io.
Result<std::vector<BenchmarkSpec>> load_benchmarks(const std::string& folder);

/// Error: ErrorKind::config with the nearest name.
Result<BenchmarkSpec> find_benchmark(const std::vector<BenchmarkSpec>& benchmarks, std::string_view name);

}  // namespace xrouter::eval
