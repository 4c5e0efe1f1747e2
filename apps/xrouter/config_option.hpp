// The options by which every command finds its configuration.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "command.hpp"
#include "xrouter/config/load.hpp"

namespace xrouter::app {

struct ConfigOption {
  std::string path;
  std::string data_dir;
  std::vector<std::string> settings;

  void add_to(CLI::App& command) {
    command.add_option("--config", path, "Configuration file; without one the built-in default runs")->envname("XROUTER_CONFIG");
    command.add_option("--data-dir", data_dir, "Folder of the shipped data");
    command.add_option("--set", settings, "NAME=VALUE of one setting, over the file; may be repeated")->allow_extra_args(false);
  }

  /// Errors: those of config::load.
  Result<std::shared_ptr<const config::Config>> read() const {
    config::LoadOptions options;
    options.data_dir = data_dir;
    options.settings = settings;
    return path.empty() ? config::default_config(options) : config::load(path, options);
  }
  /// Ends the program with every slip of the file when it is not valid.
  std::shared_ptr<const config::Config> load() const { return require(read()); }
};

}  // namespace xrouter::app
