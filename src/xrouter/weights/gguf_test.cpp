#include "xrouter/weights/gguf.hpp"

#include <gmock/gmock.h>

#include "xrouter/weights/test_files.hpp"

namespace xrouter::weights {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint32_t kU8 = 0, kU32 = 4, kF32 = 6, kBool = 7, kString = 8, kArray = 9, kU64 = 10;

std::string refusal(const std::string& text) {
  const auto file = GgufFile::read(bytes_in_memory(text));
  if (file) return "was read";
  EXPECT_EQ(file.error().kind, ErrorKind::config);
  return file.error().public_text;
}

TEST(Gguf, reads_what_the_gguf_package_wrote) {
  auto bytes = map_file(golden(XROUTER_SOURCE_DIR, "quantised.gguf"));
  ASSERT_TRUE(bytes.has_value()) << bytes.error().describe();
  const auto file = GgufFile::read(std::move(*bytes));
  ASSERT_TRUE(file.has_value()) << file.error().describe();
  EXPECT_EQ(file->string("a.text").value(), "grüße");
  EXPECT_THAT(*file->strings("a.list").value(), ElementsAre("x", "", "ß"));
  EXPECT_THAT(*file->integers("a.numbers", -10, 10).value(), ElementsAre(3, -4, 5));
  EXPECT_EQ(file->integer("a.u8", 0, 255).value(), 200);
  EXPECT_EQ(file->integer("a.i16", -1000, 0).value(), -300);
  EXPECT_EQ(file->number("a.f64").value(), 0.1);
  EXPECT_EQ(file->boolean("a.flag").value(), true);
  EXPECT_EQ(file->integer("absent", 0, 1).value(), std::nullopt);
  EXPECT_EQ(file->tensors().size(), 11U);
  EXPECT_EQ(file->tensors().at("Q6_K").shape, (std::vector<std::int64_t>{2, 256}));
}

TEST(Gguf, refuses_values_of_another_kind_or_out_of_range) {
  auto bytes = map_file(golden(XROUTER_SOURCE_DIR, "quantised.gguf"));
  const auto file = GgufFile::read(std::move(*bytes));
  EXPECT_THAT(file->integer("a.text", 0, 9).error().public_text, HasSubstr("metadata 'a.text' must be a whole number from 0 to 9"));
  EXPECT_THAT(file->integer("a.u64", 0, 9).error().public_text, HasSubstr("whole number"));
  EXPECT_THAT(file->integer("a.u8", 0, 199).error().public_text, HasSubstr("from 0 to 199"));
  EXPECT_THAT(file->string("a.u8").error().public_text, HasSubstr("must be a text"));
  EXPECT_THAT(file->strings("a.numbers").error().public_text, HasSubstr("list of texts"));
  EXPECT_THAT(file->integers("a.list", 0, 9).error().public_text, HasSubstr("list of whole numbers"));
  EXPECT_THAT(file->integers("a.numbers", 0, 9).error().public_text, HasSubstr("from 0 to 9"));
  EXPECT_THAT(file->boolean("a.u8").error().public_text, HasSubstr("true or false"));
  EXPECT_THAT(file->number("a.flag").error().public_text, HasSubstr("must be a number"));
}

TEST(Gguf, refuses_foreign_files) {
  EXPECT_THAT(refusal(""), HasSubstr("no GGUF file"));
  EXPECT_THAT(refusal("GGML----------------------"), HasSubstr("no GGUF file"));
  EXPECT_THAT(refusal("GGUF"), HasSubstr("ends inside its header"));
  EXPECT_THAT(refusal("PK\x03\x04"), HasSubstr("no GGUF file"));
  GgufText text;
  text.version = 1;
  EXPECT_THAT(refusal(text.text()), HasSubstr("version 1"));
  text.version = 4;
  EXPECT_THAT(refusal(text.text()), HasSubstr("version 4"));
  text.version = 0x03000000;
  EXPECT_THAT(refusal(text.text()), HasSubstr("big-endian"));
  text.version = 2;
  EXPECT_EQ(refusal(text.text()), "was read");
}

TEST(Gguf, refuses_counts_that_the_file_cannot_hold) {
  GgufText text;
  text.keys = ~std::uint64_t{0};
  EXPECT_THAT(refusal(text.text()), HasSubstr("claims 18446744073709551615 metadata entries"));
  text.keys = 60'000;
  EXPECT_THAT(refusal(text.text()), HasSubstr("cut off"));
  text.keys = 0;
  text.tensors = ~std::uint64_t{0};
  EXPECT_THAT(refusal(text.text()), HasSubstr("claims 18446744073709551615 tensors"));
  text.tensors = 900'000;
  EXPECT_THAT(refusal(text.text()), HasSubstr("tensor 'number"));
}

TEST(Gguf, refuses_lengths_that_the_file_cannot_hold) {
  const auto with = [](std::uint32_t kind, const std::string& value) { return refusal(GgufText().key("k", kind, value).text()); };
  EXPECT_THAT(with(kString, packed(~std::uint64_t{0})), HasSubstr("metadata 'k' holds a text that is longer than the file"));
  EXPECT_THAT(with(kArray, packed(kU8) + packed(~std::uint64_t{0})), HasSubstr("longer than the file"));
  EXPECT_THAT(with(kArray, packed(kU64) + packed(std::uint64_t{1} << 61)), HasSubstr("longer than the file"));
  EXPECT_THAT(with(kArray, packed(kString) + packed(std::uint64_t{1} << 60)), HasSubstr("longer than the file"));
  EXPECT_THAT(with(kArray, packed(std::uint32_t{13}) + packed(std::uint64_t{1})), HasSubstr("unknown type"));
  EXPECT_THAT(with(77, ""), HasSubstr("unknown type"));
  EXPECT_THAT(with(kString, counted("x")), HasSubstr("was read"));
}

TEST(Gguf, decodes_no_list_that_is_longer_than_any_vocabulary) {
  const std::uint64_t items = 4'000'001;
  const auto file =
      GgufFile::read(bytes_in_memory(GgufText().key("n", kArray, packed(kU8) + packed(items) + std::string(items, 'x')).text()));
  ASSERT_TRUE(file.has_value());
  EXPECT_THAT(file->integers("n", 0, 255).error().public_text, HasSubstr("has 4000001 items"));
}

TEST(Gguf, bounds_nested_arrays) {
  std::string value;
  for (int i = 0; i < 3; ++i) value += packed(kArray) + packed(std::uint64_t{1});
  EXPECT_EQ(refusal(GgufText().key("k", kArray, value + packed(kU8) + packed(std::uint64_t{1}) + "x").text()), "was read");
  EXPECT_THAT(
      refusal(
          GgufText().key("k", kArray, value + packed(kArray) + packed(std::uint64_t{1}) + packed(kU8) + packed(std::uint64_t{0})).text()),
      HasSubstr("nested too deeply"));
}

TEST(Gguf, refuses_keys_and_tensors_that_stand_twice) {
  EXPECT_THAT(refusal(GgufText().key("k", kBool, "\1").key("k", kBool, std::string(1, '\0')).text()),
              HasSubstr("metadata 'k' stands there twice"));
  GgufText text;
  text.tensor("t", {4}, 0, 0).tensor("t", {4}, 0, 32);
  text.data.resize(64);
  EXPECT_THAT(refusal(text.text()), HasSubstr("tensor 't' stands there twice"));
}

std::string refusal_of_tensor(const std::vector<std::uint64_t>& dims, std::uint32_t type, std::uint64_t offset) {
  GgufText text;
  text.tensor("t", dims, type, offset);
  text.data.resize(64);
  return refusal(text.text());
}

TEST(Gguf, names_the_tensor_and_what_is_wrong_with_it) {
  EXPECT_EQ(refusal_of_tensor({4, 4}, 0, 0), "was read");
  EXPECT_THAT(refusal_of_tensor({4, 4}, 0, 32), HasSubstr("test: tensor 't' needs 64 bytes at 32, the file has 64"));
  EXPECT_THAT(refusal_of_tensor({4}, 0, ~std::uint64_t{0} - 31), HasSubstr("needs 16 bytes"));
  EXPECT_THAT(refusal_of_tensor({4}, 0, 16), HasSubstr("not aligned to 32"));
  EXPECT_THAT(refusal_of_tensor({}, 0, 0), HasSubstr("0 dimensions"));
  EXPECT_THAT(refusal_of_tensor({1, 1, 1, 1, 1}, 0, 0), HasSubstr("5 dimensions"));
  EXPECT_THAT(refusal_of_tensor({0}, 0, 0), HasSubstr("no length"));
  EXPECT_THAT(refusal_of_tensor({~std::uint64_t{0}}, 0, 0), HasSubstr("no length"));
  EXPECT_THAT(refusal_of_tensor({std::uint64_t{1} << 40, std::uint64_t{1} << 40}, 0, 0), HasSubstr("larger than any file"));
  EXPECT_THAT(refusal_of_tensor({std::uint64_t{1} << 62}, 0, 0), HasSubstr("larger than any file"));
  EXPECT_THAT(refusal_of_tensor({33}, 2, 0), HasSubstr("no whole blocks of 32"));
  EXPECT_THAT(refusal_of_tensor({256}, 10, 0), HasSubstr("is of type Q2_K, which is not read"));
  EXPECT_THAT(refusal_of_tensor({256}, 4'000'000'000, 0), HasSubstr("type number 4000000000"));
}

TEST(Gguf, refuses_overlaps_and_odd_alignments) {
  GgufText text;
  text.tensor("a", {16}, 0, 0).tensor("b", {8}, 0, 32);
  text.data.resize(64);
  EXPECT_THAT(refusal(text.text()), HasSubstr("tensor 'b' overlaps"));
  EXPECT_THAT(refusal(GgufText().key("general.alignment", kU32, packed(std::uint32_t{24})).text()), HasSubstr("no power of two"));
  EXPECT_THAT(refusal(GgufText().key("general.alignment", kU32, packed(std::uint32_t{0})).text()), HasSubstr("whole number from 1"));
  EXPECT_THAT(refusal(GgufText().key("general.alignment", kF32, packed(32.0F)).text()), HasSubstr("whole number"));
}

TEST(Gguf, every_truncation_is_refused) {
  GgufText text;
  text.key("k", kString, counted("text"))
      .key("l", kArray, packed(kString) + packed(std::uint64_t{2}) + counted("a") + counted("b"))
      .tensor("t", {4}, 0, 0);
  text.data = std::string(16, 'x');
  const std::string whole = text.text();
  EXPECT_EQ(refusal(whole), "was read");
  for (std::size_t length = 0; length < whole.size(); ++length) EXPECT_NE(refusal(whole.substr(0, length)), "was read") << length;
}

}  // namespace
}  // namespace xrouter::weights
