// xrouter config: checks, shows and documents the configuration.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <memory>

#ifdef XROUTER_HTTP
#include "xrouter/server/auth.hpp"
#endif

#include "command.hpp"
#include "config_option.hpp"

namespace xrouter::app {
namespace {

void check(const ConfigOption& options) {
  const auto config = options.load();
  for (const std::string& warning : config::warnings(*config)) fmt::print("warning: {}\n", warning);
  std::size_t active = 0;
  for (const ModelSpec& model : config->catalog->models()) active += model.active ? 1 : 0;
  fmt::print("{}: valid; {} upstreams, {} models to offer, hash {}\n", config->source, config->upstreams.size(), active, config->hash);
}

#ifdef XROUTER_HTTP
constexpr std::size_t kShortestKey = 16;

void hash_key() {
  if (::isatty(STDIN_FILENO) == 1) fmt::print(stderr, "API key: ");
  std::string key;
  std::getline(std::cin, key);
  if (!key.empty() && key.back() == '\r') key.pop_back();
  if (key.size() < kShortestKey) throw CommandFailure{kUsage, "an API key has at least 16 characters; make one by: openssl rand -hex 24"};
  fmt::print("{}\n", server::hash_of_key(key));
}
#endif

}  // namespace

void add_config(CLI::App& program) {
  CLI::App* config = program.add_subcommand("config", "Check, show and document the configuration");
  config->require_subcommand(1);

  auto checked = std::make_shared<ConfigOption>();
  CLI::App* check_command = config->add_subcommand("check", "Read a configuration and say what is wrong with it");
  check_command->add_option("file", checked->path, "Configuration file")->required();
  check_command->add_option("--data-dir", checked->data_dir, "Folder of the shipped data");
  check_command->callback([checked] { check(*checked); });

  auto shown = std::make_shared<ConfigOption>();
  CLI::App* show_command = config->add_subcommand("show", "Print the effective values; secrets as ***");
  shown->add_to(*show_command);
  show_command->callback([shown] {
    const auto effective = shown->load();
    fmt::print("# {}, hash {}\n{}", effective->source, effective->hash, config::to_yaml(*effective));
  });

  config->add_subcommand("docs", "Print every setting as Markdown")->callback([] { fmt::print("{}", config::documentation()); });
#ifdef XROUTER_HTTP
  config->add_subcommand("hash-key", "Read an API key from standard input and print its entry for server.api_key_hashes")->callback([] {
    hash_key();
  });
#endif
}

}  // namespace xrouter::app
