#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_to.hpp>
#include <fstream>
#include <iterator>
#include <thread>

#include "xrouter/json/parse.hpp"
#include "xrouter/tokenizer/test_support.hpp"
#include "xrouter/tokenizer/utf8.hpp"

namespace xrouter::tokenizer::test {
namespace {

namespace bj = boost::json;
using Ids = std::vector<TokenId>;

const std::string kFolder = std::string(XROUTER_SOURCE_DIR) + "/tests/golden/lm/tokenizer/";

std::string bytes_of_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

const std::vector<bj::value>& golden_lines() {
  static const std::vector<bj::value> lines = [] {
    std::vector<bj::value> parsed;
    std::ifstream file(kFolder + "golden.jsonl");
    for (std::string line; std::getline(file, line);) parsed.push_back(json::parse(line).value());
    return parsed;
  }();
  return lines;
}

std::string repaired(std::string_view bytes) {
  std::string text;
  append_valid(bytes, false, text);
  return text;
}

}  // namespace

const std::vector<std::string>& golden_names() {
  static const std::vector<std::string> names = {"gpt2", "smollm", "llama3", "qwen2", "qwen3", "odd_prefix", "odd_merge", "odd_invert"};
  return names;
}

std::string golden_json(const std::string& name) {
  std::ifstream file(kFolder + name + ".json");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::shared_ptr<const Tokenizer> golden_tokenizer(const std::string& name) {
  static std::map<std::string, std::shared_ptr<const Tokenizer>> made;
  auto& tokenizer = made[name];
  if (!tokenizer) tokenizer = Tokenizer::from_json(golden_json(name)).value();
  return tokenizer;
}

const std::vector<GoldenRow>& golden_rows(const std::string& name) {
  static std::map<std::string, std::vector<GoldenRow>> made;
  auto& rows = made[name];
  if (!rows.empty()) return rows;
  for (const bj::value& line : golden_lines()) {
    const bj::object& fields = line.get_object();
    const bj::array& ids = fields.at(name == "qwen3" && !fields.contains(name) ? "qwen2" : name).get_array();
    const Ids parsed = bj::value_to<Ids>(ids.front());
    rows.push_back(
        {bytes_of_hex(bj::value_to<std::string>(fields.at("hex"))), parsed, ids.size() == 1 ? parsed : bj::value_to<Ids>(ids.at(1))});
  }
  return rows;
}

Vocabulary golden_vocabulary(const std::string& name, const std::string& pre_tokenizer) {
  const bj::value document = json::parse(golden_json(name)).value();
  const bj::object& model = document.get_object().at("model").get_object();
  Vocabulary vocabulary{.tokens = {}, .merges = {}, .types = {}, .pre_tokenizer = pre_tokenizer};
  const auto put = [&](std::size_t id, std::string text, std::int32_t type) {
    vocabulary.tokens.resize(std::max(vocabulary.tokens.size(), id + 1));
    vocabulary.types.resize(vocabulary.tokens.size(), 1);
    vocabulary.tokens[id] = std::move(text);
    vocabulary.types[id] = type;
  };
  for (const auto& [text, id] : model.at("vocab").get_object()) put(bj::value_to<std::size_t>(id), std::string(text), 1);
  for (const bj::value& token : document.get_object().at("added_tokens").get_array())
    put(bj::value_to<std::size_t>(token.at("id")), bj::value_to<std::string>(token.at("content")), token.at("special").get_bool() ? 3 : 4);
  for (const bj::value& merge : model.at("merges").get_array()) {
    if (merge.is_string())
      vocabulary.merges.push_back(bj::value_to<std::string>(merge));
    else
      vocabulary.merges.push_back(bj::value_to<std::string>(merge.at(0)) + " " + bj::value_to<std::string>(merge.at(1)));
  }
  return vocabulary;
}

namespace {

class Golden : public ::testing::TestWithParam<std::string> {
 protected:
  const std::shared_ptr<const Tokenizer> tokenizer_ = golden_tokenizer(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Tokenizers, Golden, ::testing::ValuesIn(golden_names()), [](const auto& each) { return each.param; });

TEST_P(Golden, ids_are_those_of_hugging_face) {
  ASSERT_GE(golden_rows(GetParam()).size(), 200u);
  for (const GoldenRow& row : golden_rows(GetParam())) {
    EXPECT_EQ(tokenizer_->encode(row.record, SpecialTokens::parse), row.parsed) << ::testing::PrintToString(row.record);
    EXPECT_EQ(tokenizer_->encode(row.record, SpecialTokens::as_text), row.as_text) << ::testing::PrintToString(row.record);
  }
}

TEST_P(Golden, text_of_users_has_no_special_token) {
  for (const GoldenRow& row : golden_rows(GetParam()))
    for (const TokenId id : tokenizer_->encode(row.record))
      EXPECT_FALSE(tokenizer_->is_special(id)) << ::testing::PrintToString(row.record);
}

TEST_P(Golden, a_stream_reads_as_the_whole) {
  for (const GoldenRow& row : golden_rows(GetParam())) {
    StreamDecoder stream(*tokenizer_, false);
    std::string streamed;
    for (const TokenId id : row.parsed) {
      const std::string text = stream.add(id);
      EXPECT_EQ(valid_prefix(text), text.size()) << "only whole characters are given out";
      streamed += text;
    }
    streamed += stream.finish();
    EXPECT_EQ(streamed, repaired(tokenizer_->decode(row.parsed)));
  }
}

TEST_P(Golden, every_token_is_found_by_its_bytes) {
  for (TokenId id = 0; id < static_cast<TokenId>(tokenizer_->size()); ++id) {
    const std::string_view bytes = tokenizer_->bytes_of(id);
    ASSERT_FALSE(bytes.empty()) << id;
    EXPECT_EQ(tokenizer_->id_of(bytes), id);
  }
}

TEST(GoldenThreads, one_tokenizer_serves_many_threads) {
  const auto tokenizer = Tokenizer::from_json(golden_json("llama3")).value();  // its memo is empty
  const auto& rows = golden_rows("llama3");
  std::atomic<int> wrong = 0;
  const auto encode_all = [&] {
    for (const GoldenRow& row : rows) wrong += tokenizer->encode(row.record, SpecialTokens::parse) != row.parsed;
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(encode_all);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

// These have all bytes and neither compose nor add spaces.
TEST(GoldenRoundTrip, decoding_gives_the_text_back) {
  for (const std::string name : {"gpt2", "smollm", "llama3"}) {
    const auto tokenizer = golden_tokenizer(name);
    for (const GoldenRow& row : golden_rows(name)) {
      EXPECT_EQ(tokenizer->decode(tokenizer->encode(row.record, SpecialTokens::parse)), repaired(row.record));
      EXPECT_EQ(tokenizer->decode(tokenizer->encode(row.record, SpecialTokens::as_text)), repaired(row.record));
    }
  }
}

TEST(GoldenVocabulary, a_gguf_file_of_the_same_vocabulary_gives_the_same_ids) {
  const std::pair<std::string, std::string> kinds[] = {{"gpt2", "gpt-2"},       {"gpt2", "default"},  {"smollm", "smollm"},
                                                       {"llama3", "llama-bpe"}, {"llama3", "llama3"}, {"qwen2", "qwen2"}};
  for (const auto& [name, pre_tokenizer] : kinds) {
    const auto made = Tokenizer::from_vocabulary(golden_vocabulary(name, pre_tokenizer));
    ASSERT_TRUE(made.has_value()) << made.error().describe();
    for (const GoldenRow& row : golden_rows(name)) {
      EXPECT_EQ((*made)->encode(row.record, SpecialTokens::parse), row.parsed) << name << ::testing::PrintToString(row.record);
      EXPECT_EQ((*made)->encode(row.record, SpecialTokens::as_text), row.as_text) << name << ::testing::PrintToString(row.record);
    }
  }
}

}  // namespace
}  // namespace xrouter::tokenizer::test
