#include "xrouter/torch_learner/parameters.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>

#include "xrouter/base/rng.hpp"
#include "xrouter/weights/expected_tensors.hpp"

namespace xrouter::torch_learner {

using transformer::LinearPart;
using transformer::LowRank;

namespace {

/// Parameters begin at whole cache lines.
constexpr std::int64_t kAlignment = 16;

/// Hands out stretches of a flat buffer in order.
class Allocator {
 public:
  std::int64_t take(std::int64_t size) {
    const auto begin = next_;
    next_ += (size + kAlignment - 1) / kAlignment * kAlignment;
    return begin;
  }
  std::int64_t size() const { return next_; }

 private:
  std::int64_t next_ = 0;
};

std::int64_t values_of(const std::vector<std::int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

/// Where each weight lies, by Hugging Face name. Parts of fused weights follow each other without a gap: the decoder
/// sees them as one tensor.
std::vector<Parameter> full_list(const weights::ModelConfig& config, std::int64_t& total) {
  Allocator allocate;
  std::vector<Parameter> list;
  std::map<std::string, std::vector<std::int64_t>> shapes;
  for (const auto& expected : weights::expected_tensors(config)) shapes.emplace(expected.name, expected.shape);
  const auto add = [&](const std::vector<std::string>& names) {
    std::int64_t size = 0;
    for (const std::string& name : names)
      if (const auto found = shapes.find(name); found != shapes.end()) size += values_of(found->second);
    if (size == 0) return;
    auto begin = allocate.take(size);
    for (const std::string& name : names) {
      const auto& shape = shapes.at(name);
      list.push_back({name, shape, begin, values_of(shape), shape.size() > 1});
      begin += values_of(shape);
    }
  };
  add({"model.embed_tokens.weight"});
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    const std::string prefix = "model.layers." + std::to_string(layer) + ".";
    const std::string attention = prefix + "self_attn.", mlp = prefix + "mlp.";
    add({prefix + "input_layernorm.weight"});
    add({attention + "q_proj.weight", attention + "k_proj.weight", attention + "v_proj.weight"});
    add({attention + "q_proj.bias", attention + "k_proj.bias", attention + "v_proj.bias"});
    add({attention + "q_norm.weight"});
    add({attention + "k_norm.weight"});
    add({attention + "o_proj.weight"});
    add({prefix + "post_attention_layernorm.weight"});
    add({mlp + "gate_proj.weight", mlp + "up_proj.weight"});
    add({mlp + "down_proj.weight"});
  }
  add({"model.norm.weight"});
  add({"lm_head.weight"});
  total = allocate.size();
  return list;
}

Parameters with_buffers(std::vector<Parameter> list, std::int64_t total, at::Device device) {
  const auto zeros = [&] { return at::zeros({total}, at::TensorOptions().dtype(at::kFloat).device(device)); };
  return {zeros(), zeros(), zeros(), zeros(), std::move(list), 0};
}

/// Normal numbers by Box and Muller.
class Normal {
 public:
  explicit Normal(Rng rng) : rng_(rng) {}
  double draw() {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    const double radius = std::sqrt(-2 * std::log(1 - rng_.uniform())), angle = 2 * std::numbers::pi * rng_.uniform();
    spare_ = radius * std::sin(angle);
    has_spare_ = true;
    return radius * std::cos(angle);
  }

 private:
  Rng rng_;
  double spare_ = 0;
  bool has_spare_ = false;
};

Tensor drawn(const std::string& name, std::int64_t size, double deviation, std::uint64_t seed) {
  Normal normal(Rng(seed).fork(name));
  Tensor values = at::empty({size}, at::kFloat);
  float* to = values.data_ptr<float>();
  for (std::int64_t i = 0; i < size; ++i) to[i] = static_cast<float>(normal.draw() * deviation);
  return values;
}

/// The linear layers of a model of this shape: the weights hold no values.
std::vector<LinearPart> parts_of(ModelWeights& empty, const weights::ModelConfig& config) {
  empty.config = config;
  empty.layers.resize(static_cast<std::size_t>(config.layers));
  return transformer::linear_parts(empty);
}

std::string last_part(const std::string& module) { return module.substr(module.rfind('.') + 1); }

std::int64_t input_width(const weights::ModelConfig& config, const std::string& module) {
  if (module.ends_with("o_proj")) return config.heads * config.head_dim;
  return module.ends_with("down_proj") ? config.intermediate_size : config.hidden_size;
}

}  // namespace

std::int64_t Parameters::count() const {
  std::int64_t sum = 0;
  for (const Parameter& parameter : list) sum += parameter.size;
  return sum;
}

Parameters full_parameters(const weights::ModelConfig& config, at::Device device) {
  std::int64_t total = 0;
  auto list = full_list(config, total);
  return with_buffers(std::move(list), total, device);
}

ModelWeights weights_in(const weights::ModelConfig& config, const Tensor& flat) {
  std::int64_t total = 0;
  std::map<std::string, Parameter> by_name;
  for (Parameter& parameter : full_list(config, total)) by_name.emplace(parameter.name, std::move(parameter));
  const auto view = [&](const std::string& name, std::int64_t rows) -> Tensor {
    const auto found = by_name.find(name);
    if (found == by_name.end()) return {};
    const Parameter& first = found->second;
    if (first.shape.size() == 1) return flat.narrow(0, first.begin, rows);
    return flat.narrow(0, first.begin, rows * first.shape[1]).view({rows, first.shape[1]});
  };
  const auto q_width = config.heads * config.head_dim, qkv_width = q_width + 2 * config.kv_heads * config.head_dim;
  ModelWeights made;
  made.config = config;
  made.embedding = view("model.embed_tokens.weight", config.vocab_size);
  for (std::int64_t index = 0; index < config.layers; ++index) {
    const std::string prefix = "model.layers." + std::to_string(index) + ".";
    transformer::LayerWeights layer;
    layer.input_norm = view(prefix + "input_layernorm.weight", config.hidden_size);
    layer.post_attention_norm = view(prefix + "post_attention_layernorm.weight", config.hidden_size);
    layer.qkv.weight = view(prefix + "self_attn.q_proj.weight", qkv_width);
    layer.qkv.bias = view(prefix + "self_attn.q_proj.bias", qkv_width);
    layer.o.weight = view(prefix + "self_attn.o_proj.weight", config.hidden_size);
    layer.gate_up.weight = view(prefix + "mlp.gate_proj.weight", 2 * config.intermediate_size);
    layer.down.weight = view(prefix + "mlp.down_proj.weight", config.hidden_size);
    layer.head_norms = {view(prefix + "self_attn.q_norm.weight", config.head_dim),
                        view(prefix + "self_attn.k_norm.weight", config.head_dim), config.qk_norm ? config.rms_norm_eps : 0};
    made.layers.push_back(std::move(layer));
  }
  made.final_norm = view("model.norm.weight", config.hidden_size);
  made.lm_head.weight = config.tie_word_embeddings ? made.embedding : view("lm_head.weight", config.vocab_size);
  return made;
}

Result<Parameters> adapter_parameters(const weights::ModelConfig& config, const learner::LoraOptions& options, std::uint64_t seed,
                                      at::Device device) {
  if (options.rank < 1 || options.rank > config.hidden_size)
    return fail(ErrorKind::config,
                "The rank of the adapter is " + std::to_string(options.rank) + "; 1 to the width of the model is possible.");
  if (!std::isfinite(options.alpha) || options.alpha <= 0) return fail(ErrorKind::config, "The alpha of the adapter must be above 0.");
  ModelWeights empty;
  Allocator allocate;
  std::vector<Parameter> list;
  std::vector<std::string> unused = options.modules;
  std::vector<std::vector<LinearPart>> layers;  // those that read the same input, behind each other
  for (const LinearPart& part : parts_of(empty, config)) {
    const std::string module = last_part(part.module);
    if (std::find(options.modules.begin(), options.modules.end(), module) == options.modules.end()) continue;
    std::erase(unused, module);
    if (layers.empty() || layers.back().back().linear != part.linear) layers.emplace_back();
    layers.back().push_back(part);
  }
  for (const auto& parts : layers) {
    const auto in = input_width(config, parts.front().module), size = options.rank * in;
    auto begin = allocate.take(size * static_cast<std::int64_t>(parts.size()));
    for (const LinearPart& part : parts) {
      list.push_back({part.module + ".lora_A.weight", {options.rank, in}, begin, size, true});
      list.push_back({part.module + ".lora_B.weight",
                      {part.rows, options.rank},
                      allocate.take(options.rank * part.rows),
                      options.rank * part.rows,
                      true});
      begin += size;
    }
  }
  if (!unused.empty()) return fail(ErrorKind::config, "The model has no linear layers named " + unused.front() + " for an adapter.");
  if (list.empty()) return fail(ErrorKind::config, "The adapter names no modules.");
  Parameters made = with_buffers(std::move(list), allocate.size(), device);
  for (std::size_t i = 0; i < made.list.size(); i += 2) {
    const Parameter& a = made.list[i];
    // PEFT draws A uniformly within 1/sqrt(in); a normal of the same deviation serves as well.
    const double deviation = 1 / std::sqrt(3.0 * static_cast<double>(a.shape[1]));
    made.values.narrow(0, a.begin, a.size).copy_(drawn(a.name, a.size, deviation, seed));
  }
  return made;
}

void place_adapter(ModelWeights& weights, const Parameters& layout, const Tensor& flat, const learner::LoraOptions& options) {
  std::map<std::string, const Parameter*> by_name;
  for (const Parameter& parameter : layout.list) by_name.emplace(parameter.name, &parameter);
  const auto view = [&](const Parameter& parameter) { return flat.narrow(0, parameter.begin, parameter.size).view(parameter.shape); };
  for (const LinearPart& part : transformer::linear_parts(weights)) {
    const auto a = by_name.find(part.module + ".lora_A.weight");
    if (a == by_name.end()) continue;
    const Parameter& b = *by_name.at(part.module + ".lora_B.weight");
    part.linear->low_rank.push_back({view(*a->second), view(b), options.alpha / options.rank, part.begin});
  }
}

void draw_fresh(Parameters& parameters, std::int64_t layers, std::uint64_t seed) {
  constexpr double kDeviation = 0.02;
  const double residual = kDeviation / std::sqrt(2.0 * static_cast<double>(layers));
  for (const Parameter& parameter : parameters.list) {
    Tensor values = parameters.values.narrow(0, parameter.begin, parameter.size);
    if (parameter.shape.size() == 1) {
      values.fill_(parameter.name.ends_with(".bias") ? 0 : 1);
      continue;
    }
    const bool ends_in_residual = parameter.name.ends_with("o_proj.weight") || parameter.name.ends_with("down_proj.weight");
    values.copy_(drawn(parameter.name, parameter.size, ends_in_residual ? residual : kDeviation, seed));
  }
}

}  // namespace xrouter::torch_learner
