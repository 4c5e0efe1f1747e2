// Shared by the sandbox's tests: one sandbox, and Python programs in it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

#include "xrouter/sandbox/sandbox.hpp"

namespace xrouter::sandbox {

inline Sandbox& sandbox() {
  static const std::unique_ptr<Sandbox> made = [] {
    auto result = make_sandbox();
    if (result) return std::move(*result);
    // Without isolation there is nothing to test, and passing would be a lie.
    std::cerr << "these tests need a working sandbox (tools/packages.sh installs bubblewrap):\n" << result.error().describe() << "\n";
    std::exit(1);
  }();
  return *made;
}

inline Program python_program(std::string code) {
  Program program{.argv = {"python3", "-s", "-B", "-c", std::move(code)}};
  program.limits.wall = std::chrono::seconds(60);
  program.limits.cpu = std::chrono::seconds(30);
  return program;
}

inline RunResult run(const Program& program) { return sandbox().run(program); }
inline RunResult run_python(std::string code) { return run(python_program(std::move(code))); }

}  // namespace xrouter::sandbox
