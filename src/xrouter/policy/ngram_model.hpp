// What the n-gram policy has learned: per model, how likely it is right and how much it writes.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/catalog/model.hpp"
#include "xrouter/policy/ngram_features.hpp"

namespace xrouter::policy {

/// Logistic regressions over the log-odds of two models a, b (the better one first) and, for the
/// last one, of a third model s. They say what the agreement of two answers tells.
struct AgreementModel {
  std::array<float, 3> agree = {};            ///< P(a, b agree): 1, better, worse
  std::array<float, 3> right_if_agree = {};   ///< P(the common answer is right): 1, better, worse
  std::array<float, 3> right_if_not = {};     ///< P(a is right | they differ): 1, a, b
  std::array<float, 4> third_if_not = {};     ///< P(s is right | they differ): 1, s, better, worse
  bool operator==(const AgreementModel&) const = default;
};

/// One linear function of a text, quantised to 8 bits.
struct LinearWeights {
  float bias = 0;
  float step = 0;  ///< value of one unit of `units`
  std::vector<std::int8_t> units;
  float at(const TextFeatures& features) const;
  bool operator==(const LinearWeights&) const = default;
};

struct ModelWeights {
  std::string id;             ///< of the catalogue
  LinearWeights log_odds;     ///< of being right
  LinearWeights log_output;   ///< natural logarithm of the output tokens
  bool operator==(const ModelWeights&) const = default;
};

struct Prediction {
  double log_odds = 0;
  double output_tokens = 0;
};

/// Immutable, shared by threads.
class NgramModel {
 public:
  struct Parameters {
    int bucket_bits = 15;
    /// What cost_weight 1 means: saving the whole price of the model that is most likely right is
    /// worth this much probability of a right answer.
    float cost_scale = 0;
    float tokens_per_byte = 0;   ///< of a prompt
    float output_correction = 1; ///< mean of exp(residual): turns the typical length into the mean
    AgreementModel agreement = {};
    std::vector<ModelWeights> models = {};
    bool operator==(const Parameters&) const = default;
  };

  /// Precondition: every weight vector has 2^bucket_bits entries.
  explicit NgramModel(Parameters parameters);
  /// Errors: ErrorKind::config for anything but an undamaged weights file of a known version.
  static Result<NgramModel> parse(std::string_view bytes);
  static Result<NgramModel> load(const std::string& path);
  std::string to_bytes() const;

  const Parameters& parameters() const { return parameters_; }
  bool knows(const ModelId& id) const { return index_.contains(id.value); }
  TextFeatures features(std::string_view text) const { return features_of(text, parameters_.bucket_bits); }
  /// For a model without weights: the prior of its tier.
  Prediction predict(const TextFeatures& features, const ModelSpec& model) const;

 private:
  Parameters parameters_;
  std::unordered_map<std::string, std::size_t> index_;
};

/// What is assumed of a model that the weights do not know: right with probability 0.80 (premium),
/// 0.72 (standard), 0.65 (budget), 0.55 (specialised), and 300 tokens long. About the means of the
/// recorded models of each tier.
Prediction prior_of(Tier tier);

double probability_of(double log_odds);

}  // namespace xrouter::policy
