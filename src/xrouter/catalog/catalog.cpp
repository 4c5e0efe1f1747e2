#include "xrouter/catalog/catalog.hpp"

namespace xrouter {
namespace {

struct Rate {
  std::string_view name;
  const std::optional<Usd>& value;
};

Result<void> check_range(const ModelSpec& model) {
  const Price& price = model.price;
  for (const Rate& rate : {Rate{"input", price.input}, Rate{"output", price.output}, Rate{"cached_input", price.cached_input},
                           Rate{"cache_write", price.cache_write}, Rate{"reasoning", price.reasoning},
                           Rate{"input_audio", price.input_audio}, Rate{"output_audio", price.output_audio}}) {
    if (!rate.value || rate.value->pico() == 0) continue;
    if (rate.value->pico() < kMinPicoPerToken || rate.value->pico() > kMaxPicoPerToken) {
      const Usd per_million = Usd::from_pico(rate.value->pico()).checked_mul(1'000'000).value_or(Usd::max());
      return fail(ErrorKind::config, "model " + model.id.value + ": " + std::string(rate.name) + " price of " + per_million.to_decimal() +
                                         " USD per million tokens is outside 0.001 to 1000; is the unit right?");
    }
  }
  if (price.per_call && (*price.per_call < Usd::zero() || *price.per_call > kMaxPerCall))
    return fail(ErrorKind::config, "model " + model.id.value + ": price of " + price.per_call->to_decimal() + " USD per call is outside 0 to " +
                                       kMaxPerCall.to_decimal());
  return {};
}

}  // namespace

Result<std::shared_ptr<const ModelCatalog>> ModelCatalog::make(std::vector<ModelSpec> models) {
  auto catalog = std::shared_ptr<ModelCatalog>(new ModelCatalog(std::move(models)));
  for (std::size_t i = 0; i < catalog->models_.size(); ++i) {
    const ModelSpec& model = catalog->models_[i];
    if (model.id.empty()) return fail(ErrorKind::config, "a model of the catalogue has no id");
    if (auto ok = check_range(model); !ok) return fail(ok.error());
    if (!catalog->by_id_.emplace(model.id, i).second) return fail(ErrorKind::config, "model " + model.id.value + " is listed twice");
    auto [other, added] = catalog->by_tool_.emplace(tool_name_of(model.id), i);
    if (!added)
      return fail(ErrorKind::config, "models " + catalog->models_[other->second].id.value + " and " + model.id.value +
                                         " have the same tool name " + other->first + "; rename one");
  }
  return catalog;
}

const ModelSpec* ModelCatalog::find(const ModelId& id) const {
  auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : &models_[it->second];
}

const ModelSpec* ModelCatalog::find_by_tool_name(const std::string& tool_name) const {
  auto it = by_tool_.find(tool_name);
  return it == by_tool_.end() ? nullptr : &models_[it->second];
}

std::vector<std::string> ModelCatalog::warnings() const {
  std::vector<std::string> out;
  for (const ModelSpec& model : models_) {
    if (!model.price.known())
      out.push_back("model " + model.id.value + " has no known price: its calls cost an unknown amount, never zero");
    else if (*model.price.output < *model.price.input)
      out.push_back("model " + model.id.value + ": output is cheaper than input; check the source");
  }
  return out;
}

}  // namespace xrouter
