// What all episodes of a run have in common, and what differs by question and system.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "xrouter/config/config.hpp"
#include "xrouter/eval/benchmark.hpp"
#include "xrouter/eval/systems.hpp"

namespace xrouter::eval {

struct EpisodeSettings {
  std::shared_ptr<const ModelCatalog> catalog;
  std::vector<OfferedModel> offered;  ///< of the configuration, recorded and live
  EpisodeLimits limits = {};
  Mode mode = Mode::agent;
  OnTurnLimit on_turn_limit = OnTurnLimit::last_reply;
  double cost_weight = 1;
  std::int64_t router_output_tokens = EpisodeSpec{}.router_output_tokens;  ///< cap of one decision by a language model
  Sampling sampling = {};
  std::string router_name = "xrouter";

  /// Everything that can change an answer but the models, for keys and manifests.
  std::string text() const;
};

EpisodeSettings settings_of(const config::Config& config);

/// Which models may answer which question. Immutable once made; shared by workers.
class Offers {
 public:
  Offers(const QuestionSet& questions, const EpisodeSettings& settings);
  /// Of a recorded question the models with a recorded answer, and live ones; else the live ones.
  const std::vector<OfferedModel>& of(std::size_t question) const { return *by_question_[question]; }
  /// The question can be put to the system.
  bool applicable(std::size_t question, const System& system) const;
  /// Some question may reach a model that is not recorded.
  bool any_live() const { return any_live_; }

 private:
  std::vector<std::shared_ptr<const std::vector<OfferedModel>>> by_question_;
  bool any_live_ = false;
};

EpisodeSpec spec_of(const Question& question, const System& system, const EpisodeSettings& settings,
                    const std::vector<OfferedModel>& offered);

}  // namespace xrouter::eval
