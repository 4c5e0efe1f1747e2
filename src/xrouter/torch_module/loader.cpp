#include "xrouter/torch_module/loader.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "xrouter/torch_module/environment.hpp"

namespace xrouter::torch_module {

namespace {

namespace fs = std::filesystem;

constexpr const char* kHowToGetIt =
    "The language-model runtime is a module of its own, built where libtorch is installed (Debian: apt install libtorch-dev libdnnl-dev libopenblas-dev, "
    "then build with XROUTER_TORCH=ON); other policies do not need it";

std::vector<fs::path> candidates() {
  if (const char* set = std::getenv("XROUTER_MODULE_PATH"); set != nullptr && *set != '\0') {
    const fs::path path = set;
    std::error_code ignored;
    return {fs::is_directory(path, ignored) ? path / kModuleFile : path};
  }
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  if (error) return {kModuleFile};
  return {folder / kModuleFile, folder.parent_path() / "lib" / "xrouter" / kModuleFile};
}

Result<const Entry*> find_and_load() {
  prepare_environment();
  std::string looked_at;
  for (const fs::path& file : candidates()) {
    std::error_code ignored;
    if (fs::exists(file, ignored)) return load_from(file);
    looked_at += (looked_at.empty() ? "" : ", ") + file.string();
  }
  return fail(ErrorKind::config, std::string(kModuleFile) + " is not there. " + kHowToGetIt + ".", "looked for " + looked_at);
}

}  // namespace

Result<const Entry*> load_from(const fs::path& file) {
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) {
    const char* reason = dlerror();
    return fail(ErrorKind::config, std::string(kModuleFile) + " cannot be loaded. " + kHowToGetIt + ".", reason == nullptr ? "" : reason);
  }
  using EntryFunction = const Entry* (*)();
  const auto entry_of = reinterpret_cast<EntryFunction>(dlsym(library, kEntrySymbol));
  const Entry* entry = entry_of == nullptr ? nullptr : entry_of();
  if (entry == nullptr || entry->abi != abi()) {
    dlclose(library);
    return fail(ErrorKind::config, std::string(kModuleFile) + " belongs to another build of this program; build and install both together.", file.string());
  }
  return entry;
}

Result<const Entry*> load() {
  static const Result<const Entry*> loaded = find_and_load();
  return loaded;
}

Result<std::shared_ptr<lm::LanguageModel>> load_model(const weights::ModelFiles& files, const transformer::LoadOptions& options) {
  const auto entry = load();
  if (!entry) return fail(entry.error());
  return (*entry)->load_model(files, options);
}

Result<std::unique_ptr<learner::Learner>> make_learner(const weights::ModelFiles& files, const learner::LearnerOptions& options) {
  const auto entry = load();
  if (!entry) return fail(entry.error());
  return (*entry)->make_learner(files, options);
}

Result<std::unique_ptr<learner::Collective>> make_collective(const learner::CollectiveOptions& options) {
  if (options.size == 1) return std::make_unique<learner::Alone>();
  const auto entry = load();
  if (!entry) return fail(entry.error());
  return (*entry)->make_collective(options);
}

}  // namespace xrouter::torch_module
