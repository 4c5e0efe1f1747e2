// SmolLM2-135M for tests that use it when it is on this machine.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "xrouter/weights/model_store.hpp"

namespace xrouter::transformer {

/// Where `xrouter models pull smollm2-135m` has put it; else an error that says so.
inline Result<std::filesystem::path> smollm2_path(const std::filesystem::path& source_dir) {
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  return weights::resolve_model("smollm2-135m", (source_dir / "data").string(), environment);
}

}  // namespace xrouter::transformer
