#include "xrouter/weights/config_json.hpp"

#include <gmock/gmock.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace xrouter::weights {
namespace {

namespace bj = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;

// The shape of Llama-3.2-1B-Instruct in the spelling of transformers 4.
const std::string kLlama = R"({"architectures":["LlamaForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":128000,
"eos_token_id":[128001,128008,128009],"head_dim":64,"hidden_act":"silu","hidden_size":2048,"initializer_range":0.02,"intermediate_size":8192,
"max_position_embeddings":131072,"mlp_bias":false,"model_type":"llama","num_attention_heads":32,"num_hidden_layers":16,"num_key_value_heads":8,
"pretraining_tp":1,"rms_norm_eps":1e-05,"rope_scaling":{"factor":32.0,"high_freq_factor":4.0,"low_freq_factor":1.0,
"original_max_position_embeddings":8192,"rope_type":"llama3"},"rope_theta":500000.0,"tie_word_embeddings":true,"torch_dtype":"bfloat16",
"use_cache":true,"vocab_size":128256})";

// Of Qwen2.5-7B-Instruct: a sliding window is named and switched off.
const std::string kQwen2 = R"({"architectures":["Qwen2ForCausalLM"],"attention_dropout":0.0,"bos_token_id":151643,"eos_token_id":151645,
"hidden_act":"silu","hidden_size":3584,"intermediate_size":18944,"max_position_embeddings":32768,"max_window_layers":28,"model_type":"qwen2",
"num_attention_heads":28,"num_hidden_layers":28,"num_key_value_heads":4,"rms_norm_eps":1e-06,"rope_theta":1000000.0,"sliding_window":131072,
"tie_word_embeddings":false,"torch_dtype":"bfloat16","use_cache":true,"use_sliding_window":false,"vocab_size":152064})";

// Of Qwen3-0.6B in the spelling of transformers 5.
const std::string kQwen3 =
    R"({"architectures":["Qwen3ForCausalLM"],"attention_bias":false,"dtype":"bfloat16","eos_token_id":151645,"head_dim":128,
"hidden_act":"silu","hidden_size":1024,"intermediate_size":3072,"layer_types":["full_attention","full_attention"],"max_position_embeddings":40960,
"model_type":"qwen3","num_attention_heads":16,"num_hidden_layers":28,"num_key_value_heads":8,"rms_norm_eps":1e-06,
"rope_parameters":{"rope_theta":1000000,"rope_type":"default"},"sliding_window":null,"tie_word_embeddings":true,"use_sliding_window":false,
"vocab_size":151936})";

ModelConfig model_of(const std::string& text) {
  const auto config = read_config_json(text, "config.json");
  EXPECT_TRUE(config.has_value()) << (config ? "" : config.error().describe());
  return config ? config->model : ModelConfig{};
}

std::string refusal(const std::string& base, const std::string& name, const bj::value& value) {
  bj::value document = bj::parse(base);
  document.as_object()[name] = value;
  const auto config = read_config_json(bj::serialize(document), "config.json");
  if (config) return "was read";
  EXPECT_EQ(config.error().kind, ErrorKind::config);
  return config.error().public_text;
}

TEST(ConfigJson, reads_llama_3_with_its_rotary_scaling) {
  const auto config = read_config_json(kLlama, "config.json");
  ASSERT_TRUE(config.has_value()) << config.error().describe();
  const ModelConfig& model = config->model;
  EXPECT_EQ(model.family, Family::llama);
  EXPECT_EQ(model.head_dim, 64);
  EXPECT_EQ(model.rope_theta, 500'000);
  EXPECT_EQ(model.rope_scaling,
            (ModelConfig::RopeScaling{.factor = 32, .low_freq_factor = 1, .high_freq_factor = 4, .original_max_positions = 8192}));
  EXPECT_TRUE(model.tie_word_embeddings);
  EXPECT_FALSE(model.attention_bias);
  EXPECT_THAT(config->end_tokens, ElementsAre(128001, 128008, 128009));
  EXPECT_EQ(model.parameters(), 1'235'814'400);
}

TEST(ConfigJson, reads_qwen2_with_biases_and_an_unused_window) {
  const ModelConfig model = model_of(kQwen2);
  EXPECT_EQ(model.head_dim, 128);
  EXPECT_TRUE(model.attention_bias);
  EXPECT_FALSE(model.qk_norm);
  EXPECT_EQ(model.parameters(), 7'615'616'512);
}

TEST(ConfigJson, reads_qwen3_in_the_newer_spelling) {
  const ModelConfig model = model_of(kQwen3);
  EXPECT_TRUE(model.qk_norm);
  EXPECT_FALSE(model.attention_bias);
  EXPECT_EQ(model.head_dim, 128);
  EXPECT_EQ(model.rope_theta, 1'000'000);
  EXPECT_EQ(model.parameters(), 596'049'920);
}

TEST(ConfigJson, reads_back_what_it_writes) {
  for (const std::string& text : {kLlama, kQwen2, kQwen3}) {
    const auto config = read_config_json(text, "config.json").value();
    const auto again = read_config_json(write_config_json(config.model, DType::bf16, config.end_tokens, 1), "config.json");
    ASSERT_TRUE(again.has_value()) << again.error().describe();
    EXPECT_EQ(again->model, config.model);
    EXPECT_EQ(again->end_tokens, config.end_tokens);
  }
}

TEST(ConfigJson, assumes_what_transformers_assumes) {
  bj::value document = bj::parse(kLlama);
  for (const char* name : {"head_dim", "num_key_value_heads", "rope_theta", "rope_scaling", "tie_word_embeddings", "eos_token_id"})
    document.as_object().erase(name);
  const ModelConfig model = model_of(bj::serialize(document));
  EXPECT_EQ(model.head_dim, 64);
  EXPECT_EQ(model.kv_heads, 32);
  EXPECT_EQ(model.rope_theta, 10'000);
  EXPECT_FALSE(model.rope_scaling.has_value());
  EXPECT_FALSE(model.tie_word_embeddings);
}

TEST(ConfigJson, refuses_what_would_compute_something_else) {
  EXPECT_THAT(refusal(kLlama, "model_type", "mistral"),
              HasSubstr("config.json: 'model_type' is 'mistral'; llama, qwen2 and qwen3 are computed here"));
  EXPECT_THAT(refusal(kLlama, "quantization_config", bj::object{{"quant_method", "gptq"}}), HasSubstr("quantised"));
  EXPECT_THAT(refusal(kLlama, "rope_scaling", bj::object{{"type", "linear"}, {"factor", 2.0}}), HasSubstr("'linear'"));
  EXPECT_THAT(refusal(kQwen2, "rope_scaling", bj::object{{"rope_type", "yarn"}, {"factor", 4.0}}), HasSubstr("'yarn'"));
  EXPECT_THAT(refusal(kQwen2, "use_sliding_window", true), HasSubstr("'sliding_window' is in use"));
  EXPECT_THAT(refusal(kLlama, "sliding_window", 4096), HasSubstr("'sliding_window' is in use"));
  EXPECT_THAT(refusal(kQwen3, "layer_types", bj::array{"full_attention", "sliding_attention"}), HasSubstr("layer_types"));
  EXPECT_THAT(refusal(kQwen3, "attention_bias", true), HasSubstr("attention_bias"));
  EXPECT_THAT(refusal(kLlama, "attention_bias", true), HasSubstr("attention_bias"));
  EXPECT_THAT(refusal(kLlama, "mlp_bias", true), HasSubstr("mlp_bias"));
  EXPECT_THAT(refusal(kLlama, "hidden_act", "gelu"), HasSubstr("'gelu'"));
  EXPECT_THAT(refusal(kLlama, "partial_rotary_factor", 0.5), HasSubstr("partial_rotary_factor"));
  EXPECT_THAT(refusal(kLlama, "rope_parameters", bj::object{{"rope_type", "default"}}), HasSubstr("rope_scaling"));
  EXPECT_THAT(refusal(kQwen3, "rope_parameters", bj::object{{"full_attention", bj::object{{"rope_type", "yarn"}}}}),
              HasSubstr("rope_parameters.full_attention"));
}

TEST(ConfigJson, refuses_shapes_that_do_not_fit_together_or_are_absurd) {
  EXPECT_THAT(refusal(kLlama, "num_attention_heads", 30), HasSubstr("30 heads cannot share 8"));
  EXPECT_THAT(refusal(kLlama, "head_dim", 63), HasSubstr("even number"));
  EXPECT_THAT(refusal(kLlama, "hidden_size", 0), HasSubstr("'hidden_size' must be a whole number from 1"));
  EXPECT_THAT(refusal(kLlama, "hidden_size", -5), HasSubstr("'hidden_size'"));
  EXPECT_THAT(refusal(kLlama, "hidden_size", "big"), HasSubstr("'hidden_size'"));
  EXPECT_THAT(refusal(kLlama, "num_hidden_layers", 2'000'000'000), HasSubstr("num_hidden_layers is 2000000000"));
  EXPECT_THAT(refusal(kLlama, "vocab_size", 4e18), HasSubstr("'vocab_size'"));
  EXPECT_THAT(refusal(kLlama, "rms_norm_eps", 0), HasSubstr("rms_norm_eps"));
  EXPECT_THAT(refusal(kLlama, "rope_theta", 0), HasSubstr("rope_theta"));
  EXPECT_THAT(refusal(kLlama, "eos_token_id", "end"), HasSubstr("'eos_token_id' must be a token id"));
  EXPECT_THAT(refusal(kLlama, "eos_token_id", -1), HasSubstr("eos_token_id"));
  EXPECT_THAT(refusal(kLlama, "rope_scaling", bj::object{{"rope_type", "llama3"}}), HasSubstr("'rope_scaling.factor'"));
}

TEST(ConfigJson, refuses_texts_that_are_no_config) {
  for (const char* text :
       {"", "{", "[]", "null", "{}", R"({"model_type":"llama"})", R"({"model_type":"llama","model_type":"qwen2"})", "\xff"})
    EXPECT_FALSE(read_config_json(text, "config.json").has_value()) << text;
  EXPECT_FALSE(read_config_json(std::string(100'000, '['), "config.json").has_value());
}

TEST(TokenizerConfig, takes_the_default_of_several_templates) {
  const auto one = read_tokenizer_config(R"({"chat_template":"{{ x }}","eos_token":"</s>"})", "t");
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(one->chat_template, "{{ x }}");
  EXPECT_EQ(one->end_token, "</s>");
  const auto several = read_tokenizer_config(
      R"({"chat_template":[{"name":"rag","template":"r"},{"name":"default","template":"d"}],"eos_token":{"content":"<e>"}})", "t");
  ASSERT_TRUE(several.has_value()) << several.error().describe();
  EXPECT_EQ(several->chat_template, "d");
  EXPECT_EQ(several->end_token, "<e>");
  EXPECT_EQ(read_tokenizer_config(R"({"chat_template":null,"eos_token":null})", "t")->chat_template, "");
  EXPECT_FALSE(read_tokenizer_config(R"({"chat_template":7})", "t").has_value());
  EXPECT_FALSE(read_tokenizer_config(R"({"chat_template":[{"name":"default"}]})", "t").has_value());
  EXPECT_FALSE(read_tokenizer_config("{\"chat_template\":\"" + std::string(2 << 20, 'x') + "\"}", "t").has_value());
}

TEST(GenerationConfig, reads_one_end_token_or_several) {
  EXPECT_THAT(*read_generation_config(R"({"eos_token_id":7})", "g"), ElementsAre(7));
  EXPECT_THAT(*read_generation_config(R"({"eos_token_id":[7,8,7]})", "g"), ElementsAre(7, 8));
  EXPECT_TRUE(read_generation_config("{}", "g")->empty());
  EXPECT_FALSE(read_generation_config(R"({"eos_token_id":[7,"x"]})", "g").has_value());
}

}  // namespace
}  // namespace xrouter::weights
