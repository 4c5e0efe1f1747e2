// Baselines that ask one model: each ranks the offered models of a question, and one policy carries the ranking out.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "xrouter/engine/ports.hpp"

namespace xrouter::baselines {

using Models = std::vector<const ModelSpec*>;

/// What a ranking may look at.
struct RankingInput {
  std::string_view text;         ///< of the last user message
  std::size_t prompt_bytes = 0;  ///< of all messages
  double cost_weight = 1;
  std::uint64_t seed = 0;        ///< of everything that is left to chance
  const Models& offered;
};

struct RankedModel {
  const ModelSpec* model = nullptr;
  std::optional<double> success = {};  ///< predicted probability of a right answer, when there is a prediction
};

/// The offered models, best first. Pure and safe to call from several threads at once.
using Ranking = std::function<std::vector<RankedModel>(const RankingInput&)>;

/// Commits to the first model of the ranking; a model whose call failed or was refused is followed by the next one.
/// Gives the last error up when none is left. Stateless but for the shared ranking.
class RankedPolicy final : public Policy {
 public:
  RankedPolicy(std::shared_ptr<const Ranking> ranking, std::uint64_t seed) : ranking_(std::move(ranking)), seed_(seed) {}
  boost::asio::awaitable<PolicyReply> decide(const DecisionPrompt& prompt, CallScope& scope) override;

 private:
  std::shared_ptr<const Ranking> ranking_;
  std::uint64_t seed_;
};

/// The models of an episode, in the order they are offered.
Models offered_models(const EpisodeSpec& spec);
std::size_t prompt_bytes_of(const ChatRequest& request);

}  // namespace xrouter::baselines
