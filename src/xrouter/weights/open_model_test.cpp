#include <gmock/gmock.h>
#include <sys/stat.h>

#include "xrouter/weights/float_bits.hpp"
#include "xrouter/weights/gguf_model.hpp"
#include "xrouter/weights/model_files.hpp"
#include "xrouter/weights/opened_model.hpp"
#include "xrouter/weights/tensor_math.hpp"
#include "xrouter/weights/test_model.hpp"

namespace xrouter::weights {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::string refusal(const fs::path& path) {
  const auto model = open_model(path);
  if (model) return "was read";
  EXPECT_EQ(model.error().kind, ErrorKind::config);
  return model.error().public_text;
}

std::vector<float> values_of_tensor(const Tensor& tensor) {
  std::vector<float> out(tensor.bytes.size() / bytes_of(tensor.dtype));
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, tensor.bytes.data() + i * bytes_of(tensor.dtype), bytes_of(tensor.dtype));
    const auto half = static_cast<std::uint16_t>(bits);
    out[i] = tensor.dtype == DType::f32 ? std::bit_cast<float>(bits) : tensor.dtype == DType::f16 ? f32_of_f16(half) : f32_of_bf16(half);
  }
  return out;
}

// Every tensor of the config is there, in Hugging Face's shape and order of rows.
void expect_known_values(const ModelFiles& model) {
  for (const ExpectedTensor& expected : expected_tensors(model.config())) {
    const auto tensor = model.tensor(expected.name);
    ASSERT_TRUE(tensor.has_value()) << tensor.error().describe();
    EXPECT_EQ(tensor->shape, expected.shape);
    EXPECT_EQ(values_of_tensor(*tensor), known_values(expected.name, values_of(expected.shape).value())) << expected.name;
  }
}

TEST(OpenGguf, llama_with_quantised_and_reordered_rows_and_rotary_scaling) {
  const auto model = open_model(golden(XROUTER_SOURCE_DIR, "llama.gguf"));
  ASSERT_TRUE(model.has_value()) << model.error().describe();
  const ModelConfig& config = (*model)->config();
  EXPECT_EQ(config.family, Family::llama);
  EXPECT_EQ(config.vocab_size, 262);
  EXPECT_EQ(config.heads, 4);
  EXPECT_EQ(config.kv_heads, 2);
  EXPECT_EQ(config.head_dim, 8);
  EXPECT_EQ(config.max_positions, 512);
  EXPECT_EQ(config.rms_norm_eps, 1e-6);
  EXPECT_EQ(config.rope_theta, 500'000);
  EXPECT_EQ(config.rope_scaling, (ModelConfig::RopeScaling{.factor = 8}));
  EXPECT_FALSE(config.tie_word_embeddings);
  EXPECT_EQ((*model)->tensor("lm_head.weight")->dtype, DType::bf16);
  EXPECT_EQ((*model)->tensor("model.norm.weight")->dtype, DType::f32);
  EXPECT_THAT((*model)->end_tokens(), ElementsAre(260, 258));
  EXPECT_EQ((*model)->chat_template(), "{{ messages }}");
  expect_known_values(**model);
}

TEST(OpenGguf, qwen2_with_biases_and_tied_embeddings) {
  const auto model = open_model(golden(XROUTER_SOURCE_DIR, "qwen2.gguf"));
  ASSERT_TRUE(model.has_value()) << model.error().describe();
  EXPECT_TRUE((*model)->config().attention_bias);
  EXPECT_TRUE((*model)->config().tie_word_embeddings);
  EXPECT_EQ((*model)->tensor("model.embed_tokens.weight")->dtype, DType::f16);
  EXPECT_THAT((*model)->tensor("lm_head.weight").error().public_text, HasSubstr("missing"));
  expect_known_values(**model);
}

TEST(OpenGguf, qwen3_with_norms_and_heads_of_their_own_length) {
  const auto model = open_model(golden(XROUTER_SOURCE_DIR, "qwen3.gguf"));
  ASSERT_TRUE(model.has_value()) << model.error().describe();
  EXPECT_TRUE((*model)->config().qk_norm);
  EXPECT_EQ((*model)->config().head_dim, 32);
  EXPECT_EQ((*model)->tensor("model.embed_tokens.weight")->dtype, DType::bf16);
  expect_known_values(**model);
}

TEST(OpenGguf, reads_the_vocabulary) {
  const auto model = open_model(golden(XROUTER_SOURCE_DIR, "qwen2.gguf")).value();
  const auto& tokenizer = *model->tokenizer();
  EXPECT_EQ(tokenizer.size(), 262U);
  EXPECT_EQ(tokenizer.id_of("<|im_end|>"), 260);
  EXPECT_TRUE(tokenizer.is_special(258));
  EXPECT_THAT(tokenizer.encode("abc"), ElementsAre(257));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("héllo wörld\n")), "héllo wörld\n");
}

TEST(OpenGguf, every_truncation_is_refused) {
  const std::string whole = read_text(golden(XROUTER_SOURCE_DIR, "llama.gguf"), 1 << 20).value();
  // The last tensor's padding may be missing: nothing of the model is.
  for (std::size_t length = 0; length + 32 < whole.size(); length += 331)
    EXPECT_FALSE(open_gguf(bytes_in_memory(whole.substr(0, length))).has_value()) << length;
}

TEST(GgufNames, translates_what_it_knows_and_nothing_else) {
  EXPECT_EQ(hugging_face_name("blk.12.ffn_down.weight"), "model.layers.12.mlp.down_proj.weight");
  EXPECT_EQ(hugging_face_name("blk.0.attn_q.bias"), "model.layers.0.self_attn.q_proj.bias");
  for (const char* name : {"blk.01.ffn_up.weight", "blk..ffn_up.weight", "blk.x.ffn_up.weight", "blk.0.ffn_up", "blk.0.ffn_up.scale",
                           "blk.0.ffn_gate_exps.weight", "blk.", "rope_freqs.weight", "", "blk.99999999999999999999.ffn_up.weight"})
    EXPECT_EQ(hugging_face_name(name), "") << name;
}

TEST(OpenFolder, reads_one_file_or_several) {
  for (const std::uint64_t shard_bytes : {std::uint64_t{1} << 40, std::uint64_t{2'000}}) {
    const TestFolder folder;
    const fs::path path = write_test_model(folder.path() / "model", shard_bytes);
    EXPECT_EQ(fs::exists(path / "model.safetensors.index.json"), shard_bytes == 2'000);
    const auto model = open_model(path);
    ASSERT_TRUE(model.has_value()) << model.error().describe();
    EXPECT_EQ((*model)->config(), test_config());
    EXPECT_THAT((*model)->end_tokens(), ElementsAre(257));
    expect_known_values(**model);
  }
}

TEST(OpenFolder, a_template_file_wins_over_the_field) {
  const TestFolder folder;
  const fs::path path = write_test_model(folder.path() / "model");
  folder.put("model/tokenizer_config.json", R"({"chat_template":"field"})");
  EXPECT_EQ(open_model(path).value()->chat_template(), "field");
  folder.put("model/chat_template.jinja", "file");
  EXPECT_EQ(open_model(path).value()->chat_template(), "file");
}

TEST(OpenFolder, the_end_tokens_of_both_configs_count) {
  const TestFolder folder;
  const fs::path path = write_test_model(folder.path() / "model");
  folder.put("model/generation_config.json", R"({"eos_token_id":[256,257]})");
  EXPECT_THAT(open_model(path).value()->end_tokens(), ElementsAre(257, 256));
  folder.put("model/generation_config.json", R"({"eos_token_id":300})");
  EXPECT_THAT(refusal(path), HasSubstr("end token 300 is outside the vocabulary"));
}

TEST(OpenFolder, says_what_is_missing) {
  const TestFolder folder;
  EXPECT_THAT(refusal(folder.path() / "nowhere"), HasSubstr("is no model"));
  EXPECT_THAT(refusal(folder.path()), HasSubstr("has no config.json"));
  const fs::path path = write_test_model(folder.path() / "model");
  fs::remove(path / "tokenizer.json");
  EXPECT_THAT(refusal(path), HasSubstr("has no tokenizer.json"));
  fs::remove(path / "model.safetensors");
  EXPECT_THAT(refusal(path), HasSubstr("has no safetensors file"));
  folder.put("model/pytorch_model.bin", "x");
  EXPECT_THAT(refusal(path), HasSubstr("convert them to safetensors"));
  EXPECT_THAT(refusal(path / "config.json"), HasSubstr("name the model's folder"));
  folder.put("empty.gguf", "");
  EXPECT_THAT(refusal(folder.path() / "empty.gguf"), HasSubstr("is empty"));
}

TEST(OpenFolder, loops_of_links_pipes_and_folders_in_place_of_files_are_errors) {
  const TestFolder folder;
  fs::create_symlink("loop_b", folder.path() / "loop_a");
  fs::create_symlink("loop_a", folder.path() / "loop_b");
  EXPECT_THAT(refusal(folder.path() / "loop_a"), HasSubstr("is no model"));
  const fs::path path = write_test_model(folder.path() / "model");
  fs::remove(path / "model.safetensors");
  fs::create_symlink("model.safetensors", path / "model.safetensors");
  EXPECT_THAT(refusal(path), HasSubstr("model.safetensors: cannot be opened"));
  fs::remove(path / "model.safetensors");
  fs::create_directory(path / "model.safetensors");
  EXPECT_THAT(refusal(path), HasSubstr("not a regular file"));
  fs::remove(path / "config.json");
  ASSERT_EQ(::mkfifo((path / "config.json").c_str(), 0600), 0);
  EXPECT_THAT(refusal(path), HasSubstr("not a regular file"));
}

TEST(OpenFolder, a_config_larger_than_the_weights_is_refused) {
  const TestFolder folder;
  const fs::path path = write_test_model(folder.path() / "model");
  ModelConfig config = test_config();
  config.layers = 900;
  folder.put("model/config.json", write_config_json(config, DType::f32, {}, std::nullopt));
  EXPECT_THAT(refusal(path), HasSubstr("tensor 'model.layers.1.input_layernorm.weight' is missing"));
  config = test_config();
  config.intermediate_size = 900'000;
  folder.put("model/config.json", write_config_json(config, DType::f32, {}, std::nullopt));
  EXPECT_THAT(refusal(path), HasSubstr("has shape [12, 8], the config makes it [900000, 8]"));
}

TEST(OpenFolder, a_vocabulary_larger_than_the_embeddings_is_refused) {
  const TestFolder folder;
  ModelConfig config = test_config();
  config.vocab_size = 100;
  const fs::path path = write_test_model(folder.path() / "model", 1U << 30, config);
  EXPECT_THAT(refusal(path), HasSubstr("the model only 100 embeddings"));
}

TEST(OpenFolder, an_index_may_name_files_of_its_folder_only) {
  const TestFolder folder;
  const fs::path path = write_test_model(folder.path() / "model");
  const auto with = [&](const std::string& file) {
    folder.put("model/model.safetensors.index.json", R"({"weight_map":{"model.norm.weight":")" + file + "\"}}");
    return refusal(path);
  };
  EXPECT_THAT(with("../model/model.safetensors"), HasSubstr("no safetensors file of this folder"));
  EXPECT_THAT(with("/etc/passwd"), HasSubstr("no safetensors file of this folder"));
  EXPECT_THAT(with("config.json"), HasSubstr("no safetensors file of this folder"));
  EXPECT_THAT(with("absent.safetensors"), HasSubstr("absent.safetensors: cannot be opened"));
  EXPECT_THAT(with("model.safetensors"), HasSubstr("tensor 'model.embed_tokens.weight' is missing"));
  folder.put("model/model.safetensors.index.json", R"({"weight_map":{"ghost":"model.safetensors"}})");
  EXPECT_THAT(refusal(path), HasSubstr("tensor 'ghost' is not in model.safetensors"));
  folder.put("model/model.safetensors.index.json", R"({"weight_map":[]})");
  EXPECT_THAT(refusal(path), HasSubstr("no weight_map"));
}

TEST(OpenUntrained, reads_shape_and_tokenizer_and_no_weights) {
  const TestFolder folder;
  const fs::path path = write_test_model(folder.path() / "model");
  fs::remove(path / "model.safetensors");
  EXPECT_THAT(refusal(path), HasSubstr("safetensors"));
  const auto model = open_untrained(path);
  ASSERT_TRUE(model.has_value()) << model.error().describe();
  EXPECT_EQ((*model)->config(), test_config());
  EXPECT_EQ((*model)->tokenizer()->size(), 258u);
  EXPECT_THAT((*model)->end_tokens(), ElementsAre(257));
  EXPECT_TRUE((*model)->tensor_names().empty());
  const auto tensor = (*model)->tensor("model.norm.weight");
  ASSERT_FALSE(tensor.has_value());
  EXPECT_THAT(tensor.error().public_text, HasSubstr("without its weights"));
  EXPECT_FALSE(open_untrained(path / "config.json").has_value());
}

}  // namespace
}  // namespace xrouter::weights
