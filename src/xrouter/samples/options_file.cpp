#include "xrouter/samples/options_file.hpp"

#include <filesystem>
#include <limits>

#include "xrouter/config/property_text.hpp"
#include "xrouter/corpus/corpus.hpp"
#include "xrouter/samples/option_rules.hpp"

namespace xrouter::samples {
namespace {

namespace fs = std::filesystem;
using namespace config::rules;
using config::Properties;

using Options = SampleSetOptions;
using Names = std::vector<std::string>;

constexpr std::int64_t kNoBound = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kMaxNames = 1000;

config::Rule<Names> names() { return list_of(text(1, 128), kMaxNames); }

void declare_what(Properties<Options>& list) {
  auto s = config::section(
      list, "", [](auto& options) -> auto& { return options; });
  s.field("seed", &Options::seed, whole_number<std::size_t>(0, kNoBound), {.text = "The same seed, corpora and options give the same bytes."});
  s.field("max_samples", &Options::max_samples, whole_number<std::size_t>(0, kNoBound), {.text = "At most so many, by chance; 0: all."});
  s.field("max_prompt_tokens", &Options::max_prompt_tokens, whole_number<std::int64_t>(0, 10'000'000),
          {.text = "Samples whose first router prompt is longer are left out; 0: any length. Needs the model whose tokens are counted.", .unit = "tokens"});
  s.field("order", &Options::order, word_for_order(),
          {.text = "Order of the file, which a trainer keeps if told to: by chance, stratum by stratum from the easiest, or by falling pass rate."});
  s.field("cost_weights", &Options::cost_weights, numbers(0, 1000), {.text = "Each sample gets one of them; empty: the trainer draws one for each group."});
  s.field("only_sources", &Options::only_sources, names(), {.text = "Sub-sets of the corpora to take, such as gsm; empty: all."});
  s.field("repeated_sources", &Options::repeated_sources, names(), {.text = "Sub-sets to repeat, so that a small one counts as much as a large one."});
  s.field("repetitions", &Options::repetitions, whole_number<int>(1, 100), {.text = "Times that every question of `repeated_sources` is taken."});
  s.field("held_out_sources", &Options::held_out_sources, names(), {.text = "Sub-sets to leave out."});
  s.field("held_out_categories", &Options::held_out_categories, names(), {.text = "Categories to leave out."});
  s.field("questions", &Options::questions, names(), {.text = "Further questions: JSON Lines files, relative to this file.", .machine_bound = true});
  s.field("small_talk", &Options::small_talk, boolean(), {.text = "Also the shipped questions that a router may answer by itself."});
}

void declare_strata(Properties<Options>& list) {
  auto bands = config::section(
      list, "bands.", [](auto& options) -> auto& { return options.bands; });
  bands.field("hard_below", &Bands::hard_below, decimal(0, 1), {.text = "Pass rate below which a question is hard; hopeless when nobody was right."});
  bands.field("easy_from", &Bands::easy_from, decimal(0, 1), {.text = "Pass rate from which it is easy; in between it is medium."});
  for (int i = 0; i < kStratumCount; ++i) {
    const auto stratum = static_cast<Stratum>(i);
    const std::string name(to_text(stratum));
    auto s = config::section(
        list, name + ".", [stratum](auto& options) -> auto& { return options.of(stratum); });
    s.field("copies", &StratumOptions::copies, whole_number<int>(0, 100), {.text = "Samples of each " + name + " question, each with a pool of its own."});
    s.field("cap_per_source", &StratumOptions::cap_per_source, whole_number<std::size_t>(0, kNoBound),
            {.text = "At most so many " + name + " questions of one source, by chance; 0: all."});
  }
}

void declare_pools(Properties<Options>& list) {
  auto s = config::section(
      list, "pools.", [](auto& options) -> auto& { return options.pools; });
  s.field("fixed", &PoolOptions::fixed, fixed_pools(),
          {.text = "Pools with a name; without models a pool is every model that is recorded for the question. The rest of the samples have random pools."});
  const auto tier = [&s](const std::string& name, Range PoolOptions::*member) {
    s.field(name, member, range(0, static_cast<int>(kMaxModelsOffered)), {.text = "Of a random pool: how many " + name + " models, as far as there are so many."});
  };
  tier("premium", &PoolOptions::premium);
  tier("standard", &PoolOptions::standard);
  tier("budget", &PoolOptions::budget);
  tier("specialised", &PoolOptions::specialised);
  s.field("models", &PoolOptions::models, range(1, static_cast<int>(kMaxModelsOffered)), {.text = "Size of every pool. A question with fewer models is left out."});
  s.field("shuffled", &PoolOptions::shuffled, boolean(), {.text = "Models in random order; otherwise in the catalogue's."});
  s.field("held_out", &PoolOptions::held_out, names(), {.text = "Models that are never offered."});
  s.field("always", &PoolOptions::always, names(), {.text = "Models that are offered wherever they are recorded."});
}

void declare_disguise(Properties<Options>& list) {
  auto s = config::section(
      list, "disguise.", [](auto& options) -> auto& { return options.disguise; });
  s.field("renamed_samples", &DisguiseOptions::renamed_samples, decimal(0, 1), {.text = "Share of the samples in which models are renamed."});
  s.field("renamed_models", &DisguiseOptions::renamed_models, decimal(0, 1), {.text = "Share of the models of such a sample; they are called model_k3 and the like."});
  s.field("withheld_descriptions", &DisguiseOptions::withheld_descriptions, decimal(0, 1), {.text = "Share of the models without description and scores."});
  s.field("score_shift", &DisguiseOptions::score_shift, whole_number<int>(0, kMaxScoreShift),
          {.text = "A model's scores move together by up to so much, up or down: exact figures would be its name.", .unit = "per cent"});
  s.field("exact_prices", &DisguiseOptions::exact_prices, decimal(0, 1), {.text = "Share of the samples with the catalogue's prices."});
  s.field("price_factor_from", &DisguiseOptions::price_factor_from, decimal(0.01, 100), {.text = "In the others each model's prices change by a factor, log-uniform from here ..."});
  s.field("price_factor_to", &DisguiseOptions::price_factor_to, decimal(0.01, 100), {.text = "... to here."});
}

const Properties<Options>& properties() {
  static const Properties<Options> list = [] {
    Properties<Options> declared;
    declare_what(declared);
    declare_strata(declared);
    declare_pools(declared);
    declare_disguise(declared);
    return declared;
  }();
  return list;
}

}  // namespace

Result<SampleSetOptions> parse_options(SampleSetOptions base, std::string_view yaml, const std::string& source, const std::vector<std::string>& settings) {
  config::Report report;
  std::set<std::string> given;
  if (const auto root = config::parse_yaml(yaml); !root) {
    report.add(source, {"", root.error()});
  } else {
    config::Applied applied = config::apply(*root, properties(), base);
    given = std::move(applied.given);
    for (const config::Finding& finding : applied.findings) report.add(source, finding);
  }
  const fs::path folder = fs::path(source).parent_path();
  for (std::string& file : base.questions) file = (folder / file).string();
  for (const std::string& setting : settings) config::apply_setting(setting, properties(), base, given, report);
  if (!report.empty()) return fail(report.error());
  return base;
}

Result<SampleSetOptions> load_options(SampleSetOptions base, const std::string& path, const std::vector<std::string>& settings) {
  if (path.empty()) return parse_options(std::move(base), "", "", settings);
  const auto text = corpus::read_file(path, config::kMaxYamlBytes);
  if (!text) return fail(text.error());
  return parse_options(std::move(base), *text, path, settings);
}

std::vector<std::pair<std::string, std::string>> effective_options(const SampleSetOptions& options) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& property : properties())
    if (!property.about.machine_bound) out.emplace_back(property.name, property.show(options));
  return out;
}

std::string options_documentation() { return config::settings_table(properties(), default_options(corpus::Split::train)); }

}  // namespace xrouter::samples
