#include "xrouter/net/response_parser.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <optional>

#include "xrouter/net/syntax.hpp"

namespace xrouter::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::size_t kMaxChunkHeadBytes = 16 * 1024;
constexpr int kMaxInterimHeads = 16;

auto invalid(std::string why) { return fail(ErrorKind::upstream_invalid, "The upstream answered with invalid HTTP.", std::move(why)); }

class Sink final : public http::basic_parser<false> {
 public:
  HttpResponseHead head;
  std::string_view piece = {};
  std::string coding = {};
  int coding_count = 0;

 private:
  using Code = beast::error_code;
  void on_request_impl(http::verb, beast::string_view, beast::string_view, int, Code&) override {}
  void on_response_impl(int status, beast::string_view, int, Code&) override { head.status = status; }
  void on_field_impl(http::field field, beast::string_view name, beast::string_view value, Code&) override {
    if (head_over_) return;  // a trailer
    if (field == http::field::transfer_encoding) {
      ++coding_count;
      coding.assign(value.data(), value.size());
    }
    head.headers.add(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  }
  void on_header_impl(Code&) override { head_over_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
  std::size_t on_body_impl(beast::string_view bytes, Code&) override {
    piece = {bytes.data(), bytes.size()};
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, Code& code) override { return on_body_impl(bytes, code); }
  void on_finish_impl(Code&) override {}

  bool head_over_ = false;
};

}  // namespace

class ResponseParser::Impl {
 public:
  Impl(std::size_t max_header_bytes, std::size_t max_body_bytes, bool to_head)
      : max_header_bytes_(max_header_bytes), max_body_bytes_(max_body_bytes), to_head_(to_head) {
    start();
  }

  Result<Step> feed(std::string_view bytes) {
    if (bytes.empty() || done()) return Step{.need_more = true};
    started_ = true;
    return head_done_ ? feed_body(bytes) : feed_head(bytes);
  }

  Result<void> feed_end() {
    beast::error_code code = http::error::partial_message;
    if (head_done_ && !done()) sink_->put_eof(code);
    if (done()) return {};
    return fail(ErrorKind::upstream_unreachable, "The upstream closed the connection before its answer was complete.",
                head_done_ ? "end within the body" : "end before the head");
  }

  bool done() const { return head_done_ && sink_->is_done(); }

  std::optional<Sink> sink_;
  bool started_ = false;
  bool head_done_ = false;

 private:
  void start() {
    sink_.emplace();
    sink_->header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(max_header_bytes_, UINT32_MAX - 1) + 1));
    sink_->body_limit(max_body_bytes_);
    if (to_head_) sink_->skip(true);
    scanner_ = {};
  }

  Result<Step> feed_head(std::string_view bytes) {
    const HeadScanner::State state = scanner_.scan(bytes.substr(0, max_header_bytes_));
    if (state == HeadScanner::State::malformed) return invalid("a bad byte or line end in the head");
    if (state == HeadScanner::State::need_more) {
      if (bytes.size() >= max_header_bytes_) return invalid("the head is over the limit");
      return Step{.need_more = true};
    }
    const std::size_t size = scanner_.size();
    beast::error_code code;
    sink_->put(boost::asio::const_buffer(bytes.data(), size), code);
    if (code == http::error::body_limit) return invalid("the body is over the limit");
    if (code) return invalid("head: " + code.message());
    const int status = sink_->head.status;
    if (status == 101 || status < 100) return invalid("unexpected status " + std::to_string(status));
    if (status < 200) {
      if (++interim_heads_ > kMaxInterimHeads) return invalid("too many interim responses");
      start();
      return Step{.consumed = size};
    }
    if (sink_->coding_count > 1 || (sink_->coding_count == 1 && !same_name(sink_->coding, "chunked")))
      return invalid("an unsupported transfer coding");
    head_done_ = true;
    return Step{.consumed = size};
  }

  Result<Step> feed_body(std::string_view bytes) {
    beast::error_code code;
    sink_->piece = {};
    const std::size_t consumed = sink_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), code);
    if (code == http::error::body_limit) return invalid("the body is over the limit");
    if (code && code != http::error::need_more) return invalid("body: " + code.message());
    if (code && bytes.size() - consumed > kMaxChunkHeadBytes) return invalid("a chunk header is too long");
    return Step{.consumed = consumed, .body = sink_->piece, .need_more = code == http::error::need_more};
  }

  std::size_t max_header_bytes_;
  std::size_t max_body_bytes_;
  bool to_head_;
  int interim_heads_ = 0;
  HeadScanner scanner_;
};

ResponseParser::ResponseParser(std::size_t max_header_bytes, std::size_t max_body_bytes, bool to_head)
    : impl_(std::make_unique<Impl>(max_header_bytes, max_body_bytes, to_head)) {}
ResponseParser::~ResponseParser() = default;
ResponseParser::ResponseParser(ResponseParser&&) noexcept = default;
Result<ResponseParser::Step> ResponseParser::feed(std::string_view bytes) { return impl_->feed(bytes); }
Result<void> ResponseParser::feed_end() { return impl_->feed_end(); }
bool ResponseParser::started() const { return impl_->started_; }
bool ResponseParser::head_done() const { return impl_->head_done_; }
bool ResponseParser::done() const { return impl_->done(); }
bool ResponseParser::keep_alive() const { return impl_->sink_->keep_alive(); }
const HttpResponseHead& ResponseParser::head() const { return impl_->sink_->head; }

}  // namespace xrouter::net
