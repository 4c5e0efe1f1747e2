#include "xrouter/weights/adapter.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "xrouter/json/writer.hpp"
#include "xrouter/weights/atomic_write.hpp"
#include "xrouter/weights/expected_tensors.hpp"
#include "xrouter/weights/file_bytes.hpp"
#include "xrouter/weights/refusal.hpp"
#include "xrouter/weights/safetensors.hpp"
#include "xrouter/weights/safetensors_writer.hpp"
#include "xrouter/weights/strict_json.hpp"
#include "xrouter/weights/tensor_math.hpp"

namespace xrouter::weights {
namespace {

namespace bj = boost::json;
namespace fs = std::filesystem;

constexpr json::ParseLimits kLimits{.max_bytes = std::size_t{8} << 20, .max_depth = 32};
constexpr std::int64_t kMaxRank = 65'536;
constexpr const char* kConfigFile = "adapter_config.json";
constexpr const char* kWeightsFile = "adapter_model.safetensors";
constexpr std::string_view kPrefix = "base_model.model.", kSuffixA = ".lora_A.weight", kSuffixB = ".lora_B.weight";

// Fields that change the computation when they say anything.
constexpr std::array<std::pair<const char*, const char*>, 16> kForeign{
    {{"use_dora", "asks for DoRA"},
     {"kasa_config", "asks for KaSA"},
     {"velora_config", "asks for VeLoRA"},
     {"monteclora_config", "asks for MonteCLoRA"},
     {"modules_to_save", "names modules that were trained as a whole"},
     {"rank_pattern", "gives layers ranks of their own"},
     {"alpha_pattern", "gives layers scales of their own"},
     {"fan_in_fan_out", "asks for transposed weights"},
     {"lora_bias", "asks for trained biases"},
     {"trainable_token_indices", "trains single embeddings"},
     {"target_parameters", "adapts bare parameters"},
     {"layer_replication", "repeats layers"},
     {"alora_invocation_tokens", "switches the adapter on within the text"},
     {"arrow_config", "mixes several adapters"},
     {"use_qalora", "asks for QALoRA"},
     {"use_bdlora", "asks for block-diagonal LoRA"}}};

// false, null, empty lists and objects say nothing.
bool says_something(const bj::value* value) {
  if (!value) return false;
  if (const bool* flag = value->if_bool()) return *flag;
  if (const bj::array* list = value->if_array()) return !list->empty();
  if (const bj::object* object = value->if_object()) return !object->empty();
  return true;
}

// Some ways to begin training take something out of the base's weights, which every reader must repeat.
void check_beginning(json::ObjectReader& in) {
  constexpr std::array<std::string_view, 3> kLeaveTheBase{"gaussian", "eva", "orthogonal"};
  const bj::value* way = in.find("init_lora_weights");
  if (!way || !way->is_string()) return;
  const std::string_view name(way->get_string().data(), way->get_string().size());
  if (std::find(kLeaveTheBase.begin(), kLeaveTheBase.end(), name) == kLeaveTheBase.end())
    in.fail_at("init_lora_weights", "is '" + shown(name) + "', which changes the base's weights; convert the adapter to plain LoRA");
}

Result<Adapter> read_config(const fs::path& path) {
  const std::string name = path.string();
  const auto text = read_text(path, kLimits.max_bytes);
  if (!text) return fail(text.error());
  const auto value = parse_strict(*text, name, kLimits);
  if (!value) return fail(value.error());
  json::ObjectReader in(*value);
  Adapter out;
  if (const std::string type = in.string("peft_type"); in.ok() && type != "LORA")
    in.fail_at("peft_type", "is '" + shown(type) + "'; LORA is computed here");
  for (const auto& [field, what] : kForeign)
    if (says_something(in.find(field))) in.fail_at(field, std::string(what) + ", which is not computed here");
  if (in.optional_string("bias").value_or("none") != "none") in.fail_at("bias", "asks for trained biases, which are not computed here");
  check_beginning(in);
  out.rank = in.integer("r", 1, kMaxRank);
  out.alpha = in.number("lora_alpha", 0, 1e9);
  out.rslora = in.optional_bool("use_rslora").value_or(false);
  out.base_model = in.optional_string("base_model_name_or_path").value_or("");
  if (!in.ok()) return refuse(name, in.error().public_text);
  return out;
}

Result<void> read_pairs(const fs::path& path, Adapter& adapter) {
  auto bytes = map_file(path);
  if (!bytes) return fail(bytes.error());
  const auto file = SafetensorsFile::read(std::move(*bytes));
  if (!file) return fail(file.error());
  std::map<std::string, LoraPair, std::less<>> pairs;
  for (const auto& [name, entry] : file->entries()) {
    const std::string_view full = name;
    const bool is_a = full.ends_with(kSuffixA), is_b = full.ends_with(kSuffixB);
    if (!full.starts_with(kPrefix) || !(is_a || is_b) || full.size() <= kPrefix.size() + kSuffixA.size())
      return refuse_tensor(file->name(), name, "is no part of a plain LoRA adapter");
    auto tensor = file->tensor(name);
    if (!tensor) return fail(tensor.error());
    const std::size_t rank_at = is_a ? 0 : 1;
    if (tensor->shape.size() != 2 || tensor->shape[rank_at] != adapter.rank)
      return refuse_tensor(file->name(), name,
                           "has shape " + shape_text(tensor->shape) + ", which is not of rank " + std::to_string(adapter.rank));
    const std::string module(full.substr(kPrefix.size(), full.size() - kPrefix.size() - kSuffixA.size()));
    LoraPair& pair = pairs[module];
    pair.module = module;
    (is_a ? pair.a : pair.b) = std::move(*tensor);
  }
  if (pairs.empty()) return refuse(file->name(), "holds no tensors");
  for (auto& [module, pair] : pairs) {
    if (pair.a.shape.empty() || pair.b.shape.empty())
      return refuse_tensor(file->name(), module, pair.a.shape.empty() ? "has no lora_A" : "has no lora_B");
    adapter.pairs.push_back(std::move(pair));
  }
  return {};
}

std::string write_config(const Adapter& adapter) {
  json::Writer out;
  out.begin_object().field("peft_type", "LORA").field("task_type", "CAUSAL_LM").key("auto_mapping").null();
  out.field("base_model_name_or_path", std::string_view(adapter.base_model)).key("revision").null().field("inference_mode", true);
  out.field("r", adapter.rank).key("lora_alpha");
  if (adapter.alpha == std::floor(adapter.alpha))
    out.value(static_cast<std::int64_t>(adapter.alpha));
  else
    out.value(adapter.alpha);
  out.field("use_rslora", adapter.rslora).field("lora_dropout", 0.0).field("bias", "none").field("fan_in_fan_out", false);
  out.field("use_dora", false).field("init_lora_weights", true).key("modules_to_save").null();
  out.key("layers_to_transform").null().key("layers_pattern").null();
  out.key("rank_pattern").begin_object().end_object().key("alpha_pattern").begin_object().end_object();
  out.key("target_modules").begin_array();
  for (const std::string& module : adapter.target_modules()) out.value(std::string_view(module));
  out.end_array().end_object();
  return out.take();
}

}  // namespace

double Adapter::scale() const { return alpha / (rslora ? std::sqrt(static_cast<double>(rank)) : static_cast<double>(rank)); }

std::vector<std::string> Adapter::target_modules() const {
  std::set<std::string> names;
  for (const LoraPair& pair : pairs) names.insert(pair.module.substr(pair.module.rfind('.') + 1));
  return {names.begin(), names.end()};
}

Result<Adapter> read_adapter(const fs::path& folder) {
  if (!is_there(folder / kConfigFile))
    return refuse(folder.string(), std::string("has no ") + kConfigFile + ": it is no folder of an adapter");
  auto adapter = read_config(folder / kConfigFile);
  if (!adapter) return adapter;
  if (!is_there(folder / kWeightsFile)) return refuse(folder.string(), std::string("has no ") + kWeightsFile);
  if (auto read = read_pairs(folder / kWeightsFile, *adapter); !read) return fail(read.error());
  return adapter;
}

Result<void> check_fits(const Adapter& adapter, const ModelConfig& config) {
  std::map<std::string, std::vector<std::int64_t>, std::less<>> linear;
  for (ExpectedTensor& expected : expected_tensors(config))
    if (expected.shape.size() == 2 && !expected.name.starts_with("model.embed_tokens."))
      linear.emplace(std::move(expected.name), std::move(expected.shape));
  for (const LoraPair& pair : adapter.pairs) {
    const auto found = linear.find(pair.module + ".weight");
    if (found == linear.end()) return refuse_tensor("the adapter", pair.module, "is no linear layer of this model");
    const std::vector<std::int64_t> a{adapter.rank, found->second[1]}, b{found->second[0], adapter.rank};
    if (pair.a.shape != a || pair.b.shape != b)
      return refuse_tensor("the adapter", pair.module,
                           "has shapes " + shape_text(pair.a.shape) + " and " + shape_text(pair.b.shape) + ", the model needs " +
                               shape_text(a) + " and " + shape_text(b));
  }
  return {};
}

Result<void> write_adapter(const fs::path& folder, const Adapter& adapter) {
  if (adapter.rank < 1 || adapter.rank > kMaxRank || adapter.pairs.empty())
    return refuse(folder.string(), "an adapter needs a rank and at least one pair");
  std::vector<NamedTensor> tensors;
  for (const LoraPair& pair : adapter.pairs) {
    if (pair.a.shape.size() != 2 || pair.b.shape.size() != 2 || pair.a.shape[0] != adapter.rank || pair.b.shape[1] != adapter.rank)
      return refuse_tensor(folder.string(), pair.module, "does not have the adapter's rank");
    tensors.push_back({std::string(kPrefix) + pair.module + std::string(kSuffixA), pair.a});
    tensors.push_back({std::string(kPrefix) + pair.module + std::string(kSuffixB), pair.b});
  }
  auto made = AtomicFolder::create(folder);
  if (!made) return fail(made.error());
  if (auto written = write_safetensors(made->path() / kWeightsFile, tensors); !written) return written;
  if (auto written = write_file(made->path() / kConfigFile, write_config(adapter)); !written) return written;
  return made->commit();
}

}  // namespace xrouter::weights
