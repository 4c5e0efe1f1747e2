#include <algorithm>
#include <system_error>

#include "xrouter/weights/opened_model.hpp"
#include "xrouter/weights/refusal.hpp"

namespace xrouter::weights {

Result<std::shared_ptr<const ModelFiles>> open_model(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (error || status.type() == std::filesystem::file_type::not_found)
    return refuse(path.string(), "is no model: " + (error ? error.message() : std::string("there is nothing")));
  if (std::filesystem::is_directory(status)) return open_folder(path);
  auto file = map_file(path);
  if (!file) return fail(file.error());
  if (path.extension() == ".safetensors" || path.extension() == ".json")
    return refuse(file->name, "name the model's folder instead of one of its files");
  return open_gguf(std::move(*file));
}

Result<void> check_ids(const std::string& file, const ModelConfig& config, const tokenizer::Tokenizer& tokenizer,
                       const std::vector<tokenizer::TokenId>& end_tokens) {
  if (static_cast<std::int64_t>(tokenizer.size()) > config.vocab_size)
    return refuse(file, "the tokenizer has ids up to " + std::to_string(tokenizer.size() - 1) + ", the model only " +
                            std::to_string(config.vocab_size) + " embeddings");
  const auto outside =
      std::find_if(end_tokens.begin(), end_tokens.end(), [&](tokenizer::TokenId id) { return id < 0 || id >= config.vocab_size; });
  if (outside != end_tokens.end()) return refuse(file, "the end token " + std::to_string(*outside) + " is outside the vocabulary");
  return {};
}

}  // namespace xrouter::weights
