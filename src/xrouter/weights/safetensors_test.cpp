#include "xrouter/weights/safetensors.hpp"

#include <gmock/gmock.h>

#include "xrouter/weights/test_files.hpp"

namespace xrouter::weights {
namespace {

using testing::HasSubstr;

std::string refusal(const std::string& text) {
  const auto file = SafetensorsFile::read(bytes_in_memory(text));
  if (file) return "was read";
  EXPECT_EQ(file.error().kind, ErrorKind::config);
  return file.error().public_text;
}

const std::string kTwo = R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                         R"("b":{"dtype":"BF16","shape":[1,2],"data_offsets":[8,12]}}  )";

TEST(Safetensors, reads_tensors_and_metadata) {
  const auto file = SafetensorsFile::read(bytes_in_memory(safetensors(kTwo, std::string("\0\0\x80\x3f\0\0\0\x40", 8) + "abcd")));
  ASSERT_TRUE(file.has_value()) << file.error().describe();
  EXPECT_EQ(file->metadata().at("format"), "pt");
  const auto a = file->tensor("a");
  ASSERT_TRUE(a.has_value());
  EXPECT_EQ(a->shape, std::vector<std::int64_t>{2});
  float values[2];
  std::memcpy(values, a->bytes.data(), sizeof values);
  EXPECT_EQ(values[0], 1.0F);
  EXPECT_EQ(values[1], 2.0F);
  const auto b = file->tensor("b");
  ASSERT_TRUE(b.has_value());
  EXPECT_EQ(b->dtype, DType::bf16);
  EXPECT_EQ(std::memcmp(b->bytes.data(), "abcd", 4), 0);
}

TEST(Safetensors, hands_out_aligned_numbers_also_when_the_header_is_not) {
  for (std::size_t spaces = 0; spaces < 8; ++spaces) {
    const auto file = SafetensorsFile::read(bytes_in_memory(safetensors(kTwo + std::string(spaces, ' '), "12345678abcd")));
    ASSERT_TRUE(file.has_value());
    const auto tensor = file->tensor("a");
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor->bytes.data()) % 4, 0U);
    EXPECT_EQ(std::memcmp(tensor->bytes.data(), "12345678", 8), 0);
  }
}

TEST(Safetensors, accepts_tensors_without_values_and_scalars) {
  const auto file = SafetensorsFile::read(bytes_in_memory(safetensors(
      R"({"none":{"dtype":"F16","shape":[0,4],"data_offsets":[0,0]},"one":{"dtype":"F16","shape":[],"data_offsets":[0,2]}})", "xy")));
  ASSERT_TRUE(file.has_value()) << file.error().describe();
  EXPECT_TRUE(file->tensor("none")->bytes.empty());
  EXPECT_EQ(file->tensor("one")->bytes.size(), 2U);
}

TEST(Safetensors, refuses_headers_that_do_not_fit_the_file) {
  EXPECT_THAT(refusal(""), HasSubstr("too short"));
  EXPECT_THAT(refusal("1234567"), HasSubstr("too short"));
  EXPECT_THAT(refusal(packed<std::uint64_t>(100) + "{}"), HasSubstr("ends inside its header"));
  EXPECT_THAT(refusal(packed(~std::uint64_t{0}) + "{}"), HasSubstr("claims a header of 18446744073709551615 bytes"));
  EXPECT_THAT(refusal(packed<std::uint64_t>(25'000'001) + std::string(25'000'001, ' ')), HasSubstr("claims a header of 25000001 bytes"));
  EXPECT_THAT(refusal(safetensors("")), HasSubstr("begin with '{'"));
  EXPECT_THAT(refusal(safetensors(" {}")), HasSubstr("begin with '{'"));
  EXPECT_THAT(refusal(safetensors("{}x")), HasSubstr("text after the value"));
  EXPECT_THAT(refusal(safetensors("{\"\xff\":{}}")), HasSubstr("Not valid JSON"));
  EXPECT_THAT(refusal(safetensors("{\"a\":[[[[1]]]]}")), HasSubstr("nested deeper"));
  EXPECT_THAT(refusal(safetensors("{" + std::string(100'000, '['))), HasSubstr("Not valid JSON"));
}

TEST(Safetensors, refuses_names_that_stand_twice_however_they_are_spelled) {
  const std::string entry = R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
  EXPECT_THAT(refusal(safetensors("{\"a\":" + entry + ",\"a\":" + entry + "}", "1234")), HasSubstr("'a' twice"));
  EXPECT_THAT(refusal(safetensors("{\"a\":" + entry + ",\"\\u0061\":" + entry + "}", "1234")), HasSubstr("'a' twice"));
  EXPECT_THAT(refusal(safetensors(R"({"a":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}})", "1234")),
              HasSubstr("'dtype' twice"));
}

struct Slip {
  const char* entry;
  const char* reason;
};

TEST(Safetensors, names_the_tensor_and_what_is_wrong_with_it) {
  const Slip slips[] = {
      {R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})", "needs 8 bytes, its offsets span 4"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":[4,0]})", "no range"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":[0]})", "two 'data_offsets'"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":[0,-4]})", "no range"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":[0,4.0]})", "no range"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})", "ends at byte 8 of 4"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":[18446744073709551611,18446744073709551615]})",
       "ends at byte 18446744073709551615 of 4"},
      {R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]})", "larger than any file"},
      {R"({"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,4]})", "larger than any file"},
      {R"({"dtype":"F64","shape":[4611686018427387904],"data_offsets":[0,0]})", "larger than any file"},
      {R"({"dtype":"F32","shape":[-1],"data_offsets":[0,4]})", "no length"},
      {R"({"dtype":"F32","shape":["1"],"data_offsets":[0,4]})", "no length"},
      {R"({"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]})", "9 dimensions"},
      {R"({"dtype":"F33","shape":[1],"data_offsets":[0,4]})", "unknown type 'F33'"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1})", "unknown member 'x'"},
      {R"({"shape":[1],"data_offsets":[0,4]})", "no 'dtype'"},
      {R"({"dtype":"F32","data_offsets":[0,4]})", "no 'shape'"},
      {R"([1])", "described by an object"},
  };
  for (const Slip& slip : slips) {
    const std::string text = refusal(safetensors("{\"layer\\n\":" + std::string(slip.entry) + "}", "1234"));
    EXPECT_THAT(text, HasSubstr("test: tensor 'layer?'")) << slip.entry;
    EXPECT_THAT(text, HasSubstr(slip.reason)) << slip.entry;
  }
}

TEST(Safetensors, refuses_holes_overlaps_and_leftovers) {
  const auto two = [](const char* a, const char* b) {
    return "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":" + std::string(a) +
           "},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":" + b + "}}";
  };
  EXPECT_EQ(refusal(safetensors(two("[0,4]", "[4,8]"), "12345678")), "was read");
  EXPECT_EQ(refusal(safetensors(two("[4,8]", "[0,4]"), "12345678")), "was read");
  EXPECT_THAT(refusal(safetensors(two("[0,4]", "[0,4]"), "1234")), HasSubstr("overlaps"));
  EXPECT_THAT(refusal(safetensors(two("[0,4]", "[2,6]"), "123456")), HasSubstr("overlaps"));
  EXPECT_THAT(refusal(safetensors(two("[0,4]", "[5,9]"), "123456789")), HasSubstr("hole of 1 bytes"));
  EXPECT_THAT(refusal(safetensors(two("[1,5]", "[5,9]"), "123456789")), HasSubstr("hole of 1 bytes"));
  EXPECT_THAT(refusal(safetensors(two("[0,4]", "[4,8]"), "123456789")), HasSubstr("1 bytes behind its last tensor"));
  EXPECT_THAT(refusal(safetensors(two("[0,4]", "[4,8]"), "1234567")), HasSubstr("cut off"));
}

TEST(Safetensors, refuses_numbers_of_other_types_only_when_somebody_wants_them) {
  const auto file =
      SafetensorsFile::read(bytes_in_memory(safetensors(R"({"q":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})", "12345678")));
  ASSERT_TRUE(file.has_value());
  EXPECT_THAT(file->tensor("q").error().public_text, HasSubstr("tensor 'q' has numbers of type I64"));
  EXPECT_THAT(file->tensor("r").error().public_text, HasSubstr("tensor 'r' is missing"));
}

TEST(Safetensors, every_truncation_is_refused) {
  const std::string whole = safetensors(kTwo, "12345678abcd");
  for (std::size_t length = 0; length < whole.size(); ++length) EXPECT_NE(refusal(whole.substr(0, length)), "was read") << length;
}

}  // namespace
}  // namespace xrouter::weights
