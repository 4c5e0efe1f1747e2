#include <cmath>

#include "xrouter/weights/expected_tensors.hpp"
#include "xrouter/weights/model_files.hpp"
#include "xrouter/weights/refusal.hpp"
#include "xrouter/weights/tensor_math.hpp"

namespace xrouter::weights {
namespace {

// Far above any model of these families and far below an overflow: the product of three is below 2^63.
constexpr std::int64_t kMaxVocab = 4'000'000, kMaxWidth = 1'000'000, kMaxLayers = 1'000, kMaxHeads = 4'096, kMaxHeadDim = 4'096,
                       kMaxPositions = 100'000'000;

tl::unexpected<Error> wrong(const std::string& what) { return fail(ErrorKind::config, what); }

Result<void> in_range(const char* name, std::int64_t value, std::int64_t max) {
  if (value >= 1 && value <= max) return {};
  return wrong(std::string(name) + " is " + std::to_string(value) + "; 1 to " + std::to_string(max) + " is possible");
}

bool is_positive(double value) { return std::isfinite(value) && value > 0; }

Result<void> check_scaling(const ModelConfig::RopeScaling& scaling) {
  if (!(is_positive(scaling.factor) && scaling.factor >= 1)) return wrong("the factor of rope_scaling must be at least 1");
  if (!is_positive(scaling.low_freq_factor) || !is_positive(scaling.high_freq_factor) ||
      scaling.high_freq_factor <= scaling.low_freq_factor)
    return wrong("rope_scaling needs 0 < low_freq_factor < high_freq_factor");
  return in_range("original_max_position_embeddings", scaling.original_max_positions, kMaxPositions);
}

}  // namespace

Result<void> check(const ModelConfig& config) {
  struct Range {
    const char* name;
    std::int64_t value, max;
  };
  const Range ranges[] = {{"vocab_size", config.vocab_size, kMaxVocab},
                          {"hidden_size", config.hidden_size, kMaxWidth},
                          {"intermediate_size", config.intermediate_size, kMaxWidth},
                          {"num_hidden_layers", config.layers, kMaxLayers},
                          {"num_attention_heads", config.heads, kMaxHeads},
                          {"num_key_value_heads", config.kv_heads, kMaxHeads},
                          {"head_dim", config.head_dim, kMaxHeadDim},
                          {"max_position_embeddings", config.max_positions, kMaxPositions}};
  for (const Range& range : ranges)
    if (auto checked = in_range(range.name, range.value, range.max); !checked) return checked;
  if (config.head_dim % 2 != 0) return wrong("head_dim is " + std::to_string(config.head_dim) + "; rotary positions need an even number");
  if (config.heads % config.kv_heads != 0)
    return wrong(std::to_string(config.heads) + " heads cannot share " + std::to_string(config.kv_heads) + " key and value heads evenly");
  if (!(is_positive(config.rms_norm_eps) && config.rms_norm_eps < 1)) return wrong("rms_norm_eps must lie between 0 and 1");
  if (!(is_positive(config.rope_theta) && config.rope_theta >= 1)) return wrong("rope_theta must be at least 1");
  return config.rope_scaling ? check_scaling(*config.rope_scaling) : Result<void>();
}

std::vector<ExpectedTensor> expected_tensors(const ModelConfig& config) {
  const std::int64_t hidden = config.hidden_size, inner = config.intermediate_size;
  const std::int64_t queries = config.heads * config.head_dim, keys = config.kv_heads * config.head_dim;
  std::vector<ExpectedTensor> out{{"model.embed_tokens.weight", {config.vocab_size, hidden}}};
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    const std::string prefix = "model.layers." + std::to_string(layer) + ".";
    const auto add = [&](const char* name, std::vector<std::int64_t> shape) { out.push_back({prefix + name, std::move(shape)}); };
    add("input_layernorm.weight", {hidden});
    add("self_attn.q_proj.weight", {queries, hidden});
    add("self_attn.k_proj.weight", {keys, hidden});
    add("self_attn.v_proj.weight", {keys, hidden});
    if (config.attention_bias) {
      add("self_attn.q_proj.bias", {queries});
      add("self_attn.k_proj.bias", {keys});
      add("self_attn.v_proj.bias", {keys});
    }
    if (config.qk_norm) {
      add("self_attn.q_norm.weight", {config.head_dim});
      add("self_attn.k_norm.weight", {config.head_dim});
    }
    add("self_attn.o_proj.weight", {hidden, queries});
    add("post_attention_layernorm.weight", {hidden});
    add("mlp.gate_proj.weight", {inner, hidden});
    add("mlp.up_proj.weight", {inner, hidden});
    add("mlp.down_proj.weight", {hidden, inner});
  }
  out.push_back({"model.norm.weight", {hidden}});
  if (!config.tie_word_embeddings) out.push_back({"lm_head.weight", {config.vocab_size, hidden}});
  return out;
}

std::int64_t ModelConfig::parameters() const {
  std::int64_t sum = 0;
  for (const ExpectedTensor& tensor : expected_tensors(*this)) sum += static_cast<std::int64_t>(values_of(tensor.shape).value_or(0));
  return sum;
}

Result<void> check_tensors(const ModelConfig& config, const std::string& file, const ShapeLookup& shape_of) {
  for (const ExpectedTensor& expected : expected_tensors(config)) {
    const auto shape = shape_of(expected.name);
    if (!shape) return refuse_tensor(file, expected.name, "is missing");
    if (*shape != expected.shape)
      return refuse_tensor(file, expected.name, "has shape " + shape_text(*shape) + ", the config makes it " + shape_text(expected.shape));
  }
  return {};
}

}  // namespace xrouter::weights
