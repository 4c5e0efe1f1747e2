#include "xrouter/transformer/load_weights.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "xrouter/transformer/file_tensor.hpp"
#include "xrouter/weights/tensor_math.hpp"

namespace xrouter::transformer {

namespace {

struct Part {
  std::string name;
  std::int64_t rows;
};

class Reader {
 public:
  Reader(const weights::ModelFiles& files, at::TensorOptions options) : files_(files), options_(options) {
    for (std::string& name : files.tensor_names()) names_.insert(std::move(name));
  }

  bool has(const std::string& name) const { return names_.contains(name); }

  /// The parts behind each other: [sum of rows, columns], or [sum of rows] when `columns` is 0.
  Result<Tensor> fused(const std::vector<Part>& parts, std::int64_t columns) const {
    std::vector<weights::Tensor> sources;
    std::int64_t rows = 0;
    for (const Part& part : parts) {
      auto source = checked(part, columns);
      if (!source) return fail(source.error());
      sources.push_back(std::move(*source));
      rows += part.rows;
    }
    Tensor whole = columns == 0 ? at::empty({rows}, options_) : at::empty({rows, columns}, options_);
    std::int64_t row = 0;
    for (weights::Tensor& source : sources) {
      whole.narrow(0, row, source.shape[0]).copy_(file_tensor(source));
      row += source.shape[0];
      source = {};
    }
    return whole;
  }

  /// As fused, undefined where the files have none of the parts.
  Result<Tensor> fused_if_there(const std::vector<Part>& parts, std::int64_t columns) const {
    const bool any = std::any_of(parts.begin(), parts.end(), [this](const Part& part) { return has(part.name); });
    return any ? fused(parts, columns) : Result<Tensor>(Tensor());
  }

 private:
  Result<weights::Tensor> checked(const Part& part, std::int64_t columns) const {
    auto source = files_.tensor(part.name);
    if (!source) return source;
    const std::vector<std::int64_t> wanted = columns == 0 ? std::vector{part.rows} : std::vector{part.rows, columns};
    if (source->shape != wanted) {
      return fail(ErrorKind::config, files_.name() + ": tensor " + part.name + " has the shape " + weights::shape_text(source->shape) +
                                         " where the configuration says " + weights::shape_text(wanted));
    }
    const auto elements = static_cast<std::size_t>(part.rows) * static_cast<std::size_t>(std::max<std::int64_t>(columns, 1));
    if (source->bytes.size() != elements * (source->dtype == weights::DType::f32 ? 4 : 2))
      return fail(ErrorKind::config, files_.name() + ": tensor " + part.name + " has " + std::to_string(source->bytes.size()) + " bytes");
    return source;
  }

  const weights::ModelFiles& files_;
  at::TensorOptions options_;
  std::unordered_set<std::string> names_;
};

/// Collects the first error, so that the list of tensors reads as one.
class Loader {
 public:
  explicit Loader(const Reader& reader) : reader_(reader) {}

  Tensor vector(const std::string& name, std::int64_t size) { return take([&] { return reader_.fused({{name, size}}, 0); }); }
  Tensor matrix(const std::string& name, std::int64_t rows, std::int64_t columns) {
    return take([&] { return reader_.fused({{name, rows}}, columns); });
  }
  Linear linear(const std::string& prefix, std::initializer_list<Part> parts, std::int64_t in) {
    std::vector<Part> weights, biases;
    for (const Part& part : parts) {
      weights.push_back({prefix + part.name + ".weight", part.rows});
      biases.push_back({prefix + part.name + ".bias", part.rows});
    }
    Linear made;
    made.weight = take([&] { return reader_.fused(weights, in); });
    made.bias = take([&] { return reader_.fused_if_there(biases, 0); });
    return made;
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  template <class Read>
  Tensor take(const Read& read) {
    if (error_) return {};
    Result<Tensor> tensor = read();
    if (tensor) return std::move(*tensor);
    error_ = std::move(tensor.error());
    return {};
  }

  const Reader& reader_;
  std::optional<Error> error_;
};

LayerWeights load_layer(Loader& load, const weights::ModelConfig& config, std::int64_t index) {
  const std::string prefix = "model.layers." + std::to_string(index) + ".";
  const auto q_width = config.heads * config.head_dim, kv_width = config.kv_heads * config.head_dim;
  LayerWeights layer;
  layer.input_norm = load.vector(prefix + "input_layernorm.weight", config.hidden_size);
  layer.qkv = load.linear(prefix + "self_attn.", {{"q_proj", q_width}, {"k_proj", kv_width}, {"v_proj", kv_width}}, config.hidden_size);
  layer.o = load.linear(prefix + "self_attn.", {{"o_proj", config.hidden_size}}, q_width);
  layer.post_attention_norm = load.vector(prefix + "post_attention_layernorm.weight", config.hidden_size);
  layer.gate_up = load.linear(prefix + "mlp.", {{"gate_proj", config.intermediate_size}, {"up_proj", config.intermediate_size}}, config.hidden_size);
  layer.down = load.linear(prefix + "mlp.", {{"down_proj", config.hidden_size}}, config.intermediate_size);
  if (config.qk_norm) {
    layer.head_norms.q = load.vector(prefix + "self_attn.q_norm.weight", config.head_dim);
    layer.head_norms.k = load.vector(prefix + "self_attn.k_norm.weight", config.head_dim);
    layer.head_norms.eps = config.rms_norm_eps;
  }
  return layer;
}

}  // namespace

Result<ModelWeights> load_weights(const weights::ModelFiles& files, at::ScalarType dtype, at::Device device) {
  const weights::ModelConfig& config = files.config();
  if (auto checked = weights::check(config); !checked) return fail(checked.error());
  const Reader reader(files, at::TensorOptions().dtype(dtype).device(device));
  Loader load(reader);
  ModelWeights made;
  made.config = config;
  made.embedding = load.matrix("model.embed_tokens.weight", config.vocab_size, config.hidden_size);
  for (std::int64_t index = 0; index < config.layers && !load.error(); ++index) made.layers.push_back(load_layer(load, config, index));
  made.final_norm = load.vector("model.norm.weight", config.hidden_size);
  if (config.tie_word_embeddings) {
    made.lm_head.weight = made.embedding;
  } else {
    made.lm_head.weight = load.matrix("lm_head.weight", config.vocab_size, config.hidden_size);
  }
  if (load.error()) return fail(*load.error());
  return made;
}

ModelWeights random_weights(const weights::ModelConfig& config, std::uint64_t seed, at::ScalarType dtype, at::Device device) {
  const auto options = at::TensorOptions().dtype(dtype).device(device);
  at::Generator generator = at::detail::createCPUGenerator(seed);
  const auto normal = [&](at::IntArrayRef shape, double deviation) {
    return (at::randn(shape, generator, at::kFloat) * deviation).to(options);
  };
  const auto norm = [&](std::int64_t size) { return (at::randn({size}, generator, at::kFloat) * 0.1 + 1).to(options); };
  const auto linear = [&](std::int64_t out, std::int64_t in) {
    Linear made;
    made.weight = normal({out, in}, 1 / std::sqrt(static_cast<double>(in)));
    return made;
  };
  ModelWeights made;
  made.config = config;
  made.embedding = normal({config.vocab_size, config.hidden_size}, 1);
  const HeadShape heads = head_shape(config);
  const auto q_width = heads.heads * heads.head_dim, qkv_width = q_width + 2 * heads.kv_heads * heads.head_dim;
  for (std::int64_t index = 0; index < config.layers; ++index) {
    LayerWeights layer;
    layer.input_norm = norm(config.hidden_size);
    layer.post_attention_norm = norm(config.hidden_size);
    layer.qkv = linear(qkv_width, config.hidden_size);
    if (config.attention_bias) layer.qkv.bias = normal({qkv_width}, 0.1);
    layer.o = linear(config.hidden_size, q_width);
    layer.gate_up = linear(2 * config.intermediate_size, config.hidden_size);
    layer.down = linear(config.hidden_size, config.intermediate_size);
    if (config.qk_norm) layer.head_norms = {norm(config.head_dim), norm(config.head_dim), config.rms_norm_eps};
    made.layers.push_back(std::move(layer));
  }
  made.final_norm = norm(config.hidden_size);
  if (config.tie_word_embeddings) {
    made.lm_head.weight = made.embedding;
  } else {
    made.lm_head = linear(config.vocab_size, config.hidden_size);
  }
  return made;
}

}  // namespace xrouter::transformer
