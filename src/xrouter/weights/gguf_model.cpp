#include "xrouter/weights/gguf_model.hpp"

#include "xrouter/weights/dequantise.hpp"
#include "xrouter/weights/expected_tensors.hpp"
#include "xrouter/weights/opened_model.hpp"
#include "xrouter/weights/refusal.hpp"
#include "xrouter/weights/safetensors.hpp"
#include "xrouter/weights/tensor_math.hpp"

namespace xrouter::weights {
namespace {

using tokenizer::TokenId;

DType plain_dtype(GgufType type) { return type == GgufType::f32 ? DType::f32 : type == GgufType::f16 ? DType::f16 : DType::bf16; }

// The bytes of the rows in another order.
std::vector<std::byte> reordered(std::span<const std::byte> bytes, std::span<const std::uint32_t> source_row) {
  const std::size_t row_bytes = bytes.size() / source_row.size();
  std::vector<std::byte> out;
  out.reserve(bytes.size());
  for (const std::uint32_t row : source_row) {
    const auto from = bytes.subspan(row * row_bytes, row_bytes);
    out.insert(out.end(), from.begin(), from.end());
  }
  return out;
}

class GgufModel final : public ModelFiles {
 public:
  explicit GgufModel(GgufFile file) : file_(std::move(file)) {}

  Result<void> read() {
    auto config = read_gguf_config(file_);
    if (!config) return fail(config.error());
    config_ = std::move(*config);
    for (const auto& [name, tensor] : file_.tensors())
      if (std::string theirs = hugging_face_name(name); !theirs.empty()) names_.emplace(std::move(theirs), &tensor);
    const auto shape_of = [this](const std::string& name) -> std::optional<std::vector<std::int64_t>> {
      const auto found = names_.find(name);
      return found == names_.end() ? std::nullopt : std::optional(found->second->shape);
    };
    if (auto checked = check_tensors(config_, file_.name(), shape_of); !checked) return checked;

    auto tokens = read_gguf_tokens(file_);
    if (!tokens) return fail(tokens.error());
    end_tokens_ = std::move(tokens->end_tokens);
    chat_template_ = std::move(tokens->chat_template);
    auto made = tokenizer::Tokenizer::from_vocabulary(std::move(tokens->vocabulary));
    if (!made) return refuse(file_.name(), made.error().public_text);
    tokenizer_ = std::move(*made);
    return check_ids(file_.name(), config_, *tokenizer_, end_tokens_);
  }

  const ModelConfig& config() const override { return config_; }

  Result<Tensor> tensor(const std::string& name) const override {
    const auto found = names_.find(name);
    if (found == names_.end()) return refuse_tensor(file_.name(), name, "is missing");
    const GgufTensor& stored = *found->second;
    const auto order = source_rows(config_, name);
    if (!is_plain(stored.type)) {
      const auto rows = *values_of(stored.shape) / static_cast<std::uint64_t>(stored.shape.back());
      const auto values = std::make_shared<const std::vector<std::uint16_t>>(dequantise_rows(stored.type, stored.bytes, rows, order));
      return Tensor{.dtype = DType::bf16, .shape = stored.shape, .bytes = std::as_bytes(std::span(*values)), .owner = values};
    }
    Tensor out{.dtype = plain_dtype(stored.type), .shape = stored.shape, .bytes = stored.bytes, .owner = file_.owner()};
    if (!order.empty()) {
      const auto copy = std::make_shared<const std::vector<std::byte>>(reordered(stored.bytes, order));
      out.bytes = *copy;
      out.owner = copy;
    }
    return aligned(std::move(out));
  }

  std::vector<std::string> tensor_names() const override {
    std::vector<std::string> out;
    for (const auto& [name, tensor] : names_) out.push_back(name);
    return out;
  }

  std::shared_ptr<const tokenizer::Tokenizer> tokenizer() const override { return tokenizer_; }
  const std::string& chat_template() const override { return chat_template_; }
  const std::vector<TokenId>& end_tokens() const override { return end_tokens_; }
  const std::string& name() const override { return file_.name(); }

 private:
  GgufFile file_;
  ModelConfig config_;
  std::map<std::string, const GgufTensor*, std::less<>> names_;
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer_;
  std::string chat_template_;
  std::vector<TokenId> end_tokens_;
};

}  // namespace

Result<std::shared_ptr<const ModelFiles>> open_gguf(FileBytes bytes) {
  auto file = GgufFile::read(std::move(bytes));
  if (!file) return fail(file.error());
  const auto out = std::make_shared<GgufModel>(std::move(*file));
  if (auto read = out->read(); !read) return fail(read.error());
  return out;
}

}  // namespace xrouter::weights
