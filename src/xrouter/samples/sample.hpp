// A router sample: one question, the models that may be called for it, at which prices and under which names.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/catalog/catalog.hpp"
#include "xrouter/corpus/record.hpp"

namespace xrouter::samples {

/// One offered model, as this sample shows it.
struct SampleModel {
  ModelId model;                     ///< of the catalogue
  std::string alias = {};            ///< shown instead of the id; empty: the id
  std::int64_t price_permille = 1000;  ///< both prices are multiplied by it
  bool described = true;             ///< false: the description is withheld, and the scores with it
  int score_shift = 0;               ///< added to each of the catalogue's scores, which stay within 0 to 100

  /// The name that requests, tools and ledgers of this sample use.
  ModelId shown_id() const { return alias.empty() ? model : ModelId(alias); }
  bool operator==(const SampleModel&) const = default;
};

enum class Stratum {
  direct,  ///< small talk and the like: the router is to answer by itself
  easy, medium, hard,  ///< by the pass rate of the recorded models
  hopeless,            ///< nobody recorded was right
};
inline constexpr int kStratumCount = 5;
std::string_view to_text(Stratum stratum);
std::optional<Stratum> stratum_of(std::string_view text);

/// One line of a sample file.
struct RouterSample {
  std::string id;                  ///< unique in its file: "ze/gsm/12#0"
  std::string qid;                 ///< of a recorded corpus; empty: `question` is the question itself
  std::optional<corpus::Question> question = {};
  /// Of a question without recorded answers: what any model is taken to answer, at an estimated length. Empty: only live
  /// models can be asked.
  std::string assumed_reply = {};
  Stratum stratum = Stratum::medium;
  double pass_rate = 0;            ///< of all recorded models
  std::vector<SampleModel> models; ///< in the order of the prompt
  std::optional<double> cost_weight = {};  ///< empty: drawn anew for each group
  bool operator==(const RouterSample&) const = default;
};

/// The bounds of SampleModel::price_permille.
inline constexpr std::int64_t kUnchangedPrice = 1000;
inline constexpr std::int64_t kMinPricePermille = 10;
inline constexpr std::int64_t kMaxPricePermille = 100'000;
inline constexpr std::size_t kMaxModelsOffered = 64;
inline constexpr int kMaxScoreShift = 50;  ///< up and down

std::string to_line(const RouterSample& sample);
/// Errors: config, naming the field.
Result<RouterSample> parse_sample(std::string_view line);

/// The model behind a name that this sample shows; null when it offers none of that name.
const SampleModel* offered_as(const RouterSample& sample, const ModelId& shown);

/// All prices times permille / 1000, each rounded to the next pico-dollar; 1000 changes nothing.
Price scaled(const Price& price, std::int64_t permille);

/// The catalogue as this sample shows it: its models alone, renamed and repriced; upstream names stay, so that the
/// recorded pool finds their answers. Errors: config for a model that `catalog` does not have, a price out of range.
Result<std::shared_ptr<const ModelCatalog>> catalog_of(const RouterSample& sample, const ModelCatalog& catalog);

}  // namespace xrouter::samples
