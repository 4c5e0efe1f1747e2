#include "xrouter/rollout/task.hpp"

#include <algorithm>

#include "xrouter/samples/corpus_names.hpp"
#include "xrouter/samples/episode_spec.hpp"

namespace xrouter::rollout {
namespace {

using corpus::Record;
using corpus::RecordedOutcome;

Result<Usd> cost_of(const ModelSpec& model, const RecordedOutcome& outcome) {
  const std::optional<Usd> cost = model.price.cost_of(outcome.usage()).total();
  if (!cost) return fail(ErrorKind::config, "the model " + model.id.value + " has no price, and so no cost to learn from");
  return *cost;
}

Result<void> add_outcomes(Task& task, const Record& record) {
  for (const OfferedModel& offered : task.spec.offered) {
    const ModelSpec& model = *offered.spec;
    if (!model.price.known()) return fail(ErrorKind::config, "the model " + model.id.value + " has no price, and so no cost to learn from");
    const RecordedOutcome* outcome = record.find(samples::corpus_name_of(model));
    if (!outcome) continue;
    const auto cost = cost_of(model, *outcome);
    if (!cost) return fail(cost.error());
    task.outcomes.push_back(
        {.model = &model, .original = task.original(model.id), .correct = outcome->correct, .cost = *cost, .response = outcome->response});
  }
  return {};
}

const KnownOutcome* known_of(const Task& task, const ModelId& original) {
  const auto it =
      std::find_if(task.outcomes.begin(), task.outcomes.end(), [&](const KnownOutcome& known) { return known.original == original; });
  return it == task.outcomes.end() ? nullptr : &*it;
}

// A fixed model that is not offered costs what the catalogue says.
Result<std::optional<Usd>> cost_of_model(const Task& task, const ModelId& id, const Record& record, const ModelCatalog& catalog) {
  if (const KnownOutcome* known = known_of(task, id)) return known->cost;
  const ModelSpec* model = catalog.find(id);
  if (!model) return fail(ErrorKind::config, "the reference model " + id.value + " is not in the catalogue");
  const RecordedOutcome* outcome = record.find(samples::corpus_name_of(*model));
  if (!outcome) return std::nullopt;
  const auto cost = cost_of(*model, *outcome);
  if (!cost) return fail(cost.error());
  return *cost;
}

std::optional<Usd> mean_cost(const std::vector<KnownOutcome>& outcomes) {
  if (outcomes.empty()) return std::nullopt;
  Usd sum;
  for (const KnownOutcome& known : outcomes) sum += known.cost;
  return Usd::from_pico(sum.pico() / static_cast<std::int64_t>(outcomes.size()));
}

Result<std::optional<Usd>> reference_cost_of(const Task& task, const Record& record, const ModelCatalog& catalog,
                                             const ReferenceRule& rule) {
  if (rule.kind == ReferenceRule::Kind::pool_mean) return mean_cost(task.outcomes);
  if (rule.models.empty()) return fail(ErrorKind::config, "no reference model is named");
  if (rule.kind == ReferenceRule::Kind::model) return cost_of_model(task, rule.models.front(), record, catalog);
  for (const ModelId& id : rule.models)
    if (const KnownOutcome* known = known_of(task, id)) return known->cost;
  return mean_cost(task.outcomes);
}

const ModelSpec* offered_reference(const Task& task, const ReferenceRule& rule) {
  if (rule.kind == ReferenceRule::Kind::pool_mean) return nullptr;
  for (const ModelId& id : rule.models) {
    if (const KnownOutcome* known = known_of(task, id)) return known->model;
    if (rule.kind == ReferenceRule::Kind::model) break;
  }
  return nullptr;
}

Result<std::shared_ptr<const Task>> task_of(const samples::RouterSample& sample, const Record& record, const ModelCatalog& catalog,
                                            const EpisodeSpec& base, const ReferenceRule& reference) {
  auto shown = samples::catalog_of(sample, catalog);
  if (!shown) return fail(shown.error());
  auto task = std::make_shared<Task>(Task{.id = sample.id,
                                          .spec = samples::episode_spec(sample, record.question, std::move(*shown), 1, base),
                                          .question = record.question,
                                          .stratum = sample.stratum});
  for (const samples::SampleModel& model : sample.models)
    if (!model.alias.empty()) task->original_of.emplace(model.shown_id(), model.model);
  if (auto added = add_outcomes(*task, record); !added) return fail(added.error());
  auto cost = reference_cost_of(*task, record, catalog, reference);
  if (!cost) return fail(cost.error());
  task->reference_cost = *cost;
  task->reference = offered_reference(*task, reference);
  return task;
}

}  // namespace

Result<std::shared_ptr<const Task>> make_task(const samples::RouterSample& sample, const Record& record, const ModelCatalog& catalog,
                                              const EpisodeSpec& base, const ReferenceRule& reference) {
  auto task = task_of(sample, record, catalog, base, reference);
  if (task) return task;
  Error error = task.error();
  error.public_text = "sample " + sample.id + ": " + error.public_text;
  return fail(std::move(error));
}

Result<std::shared_ptr<const Task>> make_task(const samples::SampleSet& set, std::size_t index, const EpisodeSpec& base,
                                              const ReferenceRule& reference) {
  return make_task(set.sample(index), set.record(index), *set.catalog(), base, reference);
}

}  // namespace xrouter::rollout
