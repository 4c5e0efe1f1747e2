#include "xrouter/net/request_parser.hpp"

#include <gtest/gtest.h>

namespace xrouter::net {
namespace {

struct Parsed {
  std::vector<HttpRequest> requests;
  int rejected_with = 0;
  std::string left;
};

/// Feeds `bytes` in pieces of `step` and parses as many requests as there are.
Parsed parse(const std::string& bytes, std::size_t step = std::string::npos, HttpLimits limits = {}) {
  RequestParser parser(limits);
  Parsed parsed;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t size = std::min(step, bytes.size() - at);
    parsed.left.append(bytes, at, size);
    at += size;
    while (true) {
      const std::size_t consumed = parser.feed(parsed.left);
      parsed.left.erase(0, consumed);
      if (parser.rejection()) {
        parsed.rejected_with = parser.rejection()->status;
        return parsed;
      }
      if (!parser.done()) break;
      parsed.requests.push_back(parser.take());
      parser.reset();
    }
  }
  return parsed;
}

struct Case {
  const char* name;
  std::string bytes;
  int status;  // 0 = accepted
};

const std::string kHost = "Host: x\r\n";
std::string post(const std::string& headers, const std::string& body = "") { return "POST /v1 HTTP/1.1\r\n" + kHost + headers + "\r\n" + body; }
std::string get(const std::string& headers) { return "GET /v1 HTTP/1.1\r\n" + kHost + headers + "\r\n"; }

std::vector<Case> cases() {
  return {
      {"plain", get(""), 0},
      {"length", post("Content-Length: 5\r\n", "hello"), 0},
      {"chunked", post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), 0},
      {"chunk_extension_and_trailer", post("Transfer-Encoding: Chunked\r\n", "5;a=b\r\nhello\r\n0\r\nX-T: 1\r\n\r\n"), 0},
      {"empty_line_first", "\r\n" + get(""), 0},
      {"http_1_0_without_host", "GET / HTTP/1.0\r\n\r\n", 0},
      {"absolute_target", "GET http://a.example/p?q HTTP/1.1\r\nHost: x\r\n\r\n", 0},
      {"options_star", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 0},
      {"high_bytes_in_a_value", get("X: caf\xc3\xa9\r\n"), 0},

      {"two_equal_lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400},
      {"two_lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), 400},
      {"length_list", post("Content-Length: 5, 5\r\n", "hello"), 400},
      {"signed_length", post("Content-Length: +5\r\n", "hello"), 400},
      {"negative_length", post("Content-Length: -5\r\n", "hello"), 400},
      {"hex_length", post("Content-Length: 0x5\r\n", "hello"), 400},
      {"empty_length", post("Content-Length: \r\n", "hello"), 400},
      {"length_with_a_space", post("Content-Length: 5 5\r\n", "hello"), 400},
      {"huge_length", post("Content-Length: 99999999999999999999999\r\n"), 400},
      {"length_and_chunked", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
      {"chunked_and_length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400},
      {"gzip_and_length", post("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n", "hello"), 400},
      {"two_codings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
      {"identity_then_chunked", post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
      {"gzip", post("Transfer-Encoding: gzip\r\n", "hello"), 501},
      {"gzip_chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
      {"chunked_gzip", post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), 501},
      {"xchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 501},
      {"quoted_chunked", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), 501},
      {"chunked_with_parameter", post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"), 501},
      {"empty_coding", post("Transfer-Encoding:\r\n", "0\r\n\r\n"), 501},
      {"chunked_in_1_0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"space_before_colon", post("Content-Length : 5\r\n", "hello"), 400},
      {"coding_space_before_colon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), 400},
      {"vertical_tab_coding", post("Transfer-Encoding: \x0b" "chunked\r\n", "0\r\n\r\n"), 400},
      {"obs_fold", get("X: a\r\n b\r\n"), 400},
      {"obs_fold_of_coding", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), 400},
      {"space_before_first_header", "GET / HTTP/1.1\r\n X: a\r\nHost: x\r\n\r\n", 400},
      {"bare_lf", "GET / HTTP/1.1\nHost: x\n\n", 400},
      {"bare_lf_in_a_header", "GET / HTTP/1.1\r\nHost: x\r\nA: b\nC: d\r\n\r\n", 400},
      {"bare_cr", "GET / HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n", 400},
      {"lf_cr", "GET / HTTP/1.1\n\rHost: x\r\n\r\n", 400},
      {"nul_in_value", std::string("GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n", 35), 400},
      {"delete_in_value", get("A: b\x7f\r\n"), 400},
      {"control_in_name", get("A\x01: b\r\n"), 400},
      {"empty_name", get(": b\r\n"), 400},
      {"no_colon", get("nonsense\r\n"), 400},
      {"no_host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two_hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
      {"host_with_path", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400},
      {"host_with_user", "GET / HTTP/1.1\r\nHost: u@y\r\n\r\n", 400},
      {"tab_in_request_line", "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"two_spaces", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"space_in_target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 505},
      {"high_byte_in_target", "GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"fragment", "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"relative_target", "GET a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"connect", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"foreign_scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"http_2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"http_0_9", "GET /\r\n\r\n", 400},
      {"tls_hello", std::string("\x16\x03\x01\x02\x00\x01", 6), 400},
      {"other_expectation", post("Expect: money\r\nContent-Length: 1\r\n", "a"), 417},

      {"chunk_without_size", post("Transfer-Encoding: chunked\r\n", "\r\n\r\n"), 400},
      {"chunk_hex_prefix", post("Transfer-Encoding: chunked\r\n", "0x5\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk_signed", post("Transfer-Encoding: chunked\r\n", "+5\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk_size_overflow", post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk_bare_lf", post("Transfer-Encoding: chunked\r\n", "5\nhello\n0\n\n"), 400},
      {"chunk_longer_than_said", post("Transfer-Encoding: chunked\r\n", "5\r\nhelloX\r\n0\r\n\r\n"), 400},
      {"chunk_extension_with_lf", post("Transfer-Encoding: chunked\r\n", "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk_extension_lf_first", post("Transfer-Encoding: chunked\r\n", "5;\nxx\r\nhello\r\n0\r\n\r\n"), 400},
      {"trailer_bare_lf", post("Transfer-Encoding: chunked\r\n", "0\r\nA: b\nC: d\r\n\r\n"), 400},
  };
}

TEST(RequestParser, accepts_and_refuses_the_same_in_every_split) {
  for (const Case& item : cases()) {
    for (std::size_t step : {std::string::npos, std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
      const Parsed parsed = parse(item.bytes, step);
      EXPECT_EQ(parsed.rejected_with, item.status) << item.name << " in steps of " << step;
      EXPECT_EQ(parsed.requests.size(), item.status == 0 ? 1u : 0u) << item.name << " in steps of " << step;
    }
  }
}

TEST(RequestParser, gives_the_message_as_sent) {
  const Parsed parsed = parse("POST /v1/x?y=1 HTTP/1.1\r\nHost: a.example:8800\r\nX-One:  two words \r\nContent-Length: 5\r\n\r\nhello");
  ASSERT_EQ(parsed.requests.size(), 1u);
  const HttpRequest& request = parsed.requests[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/v1/x?y=1");
  EXPECT_EQ(request.headers.get("x-one"), "two words");
  EXPECT_EQ(request.body, "hello");
}

TEST(RequestParser, joins_chunks_and_drops_trailers) {
  const Parsed parsed = parse(post("Transfer-Encoding: chunked\r\n", "3\r\nhel\r\n2\r\nlo\r\n0\r\nHost: evil\r\n\r\n"), 1);
  ASSERT_EQ(parsed.requests.size(), 1u);
  EXPECT_EQ(parsed.requests[0].body, "hello");
  EXPECT_EQ(parsed.requests[0].headers.get("host"), "x");
}

TEST(RequestParser, an_absolute_target_replaces_the_host) {
  const Parsed parsed = parse("GET http://a.example?q HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_EQ(parsed.requests.size(), 1u);
  EXPECT_EQ(parsed.requests[0].target, "/?q");
  EXPECT_EQ(parsed.requests[0].headers.get("host"), "a.example");
}

TEST(RequestParser, leaves_the_next_requests_bytes_alone) {
  const Parsed parsed = parse(post("Content-Length: 2\r\n", "ab") + get("") + "GET /unfin");
  EXPECT_EQ(parsed.requests.size(), 2u);
  EXPECT_EQ(parsed.left, "GET /unfin");
}

TEST(RequestParser, a_head_over_the_limit_is_431_and_one_at_the_limit_is_not) {
  HttpLimits limits;
  const std::string fits = get("A: " + std::string(100, 'a') + "\r\n");
  limits.max_header_bytes = fits.size();
  EXPECT_EQ(parse(fits, 1, limits).requests.size(), 1u);
  limits.max_header_bytes = fits.size() - 1;
  EXPECT_EQ(parse(fits, 1, limits).rejected_with, 431);
  EXPECT_EQ(parse(fits, std::string::npos, limits).rejected_with, 431);
  limits.max_header_bytes = 1000;
  std::string endless = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 100; ++i) endless += "A: aaaaaaaaaaaaa\r\n";
  EXPECT_EQ(parse(endless, 18, limits).rejected_with, 431) << "field by field, each small";
}

TEST(RequestParser, a_body_over_the_limit_is_413_however_it_is_sent) {
  HttpLimits limits;
  limits.max_body_bytes = 4;
  EXPECT_EQ(parse(post("Content-Length: 5\r\n"), 1, limits).rejected_with, 413) << "refused on the declared length alone";
  EXPECT_EQ(parse(post("Content-Length: 4\r\n", "1234"), 1, limits).requests.size(), 1u);
  EXPECT_EQ(parse(post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), 1, limits).rejected_with, 413);
  EXPECT_EQ(parse(post("Transfer-Encoding: chunked\r\n", "2\r\nab\r\n2\r\nde\r\n0\r\n\r\n"), 1, limits).requests.size(), 1u);
}

TEST(RequestParser, endless_chunk_extensions_and_trailers_are_cut) {
  EXPECT_EQ(parse(post("Transfer-Encoding: chunked\r\n", "1;" + std::string(10'000, 'a')), 100).rejected_with, 400);
  EXPECT_EQ(parse(post("Transfer-Encoding: chunked\r\n", "0\r\nA: " + std::string(10'000, 'a')), 100).rejected_with, 400);
}

TEST(RequestParser, says_whether_the_connection_may_go_on) {
  const auto keeps = [](const std::string& bytes) {
    RequestParser parser(HttpLimits{});
    parser.feed(bytes);
    return parser.done() && parser.keep_alive();
  };
  EXPECT_TRUE(keeps(get("")));
  EXPECT_FALSE(keeps(get("Connection: close\r\n")));
  EXPECT_FALSE(keeps(get("Connection: x\r\nConnection: y, Close\r\n")));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

}  // namespace
}  // namespace xrouter::net
