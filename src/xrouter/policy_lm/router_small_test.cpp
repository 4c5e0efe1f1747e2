// The shipped folder of the small router, without its weights: Hugging Face reads its tokenizer alike, and a router
// prompt is short.
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_to.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "xrouter/chat_format/compact_texts.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/policy/bench_test.hpp"
#include "xrouter/policy_lm/toy_router.hpp"
#include "xrouter/policy_lm/written_decision.hpp"
#include "xrouter/weights/model_files.hpp"

namespace xrouter::policy_lm {
namespace {
namespace bj = boost::json;
namespace fs = std::filesystem;

const fs::path kRoot = XROUTER_SOURCE_DIR;

std::shared_ptr<const weights::ModelFiles> files() {
  static const auto opened = [] {
    auto read = weights::open_untrained(kRoot / "data/models/router-small");
    EXPECT_TRUE(read) << read.error().describe();
    return read ? *read : nullptr;
  }();
  return opened;
}

std::string bytes_of_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

TEST(RouterSmall, its_tokens_are_those_of_hugging_face) {
  ASSERT_TRUE(files());
  const tokenizer::Tokenizer& tokenizer = *files()->tokenizer();
  std::ifstream golden(kRoot / "tests/golden/train/router_tokenizer.jsonl");
  int rows = 0;
  for (std::string line; std::getline(golden, line); ++rows) {
    const bj::value row = json::parse(line).value();
    const std::string text = bytes_of_hex(bj::value_to<std::string>(row.at("hex")));
    const bj::array& ids = row.at("ids").as_array();
    EXPECT_EQ(tokenizer.encode(text, tokenizer::SpecialTokens::parse), bj::value_to<std::vector<tokenizer::TokenId>>(ids.front())) << text;
    EXPECT_EQ(tokenizer.encode(text, tokenizer::SpecialTokens::as_text), bj::value_to<std::vector<tokenizer::TokenId>>(ids.back())) << text;
  }
  EXPECT_GT(rows, 100);
}

TEST(RouterSmall, has_the_tokens_of_its_format_and_ends_with_the_end_of_a_turn) {
  ASSERT_TRUE(files());
  const auto format = chat_format::ChatFormat::of_template(files()->chat_template());
  ASSERT_TRUE(format) << format.error().describe();
  EXPECT_EQ((*format)->name(), "compact");
  const tokenizer::Tokenizer& tokenizer = *files()->tokenizer();
  for (const std::string_view text : chat_format::compact::kSpecialTokens) {
    const auto id = tokenizer.id_of(text);
    ASSERT_TRUE(id) << text;
    EXPECT_TRUE(tokenizer.is_special(*id)) << text;
  }
  EXPECT_EQ((*format)->end_tokens(tokenizer), files()->end_tokens());
  EXPECT_EQ(static_cast<std::int64_t>(tokenizer.size()), files()->config().vocab_size);
  EXPECT_EQ(tokenizer.encode("2025").size(), 4U) << "digits are tokens of their own";
}

TEST(RouterSmall, its_template_is_the_one_of_the_source) {
  ASSERT_TRUE(files());
  std::ifstream file(kRoot / "src/xrouter/chat_format/compact.jinja");
  EXPECT_EQ(files()->chat_template(), std::string(std::istreambuf_iterator<char>(file), {}));
}

TEST(RouterSmall, a_decision_is_a_few_tokens_and_each_name_of_the_catalogue_is_one) {
  ASSERT_TRUE(files());
  policy::PolicyBench bench;
  std::vector<ModelSpec> models;
  for (const char* id : {"gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18", "gemini-1.5-pro"}) {
    models.push_back(policy::test_model(id, Tier::standard, 100'000, 400'000));
    EXPECT_TRUE(files()->tokenizer()->id_of(tool_name_of(ModelId(id)))) << id;
  }
  bench.spec.catalog = *ModelCatalog::make(std::move(models));
  bench.spec.offered = offer_all(*bench.spec.catalog);
  const auto model = toy_router(nullptr);
  model->format = *chat_format::ChatFormat::of_template(files()->chat_template());
  model->tokenizer = files()->tokenizer();
  model->vocabulary = grammar::Vocabulary::make(model->tokenizer, files()->end_tokens());
  model->max_positions = static_cast<int>(files()->config().max_positions);
  PolicyReply decision;
  decision.tool_calls.push_back({.id = "", .name = "call_gpt_4o_2024_08_06", .arguments = "{\"final\":true}"});
  const auto written = written_decision(*model, bench.prompt(), decision, chat_format::Thinking::off);
  ASSERT_TRUE(written) << written.error().describe();
  ASSERT_EQ(written->reply.size(), 4U);
  EXPECT_EQ(written->reply[0].choices.size(), 2U);
  EXPECT_EQ(written->reply[1].choices.size(), 3U) << "one token a model";
  EXPECT_LT(written->prompt.size(), 250U) << model->tokenizer->decode(written->prompt);
}

}  // namespace
}  // namespace xrouter::policy_lm
