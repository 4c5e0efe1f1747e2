#include "xrouter/sandbox/host.hpp"

#include <unistd.h>

#include <filesystem>

namespace xrouter::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSetpriv = "/usr/bin/setpriv";
// "nobody": owns no file, and is the kernel's own name for users it cannot map.
constexpr const char* kNobody = "65534";

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// /lib and the like are links into /usr on a merged system and folders on others.
void add_root_folder(Host& host, const std::string& path) {
  std::error_code error;
  if (fs::is_symlink(path, error)) {
    host.links.emplace_back(fs::read_symlink(path, error).string(), path);
  } else if (is_there(path)) {
    host.python_paths.push_back(path);
    host.compiler_paths.push_back(path);
  }
}

void add_shared_libraries(Host& host) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/usr/lib", error)) {
    if (is_there(entry.path() / "libc.so.6")) host.python_paths.push_back(entry.path().string());
  }
  if (is_there("/usr/lib64")) host.python_paths.emplace_back("/usr/lib64");
}

Result<void> add_python(Host& host, const std::string& python) {
  std::error_code error;
  const fs::path real = fs::canonical(python, error);
  if (error) return fail(ErrorKind::config, "programs cannot be run: " + python + " is not installed (Debian package python3)");
  const fs::path library = real.parent_path().parent_path() / "lib" / real.filename();
  if (!is_there(library / "ast.py"))
    return fail(ErrorKind::config, "programs cannot be run: the library of " + real.string() + " is not in " + library.string());
  host.python = real.string();
  host.python_paths.push_back(real.string());
  host.python_paths.push_back(library.string());
  return {};
}

}  // namespace

Result<std::vector<Host>> possible_hosts(const SandboxOptions& options) {
  if (::access(options.bubblewrap.c_str(), X_OK) != 0) {
    return fail(ErrorKind::config, "programs cannot be isolated: " + options.bubblewrap + " is not installed (Debian package bubblewrap)");
  }
  if (::access(kPrlimit, X_OK) != 0)
    return fail(ErrorKind::config,
                std::string("programs cannot be limited: ") + kPrlimit + " is not installed (Debian package util-linux)");
  Host host{.bubblewrap = options.bubblewrap, .python_paths = {kPrlimit}, .compiler_paths = {"/usr"}};
  if (auto added = add_python(host, options.python); !added) return tl::unexpected(added.error());
  add_shared_libraries(host);
  for (const char* folder : {"/bin", "/lib", "/lib64"}) add_root_folder(host, folder);

  std::vector<Host> hosts;
  const bool is_root = ::geteuid() == 0;
  for (const bool own_proc : {true, false}) {
    host.own_proc = own_proc;
    host.starter.clear();
    if (is_root && ::access(kSetpriv, X_OK) == 0) {
      hosts.push_back(host);
      hosts.back().starter = {kSetpriv, "--reuid", kNobody, "--regid", kNobody, "--clear-groups", "--"};
    }
    hosts.push_back(host);
  }
  return hosts;
}

}  // namespace xrouter::sandbox
