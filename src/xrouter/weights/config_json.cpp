#include "xrouter/weights/config_json.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>
#include <limits>
#include <utility>

#include "xrouter/json/writer.hpp"
#include "xrouter/weights/refusal.hpp"
#include "xrouter/weights/strict_json.hpp"

namespace xrouter::weights {
namespace {

namespace bj = boost::json;
using json::ObjectReader;
using tokenizer::TokenId;

constexpr json::ParseLimits kLimits{.max_bytes = std::size_t{8} << 20, .max_depth = 32};
constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t kMaxEndTokens = 64, kMaxTemplates = 32;
constexpr std::size_t kMaxTemplateBytes = std::size_t{1} << 20;

struct FamilyRow {
  Family family;
  std::string_view model_type, architecture;
};
constexpr std::array<FamilyRow, 3> kFamilies{{{Family::llama, "llama", "LlamaForCausalLM"},
                                              {Family::qwen2, "qwen2", "Qwen2ForCausalLM"},
                                              {Family::qwen3, "qwen3", "Qwen3ForCausalLM"}}};

const FamilyRow& row_of(Family family) { return kFamilies[static_cast<std::size_t>(family)]; }

std::vector<TokenId> token_ids(ObjectReader& in, std::string_view name) {
  std::vector<TokenId> out;
  const bj::value* value = in.find(name);
  if (!value) return out;
  const auto add = [&](const bj::value& each) {
    const auto* id = each.if_int64();
    if (!id || *id < 0 || *id > kLargest) return in.fail_at(name, "must be a token id or a list of them");
    if (std::find(out.begin(), out.end(), static_cast<TokenId>(*id)) == out.end()) out.push_back(static_cast<TokenId>(*id));
  };
  const bj::array* list = value->if_array();
  if (!list) {
    add(*value);
    return out;
  }
  if (list->size() > kMaxEndTokens) in.fail_at(name, "has too many items");
  for (const bj::value& each : *list)
    if (in.ok()) add(each);
  return out;
}

void refuse_true(ObjectReader& in, std::string_view name, const char* what) {
  if (in.optional_bool(name).value_or(false)) in.fail_at(name, what);
}

// Rotary settings stand at the top (rope_theta, rope_scaling) or together in rope_parameters.
void read_rope(ObjectReader& in, ModelConfig& model) {
  if (const auto theta = in.optional_number("rope_theta", 1, 1e12)) model.rope_theta = *theta;
  const char* const name = in.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
  if (in.has("rope_parameters") && in.has("rope_scaling"))
    return in.fail_at("rope_scaling", "stands beside rope_parameters; one of them says how positions are rotated");
  if (!in.optional_object(name)) return;
  ObjectReader rope(*in.find(name), name);
  if (const auto theta = rope.optional_number("rope_theta", 1, 1e12)) model.rope_theta = *theta;
  if (rope.optional_number("partial_rotary_factor", 0, 1).value_or(1) != 1) rope.fail_at("partial_rotary_factor", "must be 1");
  for (const auto& member : rope.object())  // settings of each kind of layer apart
    if (member.value().is_object())
      rope.fail_at({member.key().data(), member.key().size()}, "holds settings of its own, which are not computed here");
  const auto old_name = rope.optional_string("type");
  const std::string type = rope.optional_string("rope_type").value_or(old_name.value_or("default"));
  if (type == "llama3") {
    ModelConfig::RopeScaling scaling;
    scaling.factor = rope.number("factor", 1, 1e6);
    scaling.low_freq_factor = rope.number("low_freq_factor", 0, 1e6);
    scaling.high_freq_factor = rope.number("high_freq_factor", 0, 1e6);
    scaling.original_max_positions = rope.integer("original_max_position_embeddings", 1, kLargest);
    model.rope_scaling = scaling;
  } else if (type != "default" && rope.ok()) {
    rope.fail_at("rope_type", "is '" + shown(type) + "'; 'default' and 'llama3' are computed here");
  }
  in.take_error_of(rope);
}

// A window is in use when it is switched on, or where nothing switches it, when it is shorter than the context.
void check_window(ObjectReader& in, const ModelConfig& model) {
  const auto window = in.optional_integer("sliding_window", 0, kLargest);
  const auto used = in.optional_bool("use_sliding_window");
  const bool in_use = used ? *used : window.has_value() && model.family == Family::llama && *window < model.max_positions;
  if (in_use) in.fail_at("sliding_window", "is in use, which is not computed here");
  const bj::array* kinds = in.optional_array("layer_types", 10'000);
  for (std::size_t i = 0; kinds && in.ok() && i < kinds->size(); ++i)
    if ((*kinds)[i] != "full_attention") in.fail_at("layer_types", "names a kind other than full_attention, which is not computed here");
}

void check_foreign(ObjectReader& in) {
  if (in.has("quantization_config"))
    in.fail_at("quantization_config", "says that the checkpoint is quantised; load the unquantised one or a GGUF file");
  if (const auto activation = in.optional_string("hidden_act"); activation && *activation != "silu")
    in.fail_at("hidden_act", "is '" + shown(*activation) + "'; silu is computed here");
  refuse_true(in, "mlp_bias", "is set; linear layers of the MLP have no bias here");
  refuse_true(in, "attention_bias", "is set; this family's output projection has no bias here");
  if (in.optional_number("partial_rotary_factor", 0, 1).value_or(1) != 1) in.fail_at("partial_rotary_factor", "must be 1");
  for (const char* name : {"num_experts", "num_local_experts"})
    if (in.optional_integer(name, 0, kLargest).value_or(0) > 1)
      in.fail_at(name, "says that this is a mixture of experts, which is not computed here");
}

std::optional<Family> family_of(ObjectReader& in) {
  const std::string type = in.string("model_type");
  for (const FamilyRow& row : kFamilies)
    if (row.model_type == type) return row.family;
  if (in.ok()) in.fail_at("model_type", "is '" + shown(type) + "'; llama, qwen2 and qwen3 are computed here");
  return std::nullopt;
}

// "'x' must be ..." of ObjectReader, with the file in front.
tl::unexpected<Error> refuse_field(const std::string& file, const ObjectReader& in) { return refuse(file, in.error().public_text); }

}  // namespace

Result<ConfigJson> read_config_json(std::string_view text, const std::string& file) {
  const auto value = parse_strict(text, file, kLimits);
  if (!value) return fail(value.error());
  ObjectReader in(*value);
  ConfigJson out;
  ModelConfig& model = out.model;
  const auto family = family_of(in);
  if (!family) return refuse_field(file, in);
  model.family = *family;
  check_foreign(in);
  model.vocab_size = in.integer("vocab_size", 1, kLargest);
  model.hidden_size = in.integer("hidden_size", 1, kLargest);
  model.intermediate_size = in.integer("intermediate_size", 1, kLargest);
  model.layers = in.integer("num_hidden_layers", 1, kLargest);
  model.heads = in.integer("num_attention_heads", 1, kLargest);
  model.kv_heads = in.optional_integer("num_key_value_heads", 1, kLargest).value_or(model.heads);
  const auto head_dim = in.optional_integer("head_dim", 1, kLargest);
  model.max_positions = in.optional_integer("max_position_embeddings", 1, kLargest).value_or(2048);
  model.rms_norm_eps = in.optional_number("rms_norm_eps", 0, 1).value_or(1e-6);
  model.tie_word_embeddings = in.optional_bool("tie_word_embeddings").value_or(false);
  model.attention_bias = model.family == Family::qwen2;
  model.qk_norm = model.family == Family::qwen3;
  read_rope(in, model);
  check_window(in, model);
  out.end_tokens = token_ids(in, "eos_token_id");
  if (!in.ok()) return refuse_field(file, in);

  // What transformers assumes when the file is silent: Qwen3 states its own, the others divide.
  constexpr std::int64_t kHeadDimOfQwen3 = 128;
  if (head_dim)
    model.head_dim = *head_dim;
  else if (model.family == Family::qwen3)
    model.head_dim = kHeadDimOfQwen3;
  else if (model.hidden_size % model.heads != 0)
    return refuse(file, "hidden_size is no multiple of num_attention_heads and there is no head_dim");
  else
    model.head_dim = model.hidden_size / model.heads;
  if (auto checked = check(model); !checked) return refuse(file, checked.error().public_text);
  return out;
}

std::string write_config_json(const ModelConfig& model, DType dtype, const std::vector<TokenId>& end_tokens, std::optional<TokenId> bos) {
  const FamilyRow& row = row_of(model.family);
  json::Writer out;
  out.begin_object().key("architectures").begin_array().value(row.architecture).end_array();
  out.field("model_type", row.model_type).field("vocab_size", model.vocab_size).field("hidden_size", model.hidden_size);
  out.field("intermediate_size", model.intermediate_size)
      .field("num_hidden_layers", model.layers)
      .field("num_attention_heads", model.heads);
  out.field("num_key_value_heads", model.kv_heads).field("hidden_act", "silu");
  // Qwen2 has no such field of its own; readers divide.
  if (model.family != Family::qwen2 || model.head_dim * model.heads != model.hidden_size) out.field("head_dim", model.head_dim);
  out.field("max_position_embeddings", model.max_positions).field("rms_norm_eps", model.rms_norm_eps).field("rope_theta", model.rope_theta);
  out.field("tie_word_embeddings", model.tie_word_embeddings).field("attention_dropout", 0.0);
  if (model.family != Family::qwen2) out.field("attention_bias", false);
  if (model.family == Family::llama) out.field("mlp_bias", false);
  if (model.family != Family::llama) out.field("use_sliding_window", false);
  out.key("rope_scaling");
  if (const auto& scaling = model.rope_scaling) {
    out.begin_object().field("rope_type", "llama3").field("factor", scaling->factor).field("low_freq_factor", scaling->low_freq_factor);
    out.field("high_freq_factor", scaling->high_freq_factor).field("original_max_position_embeddings", scaling->original_max_positions);
    out.end_object();
  } else {
    out.null();
  }
  out.field("torch_dtype", dtype == DType::f32 ? "float32" : dtype == DType::f16 ? "float16" : "bfloat16").field("use_cache", true);
  if (bos) out.field("bos_token_id", static_cast<std::int64_t>(*bos));
  if (end_tokens.size() == 1) out.field("eos_token_id", static_cast<std::int64_t>(end_tokens.front()));
  if (end_tokens.size() > 1) {
    out.key("eos_token_id").begin_array();
    for (const TokenId id : end_tokens) out.value(static_cast<std::int64_t>(id));
    out.end_array();
  }
  out.end_object();
  return out.take();
}

Result<std::vector<TokenId>> read_generation_config(std::string_view text, const std::string& file) {
  const auto value = parse_strict(text, file, kLimits);
  if (!value) return fail(value.error());
  ObjectReader in(*value);
  auto ids = token_ids(in, "eos_token_id");
  if (!in.ok()) return refuse_field(file, in);
  return ids;
}

Result<TokenizerConfigJson> read_tokenizer_config(std::string_view text, const std::string& file) {
  const auto value = parse_strict(text, file, kLimits);
  if (!value) return fail(value.error());
  ObjectReader in(*value);
  TokenizerConfigJson out;
  if (const bj::value* end = in.find("eos_token")) {  // a text, or an object with its text as "content"
    const bj::value* content = end->is_object() ? end->get_object().if_contains("content") : end;
    if (!content || !content->is_string()) return refuse(file, "'eos_token' must be a text");
    out.end_token.assign(content->get_string().data(), content->get_string().size());
  }
  const bj::value* source = in.find("chat_template");
  if (source && source->is_string()) {
    out.chat_template.assign(source->get_string().data(), source->get_string().size());
  } else if (const bj::array* list = in.optional_array("chat_template", kMaxTemplates)) {
    for (const bj::value& each : *list) {
      ObjectReader named(each, "chat_template[]");
      const std::string name = named.string("name"), body = named.string("template");
      in.take_error_of(named);
      if (name == "default" || list->size() == 1) out.chat_template = body;
    }
  }
  if (!in.ok()) return refuse_field(file, in);
  if (out.chat_template.size() > kMaxTemplateBytes) return refuse(file, "has a chat_template of more than 1 MiB");
  return out;
}

}  // namespace xrouter::weights
