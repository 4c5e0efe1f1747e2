// From recorded questions to router samples.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "xrouter/corpus/corpus.hpp"
#include "xrouter/samples/options.hpp"
#include "xrouter/samples/question_file.hpp"

namespace xrouter::samples {

/// Tokens of the first router prompt of a sample.
using CountTokens = std::function<Result<std::int64_t>(const RouterSample& sample, const corpus::Question& question)>;

struct BuildInputs {
  std::shared_ptr<const corpus::Corpus> corpus;
  std::shared_ptr<const ModelCatalog> catalog;
  std::vector<OwnQuestion> questions = {};  ///< of the option's files and the small talk, already read
  CountTokens count_tokens = {};            ///< needed when max_prompt_tokens is set
  corpus::Progress progress = {};           ///< questions looked at and in all
};

/// Why questions or samples were left out, and how many.
enum class LeftOut {
  other_split,
  held_out,          ///< source or category
  other_source,      ///< not in only_sources
  repeated_prompt,   ///< a recorded question is found by its prompt, so a second one of the same prompt has no answers
  not_gradable,      ///< only labels are recorded
  too_few_models,
  over_cap,
  too_long,          ///< max_prompt_tokens
  over_max_samples,
};
inline constexpr int kLeftOutCount = static_cast<int>(LeftOut::over_max_samples) + 1;
std::string_view to_text(LeftOut reason);

struct BuildFigures {
  std::map<std::string, std::int64_t> by_stratum, by_source, by_pool;  ///< samples
  std::map<int, std::int64_t> by_pool_size;                            ///< samples, by the number of models
  std::map<std::string, std::int64_t> by_model;                                      ///< samples that offer it
  std::int64_t questions = 0;  ///< different ones
  std::int64_t renamed_models = 0, withheld_descriptions = 0, changed_prices = 0, offered_models = 0;
  std::vector<std::int64_t> prompt_tokens = {};  ///< of the samples, ascending; empty when they were not counted
  std::array<std::int64_t, kLeftOutCount> left_out{};

  std::int64_t& of(LeftOut reason) { return left_out[static_cast<std::size_t>(reason)]; }
};

struct BuiltSet {
  std::vector<RouterSample> samples;
  BuildFigures figures;
};

/// The same options, corpora and catalogue give the same samples. What a sample of a recorded question is does not depend
/// on which others there are. Errors: config for options that contradict each other or name what does not exist, or when nothing is
/// left; what reading the corpora and counting tokens give.
Result<BuiltSet> build(const SampleSetOptions& options, const BuildInputs& inputs);

}  // namespace xrouter::samples
