#include <gtest/gtest.h>

#include "xrouter/json/parse.hpp"
#include "xrouter/wire/openai/clean_text.hpp"
#include "xrouter/wire/openai/codec.hpp"

namespace xrouter::wire::openai {
namespace {
using std::chrono::milliseconds;

TEST(RenderError, writes_the_four_members_and_only_public_text) {
  EXPECT_EQ(render_error({.kind = ErrorKind::invalid_request, .public_text = "Bad \"n\".", .internal_text = "secret", .param = "n"}),
            R"({"error":{"message":"Bad \"n\".","type":"invalid_request_error","param":"n","code":"invalid_request"}})");
  EXPECT_EQ(render_error({.kind = ErrorKind::rate_limited, .public_text = "Slow down.", .code = "special"}),
            R"({"error":{"message":"Slow down.","type":"rate_limit_error","param":null,"code":"special"}})");
  EXPECT_EQ(render_error({.kind = ErrorKind::internal, .public_text = "", .internal_text = "/etc/x"}).find("/etc"), std::string::npos);
}

struct Failure {
  int status;
  const char* body;
  ErrorKind kind;
};
void PrintTo(const Failure& failure, std::ostream* out) { *out << failure.status << " " << failure.body; }

class ClassifiedFailure : public testing::TestWithParam<Failure> {};
TEST_P(ClassifiedFailure, has_its_kind) {
  const Error error = classify_failure(GetParam().status, GetParam().body);
  EXPECT_EQ(label_of(error.kind), label_of(GetParam().kind));
  EXPECT_FALSE(error.public_text.empty());
}
INSTANTIATE_TEST_SUITE_P(
    Failures, ClassifiedFailure,
    testing::Values(
        Failure{400, "", ErrorKind::upstream_rejected}, Failure{404, "{}", ErrorKind::upstream_rejected}, Failure{413, "x", ErrorKind::upstream_rejected},
        Failure{422, R"({"detail":[{"msg":"x"}]})", ErrorKind::upstream_rejected}, Failure{409, "", ErrorKind::upstream_rejected},
        Failure{401, "", ErrorKind::upstream_credentials}, Failure{402, "", ErrorKind::upstream_credentials}, Failure{403, "", ErrorKind::upstream_credentials},
        Failure{408, "", ErrorKind::upstream_unreachable}, Failure{500, "", ErrorKind::upstream_unreachable}, Failure{502, "<html>", ErrorKind::upstream_unreachable},
        Failure{503, "", ErrorKind::upstream_unreachable}, Failure{529, "", ErrorKind::upstream_unreachable}, Failure{302, "", ErrorKind::upstream_invalid},
        Failure{429, "", ErrorKind::upstream_rate_limited}, Failure{429, R"({"error":{"code":"rate_limit_exceeded"}})", ErrorKind::upstream_rate_limited},
        Failure{429, R"({"error":{"code":"insufficient_quota","message":"x"}})", ErrorKind::upstream_credentials},
        Failure{429, R"({"error":{"type":"insufficient_quota","code":null}})", ErrorKind::upstream_credentials},
        Failure{429, R"({"error":{"message":"You exceeded your current quota, please check"}})", ErrorKind::upstream_credentials},
        Failure{400, R"({"error":{"code":"context_length_exceeded"}})", ErrorKind::context_length},
        Failure{400, R"({"object":"error","message":"This model's maximum context length is 4096 tokens."})", ErrorKind::context_length},
        Failure{413, R"([{"error":{"message":"the prompt is too long: 210000 tokens"}}])", ErrorKind::context_length},
        Failure{400, R"({"error":"input exceeds the context window"})", ErrorKind::context_length},
        Failure{400, R"({"error":{"code":"content_filter"}})", ErrorKind::content_filtered},
        Failure{400, R"({"error":{"code":"content_policy_violation"}})", ErrorKind::content_filtered},
        Failure{403, R"({"error":{"type":"moderation_error"}})", ErrorKind::content_filtered},
        Failure{400, R"({"error":{"code":17,"type":{},"message":["x"]}})", ErrorKind::upstream_rejected}));

TEST(Failures, vendor_text_stays_internal_bounded_and_without_secrets) {
  const std::string body = R"({"error":{"message":"Incorrect API key provided: sk-abcdef0123456789. See https://vendor.example/keys","code":"invalid_api_key"}})";
  const Error error = classify_failure(401, body);
  EXPECT_EQ(error.public_text.find("vendor"), std::string::npos);
  EXPECT_NE(error.internal_text.find("HTTP 401"), std::string::npos);
  EXPECT_NE(error.internal_text.find("invalid_api_key"), std::string::npos);
  EXPECT_EQ(error.internal_text.find("abcdef"), std::string::npos);
  EXPECT_LT(classify_failure(500, std::string(1 << 20, 'x')).internal_text.size(), kMaxLoggedBytes + 64);
}

TEST(CleanText, masks_what_looks_like_a_secret) {
  for (const char* text : {"Authorization: Bearer SECRET", "authorization=SECRET", "api_key=SECRET&x=1", "{\"api_key\":\"SECRET\"}", "x-api-key: SECRET",
                           "{\\\"key\\\": \\\"SECRET\\\"}", "token 'a': no; token: 'SECRET'", "password = SECRET", "key sk-SECRET used", "Basic SECRET",
                           "Incorrect API key provided: SECRET.", "gsk_SECRET", "AIzaSECRET", "id A1bSECRETSECRETSECRETSECRETx"}) {
    EXPECT_EQ(clean_for_log(text).find("SECRET"), std::string::npos) << clean_for_log(text);
  }
}

TEST(CleanText, leaves_plain_words_alone) {
  for (const char* text : {"max_tokens: 4096 is too large", "The key is wrong", "invalid_api_key", "{\"code\":\"rate_limit_exceeded\",\"param\":null}",
                           "https://vendor.example/docs/errors", "maximum context length is 8192 tokens"})
    EXPECT_EQ(clean_for_log(text), text);
}

TEST(CleanText, replaces_control_characters_and_broken_utf8) {
  EXPECT_EQ(clean_for_log("a\nb\x1B[31m\x7F"), "a b [31m ");
  EXPECT_EQ(clean_for_log("\xC2\x9B" "x\xFFy\xC3"), " x?y?");
  EXPECT_EQ(clean_for_log("\xC3\xA9\xF0\x9F\x98\x80"), "\xC3\xA9\xF0\x9F\x98\x80");
  EXPECT_EQ(clean_for_log("\xED\xA0\x80"), "???");
}

TEST(CleanText, a_secret_cut_by_the_limit_is_masked_too) {
  const std::string text = std::string(kMaxLoggedBytes - 10, 'x') + " sk-SECRETSECRET";
  EXPECT_EQ(clean_for_log(text).find("SECR"), std::string::npos);
}

// Sunday, 6 November 1994, 08:49:37 UTC
constexpr std::int64_t kThen = 784111777;

TEST(RetryAfter, prefers_milliseconds_then_seconds_then_the_reset) {
  EXPECT_EQ(read_retry_after("1500", "7", 0, "9s"), milliseconds(1500));
  EXPECT_EQ(read_retry_after("", " 7 ", 0, "9s"), milliseconds(7000));
  EXPECT_EQ(read_retry_after("", "", 0, "9s"), milliseconds(9000));
  EXPECT_EQ(read_retry_after("", "", 0), std::nullopt);
  EXPECT_EQ(read_retry_after("x", "2", 0), milliseconds(2000));
  EXPECT_EQ(read_retry_after("0", "2", 0), milliseconds(0));
}

TEST(RetryAfter, reads_fractions_and_rounds_up) {
  EXPECT_EQ(read_retry_after("", "0.25", 0), milliseconds(250));
  EXPECT_EQ(read_retry_after("0.2", "", 0), milliseconds(1));
}

TEST(RetryAfter, reads_all_three_http_dates) {
  EXPECT_EQ(read_retry_after("", "Sun, 06 Nov 1994 08:49:37 GMT", kThen - 5), milliseconds(5000));
  EXPECT_EQ(read_retry_after("", "Sunday, 06-Nov-94 08:49:37 GMT", kThen - 5), milliseconds(5000));
  EXPECT_EQ(read_retry_after("", "Sun Nov  6 08:49:37 1994", kThen - 5), milliseconds(5000));
  EXPECT_EQ(read_retry_after("", "Sun, 06 Nov 1994 08:49:37 GMT", kThen + 5), milliseconds(0));
}

TEST(RetryAfter, ignores_nonsense) {
  for (const char* text : {"-1", "nan", "inf", "soon", "1e3", "0x10", "7 s", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 anF 1994 08:49:37 GMT", "1:2:3:4:5:6:7:8:9:10"})
    EXPECT_EQ(read_retry_after("", text, 0), std::nullopt) << text;
  for (const char* text : {"-1", "nan", "inf", "12"}) EXPECT_EQ(read_retry_after(text[0] == '1' ? "" : text, "", 0, text), std::nullopt) << text;
}

TEST(RetryAfter, is_bounded_by_a_day) {
  EXPECT_EQ(read_retry_after("", "99999999999999", 0), std::chrono::hours(24));
  EXPECT_EQ(read_retry_after("", "Sun, 06 Nov 9994 08:49:37 GMT", 0), std::chrono::hours(24));
  EXPECT_EQ(read_retry_after("", "", 0, "99999d"), std::chrono::hours(24));
}

TEST(RetryAfter, reads_reset_durations) {
  EXPECT_EQ(read_retry_after("", "", 0, "12ms"), milliseconds(12));
  EXPECT_EQ(read_retry_after("", "", 0, "6m0s"), std::chrono::minutes(6));
  EXPECT_EQ(read_retry_after("", "", 0, "1h2m3.5s"), milliseconds(3'723'500));
}

}  // namespace
}  // namespace xrouter::wire::openai
