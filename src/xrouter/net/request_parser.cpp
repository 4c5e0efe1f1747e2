#include "xrouter/net/request_parser.hpp"

#include <algorithm>

#include "xrouter/net/body_decoder.hpp"
#include "xrouter/net/head_sink.hpp"
#include "xrouter/net/syntax.hpp"

namespace xrouter::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

/// Reserved on the client's word alone.
constexpr std::uint64_t kMaxReserve = 64 * 1024;

Rejection refuse(int status, std::string text) {
  ErrorKind kind = ErrorKind::invalid_request;
  if (status == 413 || status == 431) kind = ErrorKind::request_too_large;
  return {.status = status, .error = {.kind = kind, .public_text = std::move(text)}};
}

Rejection malformed(std::string text) { return refuse(400, "Malformed HTTP request: " + std::move(text) + "."); }

/// Collects the head; the body never gets here.
class Sink final : public HeadSink<true> {
 public:
  using HeadSink::HeadSink;

  HttpRequest request;
  bool http_1_1 = false;
  int host_count = 0;
  int length_count = 0;
  int coding_count = 0;
  std::string_view coding = {};  // into the head; valid while the head is being parsed
  bool plain_length = true;

 private:
  void on_request_impl(http::verb, Text method, Text target, int version, Code&) override {
    request.method.assign(method.data(), method.size());
    request.target.assign(target.data(), target.size());
    http_1_1 = version >= 11;
  }
  void on_field_impl(http::field field, Text name, Text value, Code&) override {
    if (field == http::field::host) ++host_count;
    if (field == http::field::content_length) {
      ++length_count;
      plain_length = std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    }
    if (field == http::field::transfer_encoding) {
      ++coding_count;
      coding = view(value);
    }
    request.headers.add(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  }
};

bool is_authority(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7f && std::string_view("/?#@,\\\"<>{}|^`").find(c) == std::string_view::npos;
  });
}

}  // namespace

class RequestParser::Impl {
 public:
  explicit Impl(const HttpLimits& limits) : limits_(limits) { reset(); }

  void reset() {
    sink_.emplace(limits_.max_header_bytes);
    body_.reset();
    scanner_ = {};
    rejection_.reset();
    started_ = head_done_ = expects_continue_ = false;
  }

  std::size_t feed(std::string_view bytes) {
    std::size_t consumed = 0;
    if (!head_done_) consumed = feed_head(bytes);
    if (!head_done_ || rejection_) return consumed;
    return consumed + feed_body(bytes.substr(consumed));
  }

  bool done() const { return head_done_ && !rejection_ && body_->done(); }

  std::optional<Sink> sink_;
  std::optional<Rejection> rejection_;
  bool started_ = false;
  bool head_done_ = false;
  bool expects_continue_ = false;

 private:
  std::size_t feed_head(std::string_view bytes) {
    std::size_t skipped = 0;
    // One empty line before a request is common behind old clients and harmless.
    if (!started_ && bytes.starts_with("\r\n")) skipped = 2;
    bytes.remove_prefix(skipped);
    if (bytes.empty() || (!started_ && bytes == "\r")) return skipped;
    started_ = true;
    const HeadScanner::State state = scanner_.scan(bytes.substr(0, limits_.max_header_bytes));
    if (state == HeadScanner::State::malformed) {
      rejection_ = malformed("a control character, a bare line end or a folded line in its head");
      return skipped;
    }
    if (state == HeadScanner::State::need_more) {
      if (bytes.size() >= limits_.max_header_bytes) {
        rejection_ = refuse(431, "The request's headers are larger than the limit of " + std::to_string(limits_.max_header_bytes) + " bytes.");
        rejection_->error.code = "request_headers_too_large";
      }
      return skipped;
    }
    beast::error_code code;
    sink_->put(boost::asio::const_buffer(bytes.data(), scanner_.size()), code);
    rejection_ = check_head(code);
    if (!rejection_) start_body();
    head_done_ = !rejection_;
    return skipped + scanner_.size();
  }

  std::optional<Rejection> check_head(const beast::error_code& code) {
    // The coding first: Beast reads an unknown one as "no body", which must never happen.
    if (sink_->coding_count > 1) return malformed("repeated Transfer-Encoding");
    if (sink_->coding_count == 1 && sink_->length_count > 0) return malformed("both Content-Length and Transfer-Encoding");
    if (sink_->coding_count == 1 && !same_name(sink_->coding, "chunked")) return refuse(501, "This transfer coding is not supported.");
    if (sink_->coding_count == 1 && !sink_->http_1_1) return malformed("Transfer-Encoding in HTTP/1.0");
    if (sink_->length_count > 1 || !sink_->plain_length) return malformed("more than one Content-Length");
    if (code == http::error::bad_version) return refuse(505, "Only HTTP/1.0 and HTTP/1.1 are supported.");
    if (code) return malformed("its request line or a header cannot be read");
    sink_->coding = {};
    if (sink_->host_count > 1 || (sink_->http_1_1 && sink_->host_count == 0)) return malformed("exactly one Host header is needed");
    if (auto bad_target = check_target()) return bad_target;
    return check_expectation();
  }

  std::optional<Rejection> check_target() {
    std::string& target = sink_->request.target;
    if (!is_target(target) || target.find('#') != std::string::npos) return malformed("a bad request target");
    const std::string_view host = sink_->request.headers.get("host");
    if (!host.empty() && !is_authority(host)) return malformed("a bad Host header");
    if (target.front() == '/') return std::nullopt;
    if (target == "*" && sink_->request.method == "OPTIONS") return std::nullopt;
    const std::size_t scheme_end = target.find("://");
    const std::string_view scheme = std::string_view(target).substr(0, scheme_end);
    if (scheme_end == std::string::npos || !(same_name(scheme, "http") || same_name(scheme, "https"))) return malformed("a bad request target");
    // Absolute form, as a proxy gets it: its authority replaces Host (RFC 9112, 3.2.2).
    const std::size_t path = std::min(target.find_first_of("/?", scheme_end + 3), target.size());
    std::string authority = target.substr(scheme_end + 3, path - scheme_end - 3);
    if (!is_authority(authority)) return malformed("a bad request target");
    sink_->request.headers.set("Host", std::move(authority));
    target.erase(0, path);
    if (target.empty() || target.front() != '/') target.insert(0, 1, '/');
    return std::nullopt;
  }

  std::optional<Rejection> check_expectation() {
    const std::string_view expectation = sink_->request.headers.get("expect");
    if (expectation.empty() || !sink_->http_1_1) return std::nullopt;
    if (!same_name(expectation, "100-continue")) return refuse(417, "This expectation is not supported.");
    expects_continue_ = true;
    return std::nullopt;
  }

  void start_body() {
    const std::uint64_t length = sink_->content_length().value_or(0);
    body_ = sink_->chunked() ? BodyDecoder::chunked(limits_.max_body_bytes) : BodyDecoder::with_length(length, limits_.max_body_bytes);
    check_body();
    if (!rejection_) sink_->request.body.reserve(static_cast<std::size_t>(std::min(length, kMaxReserve)));
  }

  std::size_t feed_body(std::string_view bytes) {
    std::size_t consumed = 0;
    while (consumed < bytes.size() && !rejection_ && !body_->done()) {
      const BodyDecoder::Step step = body_->feed(bytes.substr(consumed));
      sink_->request.body.append(step.body);
      consumed += step.consumed;
      check_body();
    }
    return consumed;
  }

  void check_body() {
    if (body_->fault() == BodyDecoder::Fault::malformed) rejection_ = malformed("a bad chunk");
    if (body_->fault() == BodyDecoder::Fault::too_large) rejection_ = too_large();
  }

  Rejection too_large() const {
    return refuse(413, "The request's body is larger than the limit of " + std::to_string(limits_.max_body_bytes) + " bytes.");
  }

  HttpLimits limits_;
  HeadScanner scanner_;
  std::optional<BodyDecoder> body_;
};

RequestParser::RequestParser(const HttpLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::~RequestParser() = default;
std::size_t RequestParser::feed(std::string_view bytes) { return impl_->feed(bytes); }
void RequestParser::reset() { impl_->reset(); }
bool RequestParser::started() const { return impl_->started_; }
bool RequestParser::head_done() const { return impl_->head_done_; }
bool RequestParser::done() const { return impl_->done(); }
const std::optional<Rejection>& RequestParser::rejection() const { return impl_->rejection_; }
bool RequestParser::expects_continue() const { return impl_->expects_continue_ && !impl_->done(); }
bool RequestParser::is_http_1_1() const { return impl_->sink_->http_1_1; }
const std::string& RequestParser::method() const { return impl_->sink_->request.method; }
const HttpRequest& RequestParser::so_far() const { return impl_->sink_->request; }
HttpRequest RequestParser::take() { return std::move(impl_->sink_->request); }
bool RequestParser::keep_alive() const { return impl_->sink_->keep_alive(); }

}  // namespace xrouter::net
