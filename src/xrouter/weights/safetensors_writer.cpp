#include "xrouter/weights/safetensors_writer.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "xrouter/json/writer.hpp"
#include "xrouter/tokenizer/vocabulary_json.hpp"
#include "xrouter/weights/atomic_write.hpp"
#include "xrouter/weights/config_json.hpp"
#include "xrouter/weights/expected_tensors.hpp"
#include "xrouter/weights/file_bytes.hpp"
#include "xrouter/weights/gguf_model.hpp"
#include "xrouter/weights/refusal.hpp"
#include "xrouter/weights/tensor_math.hpp"

namespace xrouter::weights {
namespace {

namespace fs = std::filesystem;
using TensorList = std::vector<const NamedTensor*>;

constexpr std::size_t kHeaderAlignment = 8;
constexpr std::size_t kMaxCopiedBytes = std::size_t{256} << 20;
constexpr std::array<const char*, 9> kTokenizerFiles{
    "tokenizer.json",  "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "merges.txt", "added_tokens.json",
    "tokenizer.model", "chat_template.jinja",   "generation_config.json"};

std::string_view name_of(DType dtype) { return dtype == DType::f32 ? "F32" : dtype == DType::f16 ? "F16" : "BF16"; }

Result<void> check_list(const std::string& file, std::span<const NamedTensor> tensors) {
  std::set<std::string_view> names;
  for (const NamedTensor& each : tensors) {
    if (each.name.empty() || each.name == "__metadata__") return refuse_tensor(file, each.name, "cannot have this name");
    if (!names.insert(each.name).second) return refuse_tensor(file, each.name, "stands there twice");
    const auto values = values_of(each.tensor.shape);
    if (!values || *values * bytes_of(each.tensor.dtype) != each.tensor.bytes.size())
      return refuse_tensor(file, each.name,
                           "of shape " + shape_text(each.tensor.shape) + " has " + std::to_string(each.tensor.bytes.size()) + " bytes");
  }
  return {};
}

// Wide numbers first: then every tensor begins at a multiple of its numbers' size.
void sort_for_file(TensorList& tensors) {
  std::sort(tensors.begin(), tensors.end(), [](const NamedTensor* a, const NamedTensor* b) {
    return std::pair(bytes_of(b->tensor.dtype), std::string_view(a->name)) <
           std::pair(bytes_of(a->tensor.dtype), std::string_view(b->name));
  });
}

std::string header_of(const TensorList& tensors) {
  json::Writer out;
  out.begin_object().key("__metadata__").begin_object().field("format", "pt").end_object();
  std::uint64_t offset = 0;
  for (const NamedTensor* each : tensors) {
    out.key(each->name).begin_object().field("dtype", name_of(each->tensor.dtype)).key("shape").begin_array();
    for (const std::int64_t dimension : each->tensor.shape) out.value(dimension);
    out.end_array().key("data_offsets").begin_array().value(static_cast<std::int64_t>(offset));
    offset += each->tensor.bytes.size();
    out.value(static_cast<std::int64_t>(offset)).end_array().end_object();
  }
  out.end_object();
  std::string text = out.take();
  text.append((kHeaderAlignment - text.size() % kHeaderAlignment) % kHeaderAlignment, ' ');
  return text;
}

Result<void> write_list(const fs::path& path, TensorList tensors) {
  sort_for_file(tensors);
  const std::string header = header_of(tensors);
  const auto length = static_cast<std::uint64_t>(header.size());
  auto file = AtomicFile::create(path);
  if (!file) return fail(file.error());
  if (auto written = file->write(std::as_bytes(std::span(&length, 1))); !written) return written;
  if (auto written = file->write(header); !written) return written;
  for (const NamedTensor* each : tensors)
    if (auto written = file->write(each->tensor.bytes); !written) return written;
  return file->commit();
}

std::string shard_name(std::size_t index, std::size_t count) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "model-%05zu-of-%05zu.safetensors", index + 1, count);
  return text.data();
}

std::vector<TensorList> shards_of(std::span<const NamedTensor> tensors, std::uint64_t max_bytes) {
  std::vector<TensorList> out(1);
  std::uint64_t bytes = 0;
  for (const NamedTensor& each : tensors) {
    if (!out.back().empty() && bytes + each.tensor.bytes.size() > max_bytes) {
      out.emplace_back();
      bytes = 0;
    }
    out.back().push_back(&each);
    bytes += each.tensor.bytes.size();
  }
  return out;
}

std::string index_of(const std::vector<TensorList>& shards) {
  std::int64_t total = 0;
  std::map<std::string_view, std::size_t> where;
  for (std::size_t i = 0; i < shards.size(); ++i)
    for (const NamedTensor* each : shards[i]) {
      total += static_cast<std::int64_t>(each->tensor.bytes.size());
      where.emplace(each->name, i);
    }
  json::Writer out;
  out.begin_object().key("metadata").begin_object().field("total_size", total).end_object().key("weight_map").begin_object();
  for (const auto& [name, shard] : where) out.field(name, std::string_view(shard_name(shard, shards.size())));
  out.end_object().end_object();
  return out.take();
}

Result<void> write_weights(const fs::path& folder, std::span<const NamedTensor> tensors, std::uint64_t max_shard_bytes) {
  const std::vector<TensorList> shards = shards_of(tensors, max_shard_bytes);
  if (shards.size() == 1) return write_list(folder / "model.safetensors", shards.front());
  for (std::size_t i = 0; i < shards.size(); ++i)
    if (auto written = write_list(folder / shard_name(i, shards.size()), shards[i]); !written) return written;
  return write_file(folder / "model.safetensors.index.json", index_of(shards));
}

std::string generation_config(const FolderOptions& options) {
  json::Writer out;
  out.begin_object();
  if (options.bos) out.field("bos_token_id", static_cast<std::int64_t>(*options.bos));
  out.key("eos_token_id").begin_array();
  for (const tokenizer::TokenId id : options.end_tokens) out.value(static_cast<std::int64_t>(id));
  out.end_array().end_object();
  return out.take();
}

Result<void> copy_tokenizer(const fs::path& from, const fs::path& to) {
  if (!is_there(from / "tokenizer.json")) return refuse(from.string(), "has no tokenizer.json to copy");
  for (const char* name : kTokenizerFiles) {
    if (!is_there(from / name)) continue;
    const auto text = read_text(from / name, kMaxCopiedBytes);
    if (!text) return fail(text.error());
    if (auto written = write_file(to / name, *text); !written) return written;
  }
  return {};
}

// What transformers calls the parts of a vocabulary.
std::string tokenizer_config(const tokenizer::Vocabulary& vocabulary, const ModelConfig& config) {
  json::Writer out;
  out.begin_object().field("tokenizer_class", "PreTrainedTokenizerFast").field("model_max_length", config.max_positions);
  out.field("add_bos_token", vocabulary.add_bos).field("clean_up_tokenization_spaces", false);
  const auto token = [&](const char* field, std::optional<tokenizer::TokenId> id) {
    if (id && *id >= 0 && static_cast<std::size_t>(*id) < vocabulary.tokens.size())
      out.field(field, std::string_view(vocabulary.tokens[static_cast<std::size_t>(*id)]));
  };
  token("bos_token", vocabulary.bos);
  token("eos_token", vocabulary.eos);
  out.end_object();
  return out.take();
}

Result<void> convert_tokenizer(const fs::path& gguf, const fs::path& to, const ModelConfig& config) {
  auto bytes = map_file(gguf);
  if (!bytes) return fail(bytes.error());
  const auto file = GgufFile::read(std::move(*bytes));
  if (!file) return fail(file.error());
  const auto tokens = read_gguf_tokens(*file);
  if (!tokens) return fail(tokens.error());
  const auto text = tokenizer::tokenizer_json(tokens->vocabulary);
  if (!text) return refuse(file->name(), text.error().public_text);
  if (auto written = write_file(to / "tokenizer.json", *text); !written) return written;
  if (auto written = write_file(to / "tokenizer_config.json", tokenizer_config(tokens->vocabulary, config)); !written) return written;
  return tokens->chat_template.empty() ? Result<void>() : write_file(to / "chat_template.jinja", tokens->chat_template);
}

Result<void> write_tokenizer(const fs::path& folder, const ModelConfig& config, const FolderOptions& options) {
  if (const fs::path& from = options.tokenizer_from; !from.empty()) {
    std::error_code error;
    auto taken = fs::is_directory(from, error) ? copy_tokenizer(from, folder) : convert_tokenizer(from, folder, config);
    if (!taken) return taken;
  }
  const std::pair<const char*, std::string> texts[] = {{"tokenizer.json", options.tokenizer_json},
                                                       {"tokenizer_config.json", options.tokenizer_config_json},
                                                       {"chat_template.jinja", options.chat_template}};
  for (const auto& [name, text] : texts)
    if (!text.empty())
      if (auto written = write_file(folder / name, text); !written) return written;
  if (is_there(folder / "generation_config.json") || options.end_tokens.empty()) return {};
  return write_file(folder / "generation_config.json", generation_config(options));
}

Result<void> check_content(const std::string& name, const ModelConfig& config, std::span<const NamedTensor> tensors) {
  if (auto checked = check(config); !checked) return refuse(name, checked.error().public_text);
  if (auto checked = check_list(name, tensors); !checked) return checked;
  std::map<std::string_view, const NamedTensor*> by_name;
  for (const NamedTensor& each : tensors) by_name.emplace(each.name, &each);
  const auto shape_of = [&](const std::string& tensor) -> std::optional<std::vector<std::int64_t>> {
    const auto found = by_name.find(tensor);
    return found == by_name.end() ? std::nullopt : std::optional(found->second->tensor.shape);
  };
  if (auto checked = check_tensors(config, name, shape_of); !checked) return checked;
  const auto expected = expected_tensors(config);
  if (tensors.size() == expected.size()) return {};
  for (const ExpectedTensor& each : expected) by_name.erase(each.name);
  return refuse_tensor(name, by_name.begin()->first, "is no part of a model of this config");
}

}  // namespace

Result<void> write_safetensors(const fs::path& path, std::span<const NamedTensor> tensors) {
  if (auto checked = check_list(path.string(), tensors); !checked) return checked;
  TensorList list;
  for (const NamedTensor& each : tensors) list.push_back(&each);
  return write_list(path, std::move(list));
}

Result<void> write_model_folder(const fs::path& folder, const ModelConfig& config, std::span<const NamedTensor> tensors,
                                const FolderOptions& options) {
  if (auto checked = check_content(folder.string(), config, tensors); !checked) return checked;
  auto made = AtomicFolder::create(folder);
  if (!made) return fail(made.error());
  const DType dtype = tensors.front().tensor.dtype;  // the embedding's
  const std::string text = write_config_json(config, dtype, options.end_tokens, options.bos);
  if (auto written = write_file(made->path() / "config.json", text); !written) return written;
  if (auto written = write_weights(made->path(), tensors, options.max_shard_bytes); !written) return written;
  if (auto written = write_tokenizer(made->path(), config, options); !written) return written;
  return made->commit();
}

}  // namespace xrouter::weights
