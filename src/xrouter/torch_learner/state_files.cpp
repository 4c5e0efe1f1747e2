#include "xrouter/torch_learner/state_files.hpp"

#include <limits>
#include <system_error>

#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/transformer/file_tensor.hpp"
#include "xrouter/weights/adapter.hpp"
#include "xrouter/weights/atomic_write.hpp"
#include "xrouter/weights/file_bytes.hpp"
#include "xrouter/weights/safetensors.hpp"
#include "xrouter/weights/safetensors_writer.hpp"

namespace xrouter::torch_learner {

namespace {

namespace fs = std::filesystem;

constexpr const char* kTensorsFile = "learner.safetensors";
constexpr const char* kStateFile = "learner.json";
constexpr int kFormat = 1;
constexpr std::size_t kMaxStateBytes = std::size_t{1} << 20;

/// As the files name the buffers.
struct Buffer {
  const char* prefix;
  Tensor flat;
};

std::vector<Buffer> buffers_of(const Parameters& parameters) {
  return {{"weights.", parameters.values}, {"first_moment.", parameters.first_moment}, {"second_moment.", parameters.second_moment}};
}

Tensor part_of(const Tensor& flat, const Parameter& parameter) {
  return flat.narrow(0, parameter.begin, parameter.size).view(parameter.shape);
}

/// `values` must be contiguous and on the CPU; the result keeps it.
weights::Tensor file_view(const Tensor& values) {
  const auto owner = std::make_shared<const Tensor>(values);
  const auto type = values.scalar_type() == at::kFloat ? weights::DType::f32 : weights::DType::bf16;
  return {.dtype = type,
          .shape = values.sizes().vec(),
          .bytes = {static_cast<const std::byte*>(values.data_ptr()), values.nbytes()},
          .owner = owner};
}

std::string kind_of(const std::optional<learner::LoraOptions>& lora) { return lora ? "adapter" : "full"; }

tl::unexpected<Error> unfit(const fs::path& file, const std::string& what) { return fail(ErrorKind::config, file.string() + ": " + what); }

Result<std::int64_t> read_steps(const fs::path& file, const std::optional<learner::LoraOptions>& lora) {
  const auto text = weights::read_text(file, kMaxStateBytes);
  if (!text) return fail(text.error());
  const auto parsed = json::parse(*text);
  if (!parsed) return unfit(file, "is no JSON");
  json::ObjectReader reader(*parsed);
  const auto format = reader.integer("format", kFormat, kFormat);
  const auto kind = reader.string("kind");
  const auto steps = reader.integer("steps", 0, std::numeric_limits<std::int64_t>::max());
  const auto alpha = reader.optional_number("alpha", 0, std::numeric_limits<double>::max());
  if (!reader.ok()) return unfit(file, reader.error().public_text);
  static_cast<void>(format);
  if (kind != kind_of(lora)) return unfit(file, "is the state of another kind of training (" + kind_of(lora) + " is asked for)");
  if (lora && alpha != lora->alpha) return unfit(file, "is the state of an adapter with another alpha");
  return steps;
}

std::string shown_shape(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const auto size : shape) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text;
}

}  // namespace

Result<void> save_state(const fs::path& folder, const Parameters& parameters, const std::optional<learner::LoraOptions>& lora) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(ErrorKind::io, folder.string() + " cannot be made: " + error.message());
  fs::remove(folder / kStateFile, error);
  if (error) return fail(ErrorKind::io, (folder / kStateFile).string() + " cannot be replaced: " + error.message());
  std::vector<weights::NamedTensor> tensors;
  for (const Buffer& buffer : buffers_of(parameters)) {
    const Tensor flat = buffer.flat.to(at::kCPU);
    for (const Parameter& parameter : parameters.list)
      tensors.push_back({buffer.prefix + parameter.name, file_view(part_of(flat, parameter))});
  }
  if (auto written = weights::write_safetensors(folder / kTensorsFile, tensors); !written) return written;
  json::Writer out;
  out.begin_object()
      .field("format", kFormat)
      .field("kind", kind_of(lora))
      .field("steps", parameters.steps)
      .field("parameters", parameters.count());
  if (lora) out.field("rank", lora->rank).field("alpha", lora->alpha);
  out.end_object();
  return weights::write_file(folder / kStateFile, out.take() + "\n");
}

Result<void> load_state(const fs::path& folder, Parameters& parameters, const std::optional<learner::LoraOptions>& lora) {
  const auto steps = read_steps(folder / kStateFile, lora);
  if (!steps) return fail(steps.error());
  auto mapped = weights::map_file(folder / kTensorsFile);
  if (!mapped) return fail(mapped.error());
  const auto file = weights::SafetensorsFile::read(std::move(*mapped));
  if (!file) return fail(file.error());
  const fs::path shown = folder / kTensorsFile;
  if (file->entries().size() != 3 * parameters.list.size()) return unfit(shown, "is the state of another model");
  std::vector<std::pair<Tensor, Tensor>> copies;
  std::vector<weights::Tensor> sources;
  for (const Buffer& buffer : buffers_of(parameters)) {
    for (const Parameter& parameter : parameters.list) {
      auto source = file->tensor(buffer.prefix + parameter.name);
      if (!source) return fail(source.error());
      if (source->dtype != weights::DType::f32 || source->shape != parameter.shape)
        return unfit(shown, parameter.name + " is not float32 " + shown_shape(parameter.shape));
      sources.push_back(weights::aligned(std::move(*source)));
      copies.emplace_back(part_of(buffer.flat, parameter), transformer::file_tensor(sources.back()));
    }
  }
  for (auto& [to, from] : copies) to.copy_(from);
  parameters.gradients.zero_();
  parameters.steps = *steps;
  return {};
}

Result<void> export_model(const fs::path& folder, const Parameters& parameters, const Origin& origin) {
  const Tensor flat = parameters.values.to(at::kCPU).to(at::kBFloat16);
  std::vector<weights::NamedTensor> tensors;
  for (const Parameter& parameter : parameters.list) tensors.push_back({parameter.name, file_view(part_of(flat, parameter))});
  weights::FolderOptions options;
  options.end_tokens = origin.end_tokens;
  options.tokenizer_from = origin.path;
  return weights::write_model_folder(folder, origin.config, tensors, options);
}

Result<void> export_adapter(const fs::path& folder, const Parameters& parameters, const Origin& origin, const learner::LoraOptions& lora) {
  const Tensor flat = parameters.values.to(at::kCPU);
  weights::Adapter adapter;
  adapter.rank = lora.rank;
  adapter.alpha = lora.alpha;
  adapter.base_model = origin.path.filename().string();
  for (std::size_t i = 0; i + 1 < parameters.list.size(); i += 2) {
    const std::string& name = parameters.list[i].name;
    const std::string module = name.substr(0, name.size() - std::string_view(".lora_A.weight").size());
    adapter.pairs.push_back({module, file_view(part_of(flat, parameters.list[i])), file_view(part_of(flat, parameters.list[i + 1]))});
  }
  return weights::write_adapter(folder, adapter);
}

}  // namespace xrouter::torch_learner
