// From xrouter.yaml and the catalogue to one immutable Config, and back to text.
//
// Errors are ErrorKind::config (ErrorKind::io for a file that cannot be read) with one line for
// each slip: "xrouter.yaml:3:5: server.lisen: unknown key; did you mean 'listen'?".
// Thread-safe: nothing here keeps state.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/config/config.hpp"

namespace xrouter::config {

using Environment = std::function<std::optional<std::string>(const std::string& name)>;
/// The variables of this process. Set but empty counts as missing.
std::optional<std::string> process_environment(const std::string& name);

struct LoadOptions {
  /// From the command line, "name=value" each: wins over the file and is checked with it.
  std::vector<std::string> settings = {};
  std::string data_dir = {};  ///< from the command line; wins over the file
  Environment environment = process_environment;
  std::optional<std::string> shipped_catalog = {};  ///< text instead of <data>/catalog/models.yaml, for tests
};

Result<std::shared_ptr<const Config>> load(const std::string& path, const LoadOptions& options = {});
/// `source` names the text in messages; relative paths in it are relative to source's folder.
Result<std::shared_ptr<const Config>> parse_config(std::string_view yaml, const std::string& source, const LoadOptions& options = {});
/// What runs when no file is given: recorded pool, learned policy, SQLite ledger, loopback.
Result<std::shared_ptr<const Config>> default_config(const LoadOptions& options = {});

/// The folder of the shipped data: `explicit_dir`, else XROUTER_DATA_DIR, else share/xrouter beside
/// the program's bin folder, else the source tree it was built from. The first two must exist.
Result<std::string> find_data_dir(const std::string& explicit_dir, const Environment& environment);
/// Where the ledger lies when nothing is set: xrouter/ledger.db in XDG_STATE_HOME or ~/.local/state, so
/// that every command finds the same one; xrouter-ledger.db of the working folder without HOME.
std::string default_ledger_path(const Environment& environment);
/// A path of the configuration that is relative to the data folder.
std::string data_path(const Config& config, const std::string& path);

/// Findings that are not errors: no key on an open address, a key over plain HTTP, unknown prices.
std::vector<std::string> warnings(const Config& config);

/// The effective values as YAML; secrets as "***".
std::string to_yaml(const Config& config);
/// Every setting with type, default, unit and meaning, as Markdown: docs/configuration.md.
std::string documentation();
/// 16 hex digits over the effective values and the catalogue, without secrets and without paths
/// of this machine; kept in every run record.
std::string hash_of(const Config& config);

}  // namespace xrouter::config
