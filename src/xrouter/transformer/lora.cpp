#include "xrouter/transformer/lora.hpp"

#include <map>

#include "xrouter/transformer/file_tensor.hpp"

namespace xrouter::transformer {

namespace {

void merge(const LinearPart& part, const Tensor& a, const Tensor& b, double scale) {
  const c10::NoGradGuard no_gradients;
  Tensor rows = part.linear->weight.narrow(0, part.begin, part.rows);
  const auto type = accumulation_type(rows.scalar_type());
  rows.copy_(rows.to(type) + at::mm(b.to(type), a.to(type)) * scale);
}

}  // namespace

Result<void> add_adapter(ModelWeights& weights, const weights::Adapter& adapter, AdapterPlace place) {
  if (auto fits = weights::check_fits(adapter, weights.config); !fits) return fits;
  std::map<std::string, LinearPart> parts;
  for (LinearPart& part : linear_parts(weights)) parts.emplace(part.module, part);
  const auto options = weights.embedding.options().requires_grad(false);
  for (const weights::LoraPair& pair : adapter.pairs) {
    const auto found = parts.find(pair.module);
    if (found == parts.end()) return fail(ErrorKind::config, "The adapter has a pair for " + pair.module + ", which this model has not.");
    const LinearPart& part = found->second;
    const Tensor a = file_tensor(pair.a).to(options.device()).clone(), b = file_tensor(pair.b).to(options.device()).clone();
    if (place == AdapterPlace::merged) {
      merge(part, a, b, adapter.scale());
    } else {
      part.linear->low_rank.push_back({a.to(options), b.to(options), adapter.scale(), part.begin});
    }
  }
  return {};
}

}  // namespace xrouter::transformer
