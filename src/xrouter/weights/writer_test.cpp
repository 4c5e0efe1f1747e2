#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <csignal>

#include "xrouter/weights/adapter.hpp"
#include "xrouter/weights/atomic_write.hpp"
#include "xrouter/weights/safetensors.hpp"
#include "xrouter/weights/test_model.hpp"

namespace xrouter::weights {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> out;
  for (const auto& each : fs::directory_iterator(folder)) out.push_back(each.path().filename());
  std::sort(out.begin(), out.end());
  return out;
}

TEST(WriteSafetensors, is_read_back_with_every_type_and_odd_sizes) {
  const TestFolder folder;
  std::vector<NamedTensor> tensors{
      {"b", f32_tensor({3}, {1, 2, 3})}, {"a \"quoted\"\n", f32_tensor({0, 2}, {})}, {"half", f32_tensor({1}, {5})}};
  tensors[2].tensor.dtype = DType::f16;
  tensors[2].tensor.shape = {2, 1};
  ASSERT_TRUE(write_safetensors(folder.path() / "t.safetensors", tensors).has_value());
  const auto file = SafetensorsFile::read(map_file(folder.path() / "t.safetensors").value());
  ASSERT_TRUE(file.has_value()) << file.error().describe();
  for (const NamedTensor& each : tensors) {
    const auto back = file->tensor(each.name);
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->dtype, each.tensor.dtype);
    EXPECT_EQ(back->shape, each.tensor.shape);
    EXPECT_TRUE(std::equal(back->bytes.begin(), back->bytes.end(), each.tensor.bytes.begin(), each.tensor.bytes.end()));
  }
  EXPECT_THAT(names_in(folder.path()), ElementsAre("t.safetensors"));
}

TEST(WriteSafetensors, refuses_what_no_reader_would_accept) {
  const TestFolder folder;
  const fs::path path = folder.path() / "t.safetensors";
  const auto refusal = [&](std::vector<NamedTensor> tensors) { return write_safetensors(path, tensors).error().public_text; };
  EXPECT_THAT(refusal({{"a", f32_tensor({2}, {1})}}), HasSubstr("tensor 'a' of shape [2] has 4 bytes"));
  EXPECT_THAT(refusal({{"a", f32_tensor({1}, {1})}, {"a", f32_tensor({1}, {1})}}), HasSubstr("tensor 'a' stands there twice"));
  EXPECT_THAT(refusal({{"__metadata__", f32_tensor({1}, {1})}}), HasSubstr("cannot have this name"));
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(WriteModelFolder, replaces_an_older_folder_as_a_whole) {
  const TestFolder folder;
  const fs::path path = write_test_model(folder.path() / "model", 2'000);
  folder.put("model/stale.txt", "x");
  write_test_model(path);
  EXPECT_THAT(names_in(path), ElementsAre("config.json", "generation_config.json", "model.safetensors", "tokenizer.json"));
  EXPECT_THAT(names_in(folder.path()), ElementsAre("model"));
}

TEST(WriteModelFolder, copies_tokenizer_files_and_the_generation_config_through) {
  const TestFolder folder;
  const fs::path first = write_test_model(folder.path() / "first");
  folder.put("first/chat_template.jinja", "{{ x }}");
  folder.put("first/generation_config.json", R"({"eos_token_id":256,"temperature":0.6})");
  const FolderOptions options{.end_tokens = {257}, .tokenizer_from = first};
  ASSERT_TRUE(write_model_folder(folder.path() / "second/", test_config(), test_tensors(test_config()), options).has_value());
  for (const char* name : {"tokenizer.json", "chat_template.jinja", "generation_config.json"})
    EXPECT_EQ(read_text(first / name, 1 << 20).value(), read_text(folder.path() / "second" / name, 1 << 20).value()) << name;
}

TEST(WriteModelFolder, makes_a_folder_of_a_gguf_file_that_reads_the_same) {
  const TestFolder folder;
  for (const char* family : {"llama", "qwen2", "qwen3"}) {
    const fs::path from = golden(XROUTER_SOURCE_DIR, std::string(family) + ".gguf"), to = folder.path() / family;
    const auto first = open_model(from).value();
    std::vector<NamedTensor> tensors;
    for (const ExpectedTensor& each : expected_tensors(first->config())) tensors.push_back({each.name, first->tensor(each.name).value()});
    const FolderOptions options{.end_tokens = first->end_tokens(), .tokenizer_from = from};
    const auto written = write_model_folder(to, first->config(), tensors, options);
    ASSERT_TRUE(written.has_value()) << written.error().describe();
    const auto second = open_model(to);
    ASSERT_TRUE(second.has_value()) << second.error().describe();
    EXPECT_EQ((*second)->config(), first->config());
    EXPECT_EQ((*second)->end_tokens(), first->end_tokens());
    EXPECT_EQ((*second)->chat_template(), first->chat_template());
    for (const char* text : {"abc abcab 12345 it's\n\n  x", "h\u00e9llo e\u0301 \U0001F600", "<|im_start|>a<|im_end|>", "<think> 1\t2"}) {
      for (const auto special : {tokenizer::SpecialTokens::parse, tokenizer::SpecialTokens::as_text})
        EXPECT_EQ((*second)->tokenizer()->encode(text, special), first->tokenizer()->encode(text, special)) << family << ": " << text;
    }
    EXPECT_EQ((*second)->tokenizer()->size(), first->tokenizer()->size());
    EXPECT_TRUE((*second)->tokenizer()->is_special(260));
  }
}

TEST(WriteModelFolder, refuses_tensors_that_are_not_the_configs_and_leaves_nothing) {
  const TestFolder folder;
  const ModelConfig config = test_config();
  const auto refusal = [&](const std::vector<NamedTensor>& tensors) {
    return write_model_folder(folder.path() / "m", config, tensors).error().public_text;
  };
  auto tensors = test_tensors(config);
  tensors.push_back({"extra", f32_tensor({1}, {1})});
  EXPECT_THAT(refusal(tensors), HasSubstr("tensor 'extra' is no part"));
  tensors.resize(tensors.size() - 2);
  EXPECT_THAT(refusal(tensors), HasSubstr("'model.norm.weight' is missing"));
  EXPECT_TRUE(names_in(folder.path()).empty());
}

// A limit on the size of files stands for a full disk: write() fails in the middle of the weights.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

TEST(WriteModelFolder, a_write_that_fails_says_so_and_leaves_the_older_folder) {
  const TestFolder folder;
  const fs::path path = write_test_model(folder.path() / "model");
  const std::string before = read_text(path / "model.safetensors", 1 << 20).value();
  {
    const FileSizeLimit limit(5'000);
    const auto written = write_model_folder(path, test_config(), test_tensors(test_config()), {.tokenizer_json = test_tokenizer_json()});
    ASSERT_FALSE(written.has_value());
    EXPECT_EQ(written.error().kind, ErrorKind::io);
    EXPECT_THAT(written.error().public_text, HasSubstr("model.safetensors: cannot be written: File too large"));
  }
  EXPECT_EQ(read_text(path / "model.safetensors", 1 << 20).value(), before);
  EXPECT_THAT(names_in(folder.path()), ElementsAre("model"));
}

TEST(AtomicFile, what_is_not_committed_is_gone) {
  const TestFolder folder;
  const fs::path path = folder.put("f", "old");
  {
    auto file = AtomicFile::create(path);
    ASSERT_TRUE(file->write("new").has_value());
  }
  EXPECT_EQ(read_text(path, 10).value(), "old");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("f"));
  ASSERT_TRUE(write_file(path, "new").has_value());
  EXPECT_EQ(read_text(path, 10).value(), "new");
  EXPECT_EQ(write_file(folder.path() / "no" / "folder", "x").error().kind, ErrorKind::io);
}

Adapter test_adapter() {
  Adapter out{.rank = 2, .alpha = 8, .rslora = false, .base_model = "some/base", .pairs = {}};
  out.pairs.push_back(
      {"model.layers.0.self_attn.q_proj", f32_tensor({2, 8}, known_values("a", 16)), f32_tensor({8, 2}, known_values("b", 16))});
  out.pairs.push_back(
      {"model.layers.0.mlp.down_proj", f32_tensor({2, 12}, known_values("c", 24)), f32_tensor({8, 2}, known_values("d", 16))});
  return out;
}

TEST(Adapter, is_read_back_as_it_was_written) {
  const TestFolder folder;
  const Adapter adapter = test_adapter();
  ASSERT_TRUE(write_adapter(folder.path() / "lora", adapter).has_value());
  EXPECT_THAT(names_in(folder.path() / "lora"), ElementsAre("adapter_config.json", "adapter_model.safetensors"));
  const auto back = read_adapter(folder.path() / "lora");
  ASSERT_TRUE(back.has_value()) << back.error().describe();
  EXPECT_EQ(back->rank, 2);
  EXPECT_EQ(back->scale(), 4);
  EXPECT_EQ(back->base_model, "some/base");
  EXPECT_THAT(back->target_modules(), ElementsAre("down_proj", "q_proj"));
  ASSERT_EQ(back->pairs.size(), 2U);
  EXPECT_EQ(back->pairs[1].module, "model.layers.0.self_attn.q_proj");
  EXPECT_EQ(back->pairs[1].a.shape, (std::vector<std::int64_t>{2, 8}));
  EXPECT_TRUE(check_fits(*back, test_config()).has_value());
}

TEST(Adapter, rslora_divides_by_the_square_root) {
  Adapter adapter = test_adapter();
  adapter.rslora = true;
  EXPECT_DOUBLE_EQ(adapter.scale(), 8 / std::sqrt(2.0));
}

TEST(Adapter, must_fit_the_model) {
  Adapter adapter = test_adapter();
  adapter.pairs[0].module = "model.layers.7.self_attn.q_proj";
  EXPECT_THAT(check_fits(adapter, test_config()).error().public_text, HasSubstr("'model.layers.7.self_attn.q_proj' is no linear layer"));
  adapter.pairs[0].module = "model.embed_tokens";
  EXPECT_THAT(check_fits(adapter, test_config()).error().public_text, HasSubstr("no linear layer"));
  adapter.pairs[0].module = "model.layers.0.self_attn.k_proj";
  EXPECT_THAT(check_fits(adapter, test_config()).error().public_text,
              HasSubstr("has shapes [2, 8] and [8, 2], the model needs [2, 8] and [4, 2]"));
}

TEST(Adapter, refuses_what_is_more_than_plain_lora) {
  const TestFolder folder;
  ASSERT_TRUE(write_adapter(folder.path() / "lora", test_adapter()).has_value());
  const auto with = [&](const std::string& fields) {
    folder.put("lora/adapter_config.json", R"({"peft_type":"LORA","r":2,"lora_alpha":4,)" + fields + "}");
    const auto adapter = read_adapter(folder.path() / "lora");
    return adapter ? std::string("was read") : adapter.error().public_text;
  };
  EXPECT_EQ(
      with(R"("target_modules":"all-linear","use_dora":false,"rank_pattern":{},"modules_to_save":null,"init_lora_weights":"gaussian")"),
      "was read");
  EXPECT_THAT(with(R"("use_dora":true)"), HasSubstr("'use_dora' asks for DoRA"));
  EXPECT_THAT(with(R"("modules_to_save":["lm_head"])"), HasSubstr("'modules_to_save'"));
  EXPECT_THAT(with(R"("bias":"all")"), HasSubstr("'bias' asks for trained biases"));
  EXPECT_THAT(with(R"("rank_pattern":{"q_proj":4})"), HasSubstr("'rank_pattern'"));
  EXPECT_THAT(with(R"("fan_in_fan_out":true)"), HasSubstr("'fan_in_fan_out'"));
  EXPECT_THAT(with(R"("init_lora_weights":"pissa_niter_4")"), HasSubstr("changes the base's weights"));
  EXPECT_THAT(with(R"("r":2)"), HasSubstr("'r' twice"));
  folder.put("lora/adapter_config.json", R"({"peft_type":"LORA","r":3,"lora_alpha":4})");
  EXPECT_THAT(read_adapter(folder.path() / "lora").error().public_text, HasSubstr("not of rank 3"));
  folder.put("lora/adapter_config.json", R"({"peft_type":"IA3","r":2,"lora_alpha":4})");
  EXPECT_THAT(read_adapter(folder.path() / "lora").error().public_text, HasSubstr("'IA3'"));
  EXPECT_THAT(read_adapter(folder.path()).error().public_text, HasSubstr("has no adapter_config.json"));
}

TEST(Adapter, refuses_tensors_that_are_no_pairs) {
  const TestFolder folder;
  ASSERT_TRUE(write_adapter(folder.path() / "lora", test_adapter()).has_value());
  const auto with = [&](const std::string& name) {
    const std::vector<NamedTensor> tensors{{name, f32_tensor({2, 8}, known_values("a", 16))}};
    EXPECT_TRUE(write_safetensors(folder.path() / "lora/adapter_model.safetensors", tensors).has_value());
    return read_adapter(folder.path() / "lora").error().public_text;
  };
  EXPECT_THAT(with("base_model.model.model.layers.0.mlp.up_proj.lora_A.weight"), HasSubstr("has no lora_B"));
  EXPECT_THAT(with("base_model.model.model.embed_tokens.lora_embedding_A"), HasSubstr("no part of a plain LoRA adapter"));
  EXPECT_THAT(with("base_model.model.lm_head.weight"), HasSubstr("no part of a plain LoRA adapter"));
  EXPECT_THAT(with("base_model.model..lora_A.weight"), HasSubstr("no part"));
}

}  // namespace
}  // namespace xrouter::weights
