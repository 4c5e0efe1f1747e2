// A model of a few kilobytes in a Hugging Face folder, for tests.
#pragma once

#include "xrouter/weights/config_json.hpp"
#include "xrouter/weights/expected_tensors.hpp"
#include "xrouter/weights/safetensors_writer.hpp"
#include "xrouter/weights/tensor_math.hpp"
#include "xrouter/weights/test_files.hpp"

namespace xrouter::weights {

inline ModelConfig test_config() {
  ModelConfig config;
  config.family = Family::qwen2;
  config.vocab_size = 258;
  config.hidden_size = 8;
  config.intermediate_size = 12;
  config.layers = 1;
  config.heads = 2;
  config.kv_heads = 1;
  config.head_dim = 4;
  config.max_positions = 64;
  config.tie_word_embeddings = true;
  config.attention_bias = true;
  return config;
}

inline Tensor f32_tensor(std::vector<std::int64_t> shape, std::vector<float> values) {
  const auto owner = std::make_shared<const std::vector<float>>(std::move(values));
  return {.dtype = DType::f32, .shape = std::move(shape), .bytes = std::as_bytes(std::span(*owner)), .owner = owner};
}

inline std::vector<NamedTensor> test_tensors(const ModelConfig& config) {
  std::vector<NamedTensor> out;
  for (ExpectedTensor& each : expected_tensors(config))
    out.push_back({each.name, f32_tensor(each.shape, known_values(each.name, values_of(each.shape).value()))});
  return out;
}

/// The 256 bytes as tokens, then two special ones.
inline std::string test_tokenizer_json() {
  std::string vocabulary;
  int invisible = 0;
  for (int byte = 0; byte < 256; ++byte) {
    const bool visible = (byte >= 33 && byte < 127) || (byte >= 161 && byte < 173) || byte >= 174;
    const auto point = static_cast<unsigned>(visible ? byte : 256 + invisible++);
    char escaped[16];
    std::snprintf(escaped, sizeof escaped, "\\u%04x", point);
    vocabulary += std::string(byte ? "," : "") + '"' + escaped + "\":" + std::to_string(byte);
  }
  return R"({"version":"1.0","truncation":null,"padding":null,"added_tokens":[)"
         R"({"id":256,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},)"
         R"({"id":257,"content":"</s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],)"
         R"("normalizer":null,"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},)"
         R"("post_processor":null,"decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},)"
         R"("model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,)"
         R"("byte_fallback":false,"ignore_merges":false,"vocab":{)" +
         vocabulary + R"(},"merges":[]}})";
}

inline std::filesystem::path write_test_model(const std::filesystem::path& folder, std::uint64_t shard_bytes = std::uint64_t{1} << 40,
                                              const ModelConfig& config = test_config()) {
  FolderOptions options{.max_shard_bytes = shard_bytes, .end_tokens = {257}, .bos = 256, .tokenizer_json = test_tokenizer_json()};
  if (config.vocab_size < 258) options.end_tokens.clear();
  const auto written = write_model_folder(folder, config, test_tensors(config), options);
  EXPECT_TRUE(written.has_value()) << (written ? "" : written.error().describe());
  return folder;
}

}  // namespace xrouter::weights
