// How a sample set is made, as data.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "xrouter/corpus/text_key.hpp"
#include "xrouter/samples/sample.hpp"

namespace xrouter::samples {

struct Range {
  int from = 0, to = 0;  ///< both included
  bool operator==(const Range&) const = default;
};

/// Pass rates are shares of the recorded models that were right. Nobody right: hopeless, whatever the bands.
struct Bands {
  double hard_below = 0.15;
  double easy_from = 0.65;
};

struct StratumOptions {
  int copies = 1;                  ///< of each question, with pools of their own
  std::size_t cap_per_source = 0;  ///< questions of one source; 0: all
};

/// A pool that is the same for every question, so far as its models are recorded for it.
struct FixedPool {
  std::string name;
  std::vector<std::string> models = {};  ///< catalogue ids; empty: every model that is recorded for the question
  double share = 0;                      ///< of the samples
  bool operator==(const FixedPool&) const = default;
};

struct PoolOptions {
  std::vector<FixedPool> fixed = {{.name = "all", .share = 0.3}};
  /// Of the random pools: how many models of each tier, drawn without replacement.
  Range premium{0, 4}, standard{0, 4}, budget{1, 5}, specialised{0, 3};
  Range models{2, 20};  ///< of every pool, fixed ones included
  bool shuffled = true; ///< false: the catalogue's order
  std::vector<std::string> held_out = {};  ///< catalogue ids, never offered
  std::vector<std::string> always = {};    ///< catalogue ids, offered wherever they are recorded
};

/// What is changed so that a router learns to read its prompt instead of learning names by heart.
struct DisguiseOptions {
  double renamed_samples = 0.25;       ///< share of the samples in which names are changed
  double renamed_models = 0.5;         ///< share of the models of such a sample; their names become "model_k3" and the like
  double withheld_descriptions = 0.1;  ///< share of the models
  int score_shift = 5;                 ///< a model's scores move together by up to so much, up or down; 0: they stay
  double exact_prices = 0.5;           ///< share of the samples with the catalogue's prices
  double price_factor_from = 0.25;     ///< in the others each model's prices change by a factor, log-uniform
  double price_factor_to = 4;
};

enum class Order {
  shuffled,
  easy_first,    ///< by stratum, shuffled within each
  by_pass_rate,  ///< the highest first
};
std::string_view to_text(Order order);

struct SampleSetOptions {
  std::uint64_t seed = 1;
  corpus::Split split = corpus::Split::train;
  Bands bands;
  std::array<StratumOptions, kStratumCount> strata;  ///< indexed by Stratum
  PoolOptions pools;
  DisguiseOptions disguise;
  std::vector<double> cost_weights = {};  ///< each sample gets one of them; empty: the trainer draws
  std::vector<std::string> only_sources = {};         ///< empty: all
  std::vector<std::string> repeated_sources = {};
  int repetitions = 2;                                ///< times that questions of repeated_sources are taken
  std::vector<std::string> held_out_sources = {};
  std::vector<std::string> held_out_categories = {};
  std::vector<std::string> questions = {};  ///< JSON Lines files, see question_file.hpp
  bool small_talk = true;                   ///< the shipped questions that a router may answer by itself
  std::size_t max_samples = 0;              ///< 0: all
  std::int64_t max_prompt_tokens = 0;       ///< of the first router prompt; 0: any length
  Order order = Order::shuffled;

  StratumOptions& of(Stratum stratum) { return strata[static_cast<std::size_t>(stratum)]; }
  const StratumOptions& of(Stratum stratum) const { return strata[static_cast<std::size_t>(stratum)]; }
};

/// What a set is made like when nothing is said. Train: varied pools, names and prices. Dev and test: each question once,
/// every recorded model, the catalogue's own names and prices, as a caller of the server would see them.
SampleSetOptions default_options(corpus::Split split);

}  // namespace xrouter::samples
