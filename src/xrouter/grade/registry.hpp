// Which grader judges which data source.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/grade/grader.hpp"

namespace xrouter::grade {

enum class Match { exact, prefix };

struct RegistryRow {
  std::string key;      ///< "openai/gsm8k", or a prefix like "codegen__"
  Match match = Match::exact;
  /// Makes the grader in a dialect. `name` is the data source as asked for.
  std::function<std::unique_ptr<Grader>(const Dialect& dialect, std::string_view name)> make;
  std::string about;    ///< one line for `xrouter grade --list`
};

/// Exact keys come first, then the longest prefix. Immutable after construction; thread-safe.
class Registry {
 public:
  /// Errors: ErrorKind::config when two rows claim one key.
  static Result<Registry> make(std::vector<RegistryRow> rows);

  /// Errors: ErrorKind::config naming the source and the nearest known one.
  Result<std::unique_ptr<Grader>> grader_for(std::string_view data_source, const Dialect& dialect) const;
  const std::vector<RegistryRow>& rows() const { return rows_; }

 private:
  std::vector<RegistryRow> rows_;
};

/// Every grader of this library.
const Registry& builtin_registry();

// The rows of each family, defined beside its graders.
std::vector<RegistryRow> math_rows();
std::vector<RegistryRow> choice_rows();
std::vector<RegistryRow> structured_rows();
std::vector<RegistryRow> code_rows();
std::vector<RegistryRow> follow_rows();
std::vector<RegistryRow> live_rows();
std::vector<RegistryRow> calls_rows();
std::vector<RegistryRow> judge_rows();
std::vector<RegistryRow> phrase_rows();

}  // namespace xrouter::grade
