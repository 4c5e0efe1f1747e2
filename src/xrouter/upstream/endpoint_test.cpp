#include "xrouter/upstream/endpoint.hpp"

#include <gtest/gtest.h>

namespace xrouter::upstream {
namespace {

Result<Endpoint> parsed(std::string url) { return parse_endpoint({.name = "example", .base_url = std::move(url)}); }

TEST(Endpoint, knows_the_default_ports_and_appends_the_route) {
  EXPECT_EQ(parsed("https://llm.example/v1")->origin, (net::Origin{true, "llm.example", 443}));
  EXPECT_EQ(parsed("https://llm.example/v1")->chat_target, "/v1/chat/completions");
  EXPECT_EQ(parsed("http://127.0.0.1:8000/openai/v1/")->origin, (net::Origin{false, "127.0.0.1", 8000}));
  EXPECT_EQ(parsed("http://127.0.0.1:8000/openai/v1/")->chat_target, "/openai/v1/chat/completions");
  EXPECT_EQ(parsed("http://[::1]:11434")->origin, (net::Origin{false, "::1", 11434}));
  EXPECT_EQ(parsed("http://[::1]:11434")->chat_target, "/chat/completions");
}

TEST(Endpoint, refuses_what_is_not_a_plain_http_address) {
  for (const char* url : {"", "llm.example/v1", "ftp://llm.example/v1", "https://", "https:///v1", "https://user:pw@llm.example/v1",
                          "https://llm.example/v1?key=secret", "https://llm.example/v1#x", "https://llm.example:0/v1",
                          "https://llm.example:99999/v1", "https://llm example/v1"}) {
    const auto endpoint = parsed(url);
    ASSERT_FALSE(endpoint) << url;
    EXPECT_EQ(endpoint.error().kind, ErrorKind::config);
    EXPECT_EQ(endpoint.error().public_text.find("secret"), std::string::npos) << "a key in the URL is not repeated";
    EXPECT_EQ(endpoint.error().public_text.find("pw"), std::string::npos);
  }
}

TEST(Endpoint, a_request_has_exactly_the_allowed_headers) {
  const net::HttpRequest request =
      make_request(*parsed("http://h/v1"), Secret("k-1"), {.user_agent = "xrouter/9", .depth = 2, .stream = true}, "{}");
  std::string names;
  for (const net::Header& header : request.headers.list()) names += header.name + "=" + header.value + ";";
  EXPECT_EQ(names,
            "authorization=Bearer k-1;content-type=application/json;accept=text/event-stream;user-agent=xrouter/9;x-xrouter-depth=3;");
}

TEST(Endpoint, without_a_key_there_is_no_authorization) {
  const net::HttpRequest request = make_request(*parsed("http://h/v1"), Secret(), {.user_agent = "x"}, "{}");
  EXPECT_FALSE(request.headers.has("authorization"));
  EXPECT_EQ(request.headers.get("accept"), "application/json");
}

}  // namespace
}  // namespace xrouter::upstream
