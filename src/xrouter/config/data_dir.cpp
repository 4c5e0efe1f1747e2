#include <cstdlib>
#include <filesystem>

#include "xrouter/config/load.hpp"

namespace xrouter::config {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVariable = "XROUTER_DATA_DIR";

bool is_folder(const fs::path& path) {
  std::error_code ignored;  // unreadable is as good as absent
  return fs::is_directory(path, ignored);
}

fs::path beside_the_program() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path() : program.parent_path().parent_path() / "share" / "xrouter";
}

/// data/ of the source tree: this file lies in src/xrouter/config of it.
fs::path of_the_source_tree() { return fs::path(XROUTER_SOURCE_DIR) / "data"; }

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

Result<std::string> find_data_dir(const std::string& explicit_dir, const Environment& environment) {
  if (!explicit_dir.empty()) {
    if (is_folder(explicit_dir)) return explicit_dir;
    return fail(ErrorKind::config, "the data folder '" + explicit_dir + "' does not exist");
  }
  if (auto named = environment(kVariable)) {
    if (is_folder(*named)) return *named;
    return fail(ErrorKind::config, std::string(kVariable) + " names '" + *named + "', which is not a folder");
  }
  for (const fs::path& folder : {beside_the_program(), of_the_source_tree()})
    if (is_folder(folder / "catalog")) return folder.string();
  return fail(ErrorKind::config, std::string("the shipped data was not found; name its folder by --data-dir or ") + kVariable);
}

std::string default_ledger_path(const Environment& environment) {
  // Relative folders are to be ignored, says the XDG base directory specification.
  const fs::path state = environment("XDG_STATE_HOME").value_or("");
  const fs::path home = environment("HOME").value_or("");
  const fs::path inside = fs::path("xrouter") / "ledger.db";
  if (state.is_absolute()) return (state / inside).string();
  return home.is_absolute() ? (home / ".local" / "state" / inside).string() : "xrouter-ledger.db";
}

std::string data_path(const Config& config, const std::string& path) { return (fs::path(config.data_dir) / path).string(); }

}  // namespace xrouter::config
