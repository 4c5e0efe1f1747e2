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
#include "xrouter/engine/spec.hpp"

namespace xrouter::samples {

/// One offered model, as this sample shows it.
struct SampleModel {
  ModelId model;                     ///< of the catalogue
  std::string alias = {};            ///< shown instead of the id; empty: the id
  std::int64_t price_permille = 1000;  ///< both prices are multiplied by it
  bool described = true;             ///< false: the description is withheld
};

enum class Stratum {
  direct,  ///< small talk and the like: the router is to answer by itself
  easy, medium, hard,  ///< by the pass rate of the recorded models
  hopeless,            ///< nobody recorded was right
};
std::string_view to_text(Stratum stratum);

/// One line of a sample file.
struct RouterSample {
  std::string id;                  ///< unique in its file: "ze/gsm/12#0"
  std::string qid;                 ///< of a recorded corpus; empty: `question` is the question itself
  std::optional<corpus::Question> question = {};
  Stratum stratum = Stratum::medium;
  double pass_rate = 0;            ///< of all recorded models
  std::vector<SampleModel> models; ///< in the order of the prompt
  std::optional<double> cost_weight = {};  ///< empty: drawn anew for each group
};

std::string to_line(const RouterSample& sample);
/// Errors: config, naming the field.
Result<RouterSample> parse_sample(std::string_view line);

/// The catalogue as this sample shows it: its models alone, renamed and repriced; upstream names stay, so that the
/// recorded pool finds their answers. Errors: config for a model that `catalog` does not have, a price out of range.
Result<std::shared_ptr<const ModelCatalog>> catalog_of(const RouterSample& sample, const ModelCatalog& catalog);

}  // namespace xrouter::samples
