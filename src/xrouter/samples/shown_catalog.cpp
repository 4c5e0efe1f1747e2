#include <fmt/format.h>

#include <algorithm>

#include "xrouter/samples/sample.hpp"

namespace xrouter::samples {
namespace {

constexpr int kMaxScore = 100;  // per cent

// Half up. Quotient and rest apart, so that no price overflows.
Usd scaled_amount(Usd amount, std::int64_t permille) {
  const std::int64_t whole = amount.pico() / kUnchangedPrice, rest = amount.pico() % kUnchangedPrice;
  return Usd::from_pico(whole * permille + (rest * permille + kUnchangedPrice / 2) / kUnchangedPrice);
}

void scale(std::optional<Usd>& amount, std::int64_t permille) {
  if (amount) amount = scaled_amount(*amount, permille);
}

ModelSpec shown(const SampleModel& as, const ModelSpec& original) {
  ModelSpec spec = original;
  // Pools look a model up by its upstream name, which is the id where nothing else is said.
  if (spec.upstream_model.empty()) spec.upstream_model = spec.id.value;
  spec.id = as.shown_id();
  spec.active = true;
  spec.price = scaled(original.price, as.price_permille);
  for (auto& [domain, score] : spec.scores) score = std::clamp(score + as.score_shift, 0, kMaxScore);
  if (!as.described) {
    spec.description.clear();
    spec.scores.clear();
  }
  return spec;
}

}  // namespace

Price scaled(const Price& price, std::int64_t permille) {
  if (permille == kUnchangedPrice) return price;
  Price out = price;
  for (auto* amount : {&out.input, &out.output, &out.cached_input, &out.cache_write, &out.reasoning, &out.input_audio, &out.output_audio, &out.per_call})
    scale(*amount, permille);
  out.source = fmt::format("{} times {}.{:03}", price.source, permille / kUnchangedPrice, permille % kUnchangedPrice);
  return out;
}

Result<std::shared_ptr<const ModelCatalog>> catalog_of(const RouterSample& sample, const ModelCatalog& catalog) {
  std::vector<ModelSpec> models;
  models.reserve(sample.models.size());
  for (const SampleModel& model : sample.models) {
    const ModelSpec* original = catalog.find(model.model);
    if (!original) return fail(ErrorKind::config, sample.id + ": the catalogue has no model " + model.model.value);
    models.push_back(shown(model, *original));
  }
  auto made = ModelCatalog::make(std::move(models));
  if (!made) return fail(ErrorKind::config, sample.id + ": " + made.error().public_text, made.error().internal_text);
  return made;
}

}  // namespace xrouter::samples
