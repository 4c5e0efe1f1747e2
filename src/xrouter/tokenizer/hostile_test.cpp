// Files that are wrong or mean harm: a clear error, soon.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrouter/tokenizer/test_support.hpp"

namespace xrouter::tokenizer {
namespace {

using ::testing::HasSubstr;

struct File {
  std::string model = R"({"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]})";
  std::string added = "[]";
  std::string pre_tokenizer = R"({"type": "ByteLevel", "add_prefix_space": false})";
  std::string normalizer = "null";
  std::string decoder = R"({"type": "ByteLevel"})";

  std::string json() const {
    return R"({"model": )" + model + R"(, "added_tokens": )" + added + R"(, "pre_tokenizer": )" + pre_tokenizer + R"(, "normalizer": )" +
           normalizer + R"(, "decoder": )" + decoder + "}";
  }
};

std::string error_of(const std::string& json) {
  const auto made = Tokenizer::from_json(json);
  if (made) return "accepted";
  EXPECT_EQ(made.error().kind, ErrorKind::config);
  return made.error().public_text;
}

std::string error_of_model(const std::string& model) {
  File file;
  file.model = model;
  return error_of(file.json());
}

std::string error_of_pattern(const std::string& pattern) {
  File file;
  file.pre_tokenizer =
      R"({"type": "Sequence", "pretokenizers": [{"type": "Split", "behavior": "Isolated", "invert": false, "pattern": {"Regex": ")" +
      pattern + R"("}}, {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]})";
  return error_of(file.json());
}

TEST(HostileTokenizer, the_smallest_good_file_is_accepted) { EXPECT_EQ(error_of(File().json()), "accepted"); }

TEST(HostileTokenizer, a_file_cut_off_anywhere_is_refused) {
  const std::string whole = test::golden_json("odd_merge");
  for (std::size_t length = 0; length + 1 < whole.size(); length += 97) EXPECT_NE(error_of(whole.substr(0, length)), "accepted") << length;
}

TEST(HostileTokenizer, other_models_are_named) {
  EXPECT_THAT(error_of_model(R"({"type": "Unigram", "vocab": []})"), HasSubstr("'model.type' is 'Unigram'; only BPE is supported"));
  EXPECT_THAT(error_of_model("null"), HasSubstr("'model' must be an object"));
  EXPECT_THAT(error_of("[]"), HasSubstr("must be an object"));
  EXPECT_THAT(error_of_model(R"({"byte_fallback": true, "vocab": {"a": 0}, "merges": []})"),
              HasSubstr("'model.byte_fallback' is not supported"));
  EXPECT_THAT(error_of_model(R"({"dropout": 0.1, "vocab": {"a": 0}, "merges": []})"), HasSubstr("'model.dropout' is not supported"));
  EXPECT_THAT(error_of_model(R"({"end_of_word_suffix": "</w>", "vocab": {"a": 0}, "merges": []})"),
              HasSubstr("'model.end_of_word_suffix' is not supported"));
}

TEST(HostileTokenizer, ids_are_checked) {
  EXPECT_THAT(error_of_model(R"({"vocab": {"a": 4000000000}, "merges": []})"), HasSubstr("not a whole number from 0 to"));
  EXPECT_THAT(error_of_model(R"({"vocab": {"a": -1}, "merges": []})"), HasSubstr("not a whole number from 0 to"));
  EXPECT_THAT(error_of_model(R"({"vocab": {"a": "1"}, "merges": []})"), HasSubstr("not a whole number from 0 to"));
  EXPECT_THAT(error_of_model(R"({"vocab": {"a": 3, "b": 3}, "merges": []})"), HasSubstr("'a' and 'b' share the id 3"));
  EXPECT_THAT(error_of_model(R"({"vocab": {"a": 0, "b": 4000000}, "merges": []})"), HasSubstr("3999999 ids below 4000000 have no token"));
  EXPECT_THAT(error_of_model(R"({"vocab": {}, "merges": []})"), HasSubstr("has no tokens"));
  EXPECT_EQ(error_of_model(R"({"vocab": {"a": 0, "b": 9}, "merges": []})"), "accepted") << "a few holes are usual";
}

TEST(HostileTokenizer, ids_without_a_token_mean_nothing) {
  File file;
  file.model = R"({"vocab": {"a": 0, "b": 9}, "merges": []})";
  const auto made = Tokenizer::from_json(file.json()).value();
  EXPECT_EQ(made->size(), 10u);
  EXPECT_EQ(made->bytes_of(5), "");
  EXPECT_EQ(made->decode(std::vector<TokenId>{0, 5, 9, 10, -7}), "ab");
}

TEST(HostileTokenizer, merges_are_checked) {
  EXPECT_THAT(error_of_model(R"({"vocab": {"a": 0, "b": 1}, "merges": ["a b"]})"),
              HasSubstr("Merge 0 needs the token 'ab', which the vocabulary lacks"));
  EXPECT_THAT(error_of_model(R"({"vocab": {"a": 0, "b": 1}, "merges": [["a", "x"]]})"), HasSubstr("Merge 0 needs the token 'x'"));
  EXPECT_THAT(error_of_model(R"({"vocab": {"a": 0}, "merges": ["a b c"]})"), HasSubstr("'a b c' is not two tokens"));
  EXPECT_THAT(error_of_model(R"({"vocab": {"a": 0}, "merges": [["a"]]})"), HasSubstr("neither a text nor two texts"));
  EXPECT_THAT(error_of_model(R"({"vocab": {"a": 0}})"), HasSubstr("'model.merges' is missing"));
  EXPECT_THAT(error_of_model(R"({"vocab": {"a": 0}, "merges": [], "unk_token": "u"})"),
              HasSubstr("'model.unk_token' is not in the vocabulary"));
}

TEST(HostileTokenizer, added_tokens_are_checked) {
  const auto error_of_added = [](const std::string& added) {
    File file;
    file.added = added;
    return error_of(file.json());
  };
  EXPECT_THAT(error_of_added(R"([{"content": "x"}])"), HasSubstr("'added_tokens[0].id' is missing"));
  EXPECT_THAT(error_of_added(R"([{"content": "x", "id": 1e9}])"), HasSubstr("'added_tokens[0].id' must be"));
  EXPECT_THAT(error_of_added(R"([{"content": "x", "id": 1}])"), HasSubstr("share the id 1"));
  EXPECT_THAT(error_of_added(R"([{"content": "ab", "id": 7}])"), HasSubstr("'ab' has the id 7, but the vocabulary gives it 2"));
  EXPECT_THAT(error_of_added(R"([{"content": "x", "id": 7}, {"content": "x", "id": 8}])"), HasSubstr("have the same text"));
  EXPECT_THAT(error_of_added(R"([{"content": ")" + std::string(5000, 'x') + R"(", "id": 7}])"), HasSubstr("has 5000 bytes"));
}

TEST(HostileTokenizer, a_token_of_megabytes_is_refused) {
  EXPECT_THAT(error_of_model(R"({"vocab": {")" + std::string(10'000'000, 'a') + R"(": 0}, "merges": []})"),
              HasSubstr("Token 0 has 10000000 bytes"));
}

TEST(HostileTokenizer, steps_that_are_not_byte_level_are_named) {
  File file;
  file.pre_tokenizer = R"({"type": "Metaspace"})";
  EXPECT_THAT(error_of(file.json()), HasSubstr("'pre_tokenizer' must be ByteLevel when it is the last step"));
  file.pre_tokenizer = R"({"type": "Sequence", "pretokenizers": [{"type": "Punctuation"}, {"type": "ByteLevel"}]})";
  EXPECT_THAT(error_of(file.json()), HasSubstr("'pre_tokenizer.pretokenizers[0].type' is 'Punctuation'"));
  file.pre_tokenizer = R"({"type": "Sequence", "pretokenizers": [{"type": "ByteLevel"}, {"type": "ByteLevel"}]})";
  EXPECT_THAT(error_of(file.json()),
              HasSubstr("'pre_tokenizer.pretokenizers[0]' must be ByteLevel when it is the last step, and only then"));
  file.pre_tokenizer = "null";
  EXPECT_THAT(error_of(file.json()), HasSubstr("'pre_tokenizer' is missing"));
  file = File();
  file.normalizer = R"({"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]})";
  EXPECT_THAT(error_of(file.json()), HasSubstr("'normalizer.normalizers[1].type' is 'Lowercase'"));
  file = File();
  file.decoder = "null";
  EXPECT_THAT(error_of(file.json()), HasSubstr("'decoder' must be ByteLevel"));
}

TEST(HostileTokenizer, absurd_patterns_are_refused) {
  EXPECT_THAT(error_of_pattern("(a"), HasSubstr("Not a valid pattern"));
  EXPECT_THAT(error_of_pattern("((((((((((((((((((((((((((((a{900}){900}){900}))))))))))))))))))))))))))"),
              HasSubstr("Not a valid pattern"));
  EXPECT_THAT(error_of_pattern("(?:a+)+$"), HasSubstr("takes too many steps"));
  EXPECT_THAT(error_of_pattern("(?:\\\\s|\\\\S)*x"), "accepted") << "square time at worst";
  EXPECT_THAT(error_of_pattern(std::string(40'000, 'a')), HasSubstr("40000 bytes"));
  EXPECT_THAT(error_of_pattern("\\\\bword"), HasSubstr("at byte 0: this escape is not supported"));
}

TEST(HostileTokenizer, a_vocabulary_of_gguf_is_checked) {
  const auto error_of_vocabulary = [](const Vocabulary& vocabulary) {
    const auto made = Tokenizer::from_vocabulary(vocabulary);
    return made ? "accepted" : made.error().public_text;
  };
  const Vocabulary good{.tokens = {"a", "b", "ab"}, .merges = {"a b"}, .types = {}, .pre_tokenizer = "gpt-2"};
  EXPECT_EQ(error_of_vocabulary(good), "accepted");
  Vocabulary bad = good;
  bad.pre_tokenizer = "nobody's";
  EXPECT_THAT(error_of_vocabulary(bad), HasSubstr("'nobody's' is not known; known are default, gpt-2, smollm"));
  bad = good;
  bad.types = {1};
  EXPECT_THAT(error_of_vocabulary(bad), HasSubstr("has 3 tokens, but the types of 1"));
  bad = good;
  bad.tokens[1] = "a";
  EXPECT_THAT(error_of_vocabulary(bad), HasSubstr("The tokens 0 and 1 are both 'a'"));
  bad = good;
  bad.merges = {"b a"};
  EXPECT_THAT(error_of_vocabulary(bad), HasSubstr("needs the token 'ba'"));
  bad.tokens.clear();
  EXPECT_THAT(error_of_vocabulary(bad), HasSubstr("has no tokens"));
}

}  // namespace
}  // namespace xrouter::tokenizer
