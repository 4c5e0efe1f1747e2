// A Hugging Face folder.
#include <algorithm>
#include <boost/json/object.hpp>
#include <system_error>

#include "xrouter/weights/config_json.hpp"
#include "xrouter/weights/expected_tensors.hpp"
#include "xrouter/weights/opened_model.hpp"
#include "xrouter/weights/refusal.hpp"
#include "xrouter/weights/safetensors.hpp"
#include "xrouter/weights/shards.hpp"

namespace xrouter::weights {
namespace {

namespace fs = std::filesystem;
using tokenizer::TokenId;

constexpr std::size_t kMaxConfigBytes = std::size_t{8} << 20;
constexpr std::size_t kMaxTokenizerBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxTemplateBytes = std::size_t{1} << 20;

class FolderModel final : public ModelFiles {
 public:
  enum class Weights { needed, left_alone };

  static Result<std::shared_ptr<const ModelFiles>> open(const fs::path& folder, Weights weights) {
    const auto out = std::make_shared<FolderModel>();
    out->name_ = folder.string();
    if (auto read = out->read_config(folder); !read) return fail(read.error());
    if (weights == Weights::needed)
      if (auto read = out->read_weights(folder); !read) return fail(read.error());
    if (auto read = out->read_tokenizer(folder); !read) return fail(read.error());
    if (auto checked = check_ids(out->name_, out->config_, *out->tokenizer_, out->end_tokens_); !checked) return fail(checked.error());
    return out;
  }

  const ModelConfig& config() const override { return config_; }
  Result<Tensor> tensor(const std::string& name) const override {
    if (!has_weights_) return refuse_tensor(name_, name, "is missing: the model was opened without its weights");
    return shards_.tensor(name);
  }
  std::vector<std::string> tensor_names() const override { return shards_.names(); }
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer() const override { return tokenizer_; }
  const std::string& chat_template() const override { return chat_template_; }
  const std::vector<TokenId>& end_tokens() const override { return end_tokens_; }
  const std::string& name() const override { return name_; }

 private:
  Result<void> read_config(const fs::path& folder) {
    const fs::path path = folder / "config.json";
    if (!is_there(path)) return refuse(name_, "has no config.json: it is no folder of a model");
    const auto text = read_text(path, kMaxConfigBytes);
    if (!text) return fail(text.error());
    auto read = read_config_json(*text, path.string());
    if (!read) return fail(read.error());
    config_ = read->model;
    end_tokens_ = std::move(read->end_tokens);
    return add_generation_config(folder / "generation_config.json");
  }

  Result<void> add_generation_config(const fs::path& path) {
    if (!is_there(path)) return {};
    const auto text = read_text(path, kMaxConfigBytes);
    if (!text) return fail(text.error());
    const auto ids = read_generation_config(*text, path.string());
    if (!ids) return fail(ids.error());
    for (const TokenId id : *ids) add_end_token(id);
    return {};
  }

  void add_end_token(TokenId id) {
    if (std::find(end_tokens_.begin(), end_tokens_.end(), id) == end_tokens_.end()) end_tokens_.push_back(id);
  }

  Result<void> read_weights(const fs::path& folder) {
    auto shards = Shards::open(folder);
    if (!shards) return fail(shards.error());
    shards_ = std::move(*shards);
    has_weights_ = true;
    auto checked = check_tensors(config_, name_, [this](const std::string& name) { return shards_.shape_of(name); });
    if (!checked) return checked;
    // Numbers of a foreign type are refused now rather than when the model is half loaded.
    for (const ExpectedTensor& expected : expected_tensors(config_))
      if (auto readable = shards_.check_readable(expected.name); !readable) return readable;
    return {};
  }

  Result<void> read_tokenizer(const fs::path& folder) {
    const fs::path path = folder / "tokenizer.json";
    if (!is_there(path))
      return refuse(name_, "has no tokenizer.json" +
                               std::string(is_there(folder / "tokenizer.model") ? "; a SentencePiece tokenizer.model is not read" : ""));
    const auto text = read_text(path, kMaxTokenizerBytes);
    if (!text) return fail(text.error());
    auto made = tokenizer::Tokenizer::from_json(*text);
    if (!made) return refuse(path.string(), made.error().public_text);
    tokenizer_ = std::move(*made);

    TokenizerConfigJson config;
    if (const fs::path side = folder / "tokenizer_config.json"; is_there(side)) {
      const auto side_text = read_text(side, kMaxConfigBytes);
      if (!side_text) return fail(side_text.error());
      auto read = read_tokenizer_config(*side_text, side.string());
      if (!read) return fail(read.error());
      config = std::move(*read);
    }
    if (end_tokens_.empty() && !config.end_token.empty())
      if (const auto id = tokenizer_->id_of(config.end_token)) add_end_token(*id);
    chat_template_ = std::move(config.chat_template);
    // A file of its own wins over the field, as in transformers.
    const fs::path jinja = folder / "chat_template.jinja";
    if (!is_there(jinja)) return {};
    auto source = read_text(jinja, kMaxTemplateBytes);
    if (!source) return fail(source.error());
    chat_template_ = std::move(*source);
    return {};
  }

  std::string name_;
  ModelConfig config_;
  Shards shards_;
  bool has_weights_ = false;
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer_;
  std::string chat_template_;
  std::vector<TokenId> end_tokens_;
};

}  // namespace

Result<std::shared_ptr<const ModelFiles>> open_folder(const fs::path& folder) { return FolderModel::open(folder, FolderModel::Weights::needed); }

Result<std::shared_ptr<const ModelFiles>> open_untrained(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return refuse(folder.string(), "is no folder of a model");
  return FolderModel::open(folder, FolderModel::Weights::left_alone);
}

}  // namespace xrouter::weights
