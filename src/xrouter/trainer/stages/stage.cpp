#include "xrouter/trainer/stages/stage.hpp"

#include <iterator>

#include "xrouter/rollout/group_bytes.hpp"
#include "xrouter/trainer/shards.hpp"
#include "xrouter/trainer/stages/dapo.hpp"
#include "xrouter/trainer/stages/language.hpp"
#include "xrouter/trainer/stages/warm_start.hpp"

namespace xrouter::trainer {
namespace {

using rollout::Group;
using rollout::WorkItem;
using Play = std::function<Result<std::vector<Group>>(std::span<const WorkItem>, const PlayOptions&)>;

Result<std::vector<Group>> on_all(const StageContext& context, std::span<const WorkItem> drawn, PlayOptions options, const Play& play) {
  std::vector<WorkItem> items(drawn.begin(), drawn.end());
  if (const auto told = context.config.cost_weight.told)
    for (WorkItem& item : items) item.cost_weight = *told;
  const auto shard = static_cast<std::size_t>(context.config.rollout.shard_groups);
  std::size_t done = 0, total = 0;
  for (const WorkItem& item : items) total += static_cast<std::size_t>(item.rollouts);
  options.progress = [&](const rollout::Progress& progress) {
    if (context.activity) context.activity("rollout", done + progress.rollouts_done, total);
  };
  const auto encoded = gather_shards(context.ranks, (items.size() + shard - 1) / shard, [&](std::size_t number) -> Result<std::string> {
    const std::size_t begin = number * shard;
    const auto part = std::span(items).subspan(begin, std::min(shard, items.size() - begin));
    auto groups = play(part, options);
    if (!groups) return fail(groups.error());
    for (const WorkItem& item : part) done += static_cast<std::size_t>(item.rollouts);
    return rollout::encode_groups(*groups);
  });
  if (!encoded) return fail(encoded.error());
  std::vector<Group> all;
  for (const std::string& bytes : *encoded) {
    auto groups = rollout::decode_groups(bytes);
    if (!groups) return fail(groups.error());
    std::move(groups->begin(), groups->end(), std::back_inserter(all));
  }
  for (std::size_t i = 0; i < all.size(); ++i)
    for (rollout::Rollout& rollout : all[i].rollouts) rollout.cost_weight = drawn[i].cost_weight;
  return all;
}

}  // namespace

std::unique_ptr<Stage> make_stage(const StageContext& context, const StageConfig& config) {
  if (config.kind == StageKind::language) return make_language_stage(context, config);
  if (config.kind == StageKind::warm_start) return make_warm_start_stage(context, config);
  return make_dapo_stage(context, config);
}

double learning_rate_of(const StageConfig& stage, std::int64_t steps, const TrainerState& state) {
  return state.learning_rate_scale * rl::learning_rate(stage.schedule, state.stage_step, steps);
}

Result<std::vector<Group>> play_on_all(const StageContext& context, std::span<const WorkItem> items, PlayOptions options) {
  auto model = context.learner.language_model();
  if (!model) return fail(model.error());
  return on_all(context, items, std::move(options),
                [&](std::span<const WorkItem> part, const PlayOptions& how) { return context.episodes.play(*model, part, how); });
}

Result<std::vector<Group>> teach_on_all(const StageContext& context, std::span<const WorkItem> items, PlayOptions options) {
  return on_all(context, items, std::move(options),
                [&](std::span<const WorkItem> part, const PlayOptions& how) { return context.episodes.teach(part, how); });
}

}  // namespace xrouter::trainer
