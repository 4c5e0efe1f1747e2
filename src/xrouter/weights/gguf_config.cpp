#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <utility>

#include "xrouter/weights/expected_tensors.hpp"
#include "xrouter/weights/gguf_model.hpp"
#include "xrouter/weights/gguf_reader.hpp"
#include "xrouter/weights/refusal.hpp"
#include "xrouter/weights/tensor_math.hpp"

namespace xrouter::weights {
namespace {

constexpr std::string_view kRopeFactors = "rope_freqs.weight";

// What a file leaves out when it has the usual value.
constexpr double kUsualRopeTheta = 10'000;

// Seven digits of a number that was rounded to float32: what was meant by it.
double as_meant(double rounded) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.7g", rounded);
  return std::strtod(text.data(), nullptr);
}

Result<Family> read_family(const GgufFile& file, GgufReader& in) {
  const auto type = in.string("general.type");
  if (type && *type != "model") return refuse(file.name(), "holds a '" + shown(*type) + "', not a model");
  if (in.integer("split.count").value_or(1) > 1) return refuse(file.name(), "is one part of a model in several files; merge them first");
  const auto name = in.string("general.architecture");
  if (!in.ok()) return fail(in.error());
  if (name == "llama") return Family::llama;
  if (name == "qwen2") return Family::qwen2;
  if (name == "qwen3") return Family::qwen3;
  return refuse(file.name(), name ? "is of the architecture '" + shown(*name) + "'; llama, qwen2 and qwen3 are computed here"
                                  : std::string("names no architecture"));
}

void check_foreign(GgufReader& in, const std::string& prefix, const ModelConfig& model) {
  if (in.integer(prefix + "expert_count").value_or(0) > 0)
    in.fail_at(prefix + "expert_count", "says that this is a mixture of experts, which is not computed here");
  if (in.integer(prefix + "attention.value_length").value_or(model.head_dim) != model.head_dim)
    in.fail_at(prefix + "attention.value_length", "differs from the length of the keys, which is not computed here");
  if (in.integer(prefix + "rope.dimension_count").value_or(model.head_dim) != model.head_dim)
    in.fail_at(prefix + "rope.dimension_count", "is not the length of a head: partly rotated heads are not computed here");
  const auto window = in.integer(prefix + "attention.sliding_window").value_or(0);
  if (window > 0 && window < model.max_positions) in.fail_at(prefix + "attention.sliding_window", "is in use, which is not computed here");
  for (const char* scale : {"rope.scale_linear", "rope.scaling.factor"})
    if (const auto factor = in.number(prefix + scale); factor && *factor != 1 && *factor != 0)
      in.fail_at(prefix + scale, "asks for a rotary scaling that is not computed here");
  if (const auto type = in.string(prefix + "rope.scaling.type"); type && *type != "none" && *type != "linear")
    in.fail_at(prefix + "rope.scaling.type", "is '" + shown(*type) + "', which is not computed here");
}

// What Llama 3's frequency scaling divides each frequency by.
double divisor(const ModelConfig::RopeScaling& scaling, double wave_length) {
  const double turns = static_cast<double>(scaling.original_max_positions) / wave_length;
  if (turns > scaling.high_freq_factor) return 1;
  if (turns < scaling.low_freq_factor) return scaling.factor;
  const double smooth = (turns - scaling.low_freq_factor) / (scaling.high_freq_factor - scaling.low_freq_factor);
  return 1 / ((1 - smooth) / scaling.factor + smooth);
}

// GGUF states Llama 3's scaling by its result, one divisor for each frequency. The models that have it differ in the
// factor only; a file with other divisors is refused rather than computed approximately.
Result<void> read_rope_factors(const GgufFile& file, ModelConfig& model) {
  const auto found = file.tensors().find(kRopeFactors);
  if (found == file.tensors().end()) return {};
  const GgufTensor& tensor = found->second;
  const auto count = static_cast<std::size_t>(model.head_dim / 2);
  if (tensor.type != GgufType::f32 || tensor.shape != std::vector<std::int64_t>{model.head_dim / 2})
    return refuse_tensor(file.name(), kRopeFactors, "must hold " + std::to_string(count) + " numbers of type F32");
  std::vector<float> divisors(count);
  std::memcpy(divisors.data(), tensor.bytes.data(), tensor.bytes.size());
  const float largest = *std::max_element(divisors.begin(), divisors.end());
  const ModelConfig::RopeScaling scaling{.factor = largest};
  constexpr double kPi = 3.14159265358979323846, kTolerance = 1e-4;
  for (std::size_t i = 0; i < count; ++i) {
    const double wave_length = 2 * kPi * std::pow(model.rope_theta, static_cast<double>(2 * i) / static_cast<double>(model.head_dim));
    const double expected = divisor(scaling, wave_length);
    if (!(std::abs(divisors[i] - expected) <= kTolerance * expected))
      return refuse_tensor(file.name(), kRopeFactors, "does not hold Llama 3's frequency scaling; other kinds are not computed here");
  }
  if (largest != 1) model.rope_scaling = scaling;
  return {};
}

// A tensor that the computation does not use means that the file means another computation.
Result<void> refuse_unused(const GgufFile& file, const ModelConfig& model) {
  std::set<std::string> used;
  for (ExpectedTensor& expected : expected_tensors(model)) used.insert(std::move(expected.name));
  for (const auto& [name, tensor] : file.tensors())
    if (name != kRopeFactors && !used.contains(hugging_face_name(name)))
      return refuse_tensor(file.name(), name, "has no place in this architecture");
  return {};
}

}  // namespace

Result<ModelConfig> read_gguf_config(const GgufFile& file) {
  GgufReader in(file);
  const auto family = read_family(file, in);
  if (!family) return fail(family.error());
  const std::string prefix = *in.string("general.architecture") + ".";
  const auto embeddings = file.tensors().find("token_embd.weight");
  if (embeddings == file.tensors().end() || embeddings->second.shape.size() != 2)
    return refuse_tensor(file.name(), "token_embd.weight", "is missing or no matrix");

  ModelConfig model;
  model.family = *family;
  model.vocab_size = embeddings->second.shape[0];
  model.hidden_size = in.required_integer(prefix + "embedding_length");
  model.layers = in.required_integer(prefix + "block_count");
  model.max_positions = in.required_integer(prefix + "context_length");
  model.intermediate_size = in.uniform_integer(prefix + "feed_forward_length").value_or(0);
  model.heads = in.uniform_integer(prefix + "attention.head_count").value_or(0);
  model.kv_heads = in.uniform_integer(prefix + "attention.head_count_kv").value_or(model.heads);
  const auto eps = in.number(prefix + "attention.layer_norm_rms_epsilon");
  if (!eps) in.fail_at(prefix + "attention.layer_norm_rms_epsilon", "is missing");
  model.rms_norm_eps = as_meant(eps.value_or(0));
  model.rope_theta = in.number(prefix + "rope.freq_base").value_or(kUsualRopeTheta);
  const auto key_length = in.integer(prefix + "attention.key_length", 1);
  if (model.heads > 0) model.head_dim = key_length.value_or(model.hidden_size / model.heads);
  model.tie_word_embeddings = !file.tensors().contains("output.weight");
  model.attention_bias = model.family == Family::qwen2;
  model.qk_norm = model.family == Family::qwen3;
  check_foreign(in, prefix, model);
  if (!in.ok()) return fail(in.error());
  if (auto checked = check(model); !checked) return refuse(file.name(), checked.error().public_text);
  if (!key_length && model.hidden_size % model.heads != 0) return refuse(file.name(), "has heads that do not divide the hidden size");
  if (auto read = read_rope_factors(file, model); !read) return fail(read.error());
  if (auto unused = refuse_unused(file, model); !unused) return fail(unused.error());
  return model;
}

}  // namespace xrouter::weights
