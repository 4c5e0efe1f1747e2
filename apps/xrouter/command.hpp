// Every command is one file that adds itself to the program's command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string_view>

#include "xrouter/base/result.hpp"

namespace xrouter::app {

/// Process exit codes: 0 success, 1 the work failed, 2 the command line or a file is wrong.
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;

/// Thrown by a command to end the program with a message on standard error and an exit code.
struct CommandFailure {
  int exit_code = kFailed;
  std::string message;
};

/// The value, or a CommandFailure with the error's texts.
template <class T>
T require(Result<T> result, int exit_code = kUsage) {
  if (!result) throw CommandFailure{exit_code, result.error().describe()};
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

void add_ask(CLI::App& program);
void add_config(CLI::App& program);
void add_data(CLI::App& program);
void add_eval(CLI::App& program);
void add_grade(CLI::App& program);
void add_host(CLI::App& program);
void add_ledger(CLI::App& program);
void add_mock(CLI::App& program);
void add_models(CLI::App& program);
void add_serve(CLI::App& program);
void add_train(CLI::App& program);

}  // namespace xrouter::app
