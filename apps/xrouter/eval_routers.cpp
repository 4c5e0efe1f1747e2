#include "eval_routers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "checkpoint_router.hpp"
#include "command.hpp"
#include "local_router.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/base/suggest.hpp"
#include "xrouter/config/load.hpp"
#include "xrouter/eval/baseline_systems.hpp"
#include "xrouter/eval/hex.hpp"
#include "xrouter/eval/short_names.hpp"
#include "xrouter/trainer/record/run_folder.hpp"
#include "xrouter/trainer/session.hpp"
#include "xrouter/weights/model_store.hpp"

namespace xrouter::app {
namespace {

namespace fs = std::filesystem;

struct NamedRouter {
  std::string model;
  std::string adapter = {};
  bool is_checkpoint = false;
  std::string name = {};
};

// A folder's name may have an '@' of its own: what is there as a whole is no adapter's.
NamedRouter parse(const std::string& text) {
  if (const auto checkpoint = checkpoint_of(text)) return {.model = checkpoint->string(), .is_checkpoint = true};
  const fs::path exported = fs::path(text) / trainer::kModelFolder;
  if (fs::is_directory(exported)) return {.model = exported.string()};
  const std::size_t at = text.rfind('@');
  std::error_code error;
  if (at == std::string::npos || at == 0 || at + 1 == text.size() || fs::exists(text, error)) return {.model = text};
  return {.model = text.substr(0, at), .adapter = text.substr(at + 1)};
}

void name_all(std::vector<NamedRouter>& routers) {
  constexpr std::string_view kOfEveryRun[] = {trainer::run_files::kCheckpoints, trainer::kModelFolder};
  std::vector<std::string> paths;
  for (const NamedRouter& router : routers) paths.push_back(router.model + (router.adapter.empty() ? "" : "+" + router.adapter));
  const std::vector<std::string> names = eval::short_names(paths, kOfEveryRun);
  if (std::set<std::string>(names.begin(), names.end()).size() != names.size())
    throw CommandFailure{kUsage, "--router names the same model twice"};
  for (std::size_t i = 0; i < routers.size(); ++i) routers[i].name = names[i];
}

std::uint64_t content_hash(const fs::path& file, std::uint64_t hash) {
  std::ifstream in(file, std::ios::binary);
  std::string block(std::size_t{1} << 20, '\0');
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0)
    hash = fnv1a64(std::string_view(block).substr(0, static_cast<std::size_t>(in.gcount())), hash);
  if (!in.eof()) throw CommandFailure{kUsage, "cannot read " + file.string()};
  return hash;
}

// Of what decides: a copy elsewhere is the same router, and a checkpoint written over the last one is another.
std::uint64_t files_hash(const fs::path& path, std::uint64_t hash) {
  if (!fs::is_directory(path)) return content_hash(path, hash);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) hash = content_hash(file, fnv1a64(file.filename().string(), hash));
  return hash;
}

std::string fingerprint_of(const NamedRouter& router, const config::Config& config) {
  const fs::path model = router.is_checkpoint ? fs::path(router.model)
                                              : require(weights::resolve_model(router.model, config.data_dir, config::process_environment));
  std::uint64_t hash = files_hash(model, fnv1a64("router"));
  if (!router.adapter.empty()) hash = files_hash(router.adapter, fnv1a64("adapter", hash));
  const config::PolicyConfig& policy = config.policy;
  return fmt::format("{} {} {} {}", eval::hex16(hash), policy.precision, policy.temperature, policy.thinking);
}

ModelId price_of(const RouterChoice& choice, const config::Config& config) {
  if (choice.priced_as.empty()) return {};
  if (config.catalog->find(ModelId(choice.priced_as))) return ModelId(choice.priced_as);
  std::vector<std::string> ids;
  for (const ModelSpec& model : config.catalog->models()) ids.push_back(model.id.value);
  throw CommandFailure{kUsage,
                       "--router-price " + choice.priced_as + ": no such model in the catalogue" + did_you_mean(choice.priced_as, ids)};
}

std::shared_ptr<const policy_lm::RouterModel> load(const NamedRouter& router, const std::string& train_config,
                                                   const config::Config& config) {
  if (router.is_checkpoint)
    return require(load_checkpoint({.checkpoint = router.model, .train_config = train_config, .data_dir = config.data_dir}));
  LanguageModelOptions options = router_model_options(config, 0);
  options.model = router.model;
  options.adapter = router.adapter;
  return as_router(require(load_language_model(options)));
}

eval::System system_of(const NamedRouter& router, std::shared_ptr<const policy_lm::RouterModel> model, const ModelId& price,
                       const config::Config& config) {
  eval::System system;
  system.id = "router:" + router.name;
  system.label = router.name;
  system.description = (router.is_checkpoint ? "The checkpoint " : "The language model ") + router.model +
                       (router.adapter.empty() ? "" : " with the adapter " + router.adapter) + " as the router.";
  system.kind = eval::SystemKind::policy;
  system.router = price;
  system.fingerprint = fingerprint_of(router, config) + (price.empty() ? "" : " priced as " + price.value);
  policy_lm::LocalOptions how = decision_options(config.policy);
  how.report_alternatives = false;  // nobody reads them here
  system.open = eval::policy_per_episode([model, how](const eval::EpisodeFacts& facts) -> std::shared_ptr<Policy> {
    return std::make_shared<policy_lm::LocalPolicy>(model, Rng(facts.seed), how);
  });
  return system;
}

}  // namespace

std::vector<eval::System> router_systems(const RouterChoice& choice, const config::Config& config, const eval::EpisodeSettings& settings,
                                         const std::vector<double>& curve) {
  std::vector<NamedRouter> routers;
  for (const std::string& text : choice.models) routers.push_back(parse(text));
  name_all(routers);
  const ModelId price = price_of(choice, config);
  std::vector<eval::System> systems;
  for (const NamedRouter& router : routers) {
    const eval::System system = system_of(router, load(router, choice.train_config, config), price, config);
    for (eval::System& point : eval::swept(system, router.name, settings.cost_weight, curve)) systems.push_back(std::move(point));
  }
  return systems;
}

}  // namespace xrouter::app
