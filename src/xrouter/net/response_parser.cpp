#include "xrouter/net/response_parser.hpp"

#include <optional>

#include "xrouter/net/body_decoder.hpp"
#include "xrouter/net/head_sink.hpp"
#include "xrouter/net/syntax.hpp"

namespace xrouter::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr int kMaxInterimHeads = 16;

auto invalid(std::string why) { return fail(ErrorKind::upstream_invalid, "The upstream answered with invalid HTTP.", std::move(why)); }

class Sink final : public HeadSink<false> {
 public:
  using HeadSink::HeadSink;

  HttpResponseHead head;
  std::string coding = {};
  int coding_count = 0;

 private:
  void on_response_impl(int status, Text, int, Code&) override { head.status = status; }
  void on_field_impl(http::field field, Text name, Text value, Code&) override {
    if (field == http::field::transfer_encoding) {
      ++coding_count;
      coding.assign(value.data(), value.size());
    }
    head.headers.add(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  }
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
    return body_ ? feed_body(bytes) : feed_head(bytes);
  }

  Result<void> feed_end() {
    if (body_ && body_->end()) return {};
    return fail(ErrorKind::upstream_unreachable, "The upstream closed the connection before its answer was complete.",
                body_ ? "end within the body" : "end before the head");
  }

  bool done() const { return body_ && body_->done(); }

  std::optional<Sink> sink_;
  std::optional<BodyDecoder> body_;  // once the head is done
  bool started_ = false;

 private:
  void start() {
    sink_.emplace(max_header_bytes_);
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
    body_ = body_framing();
    if (body_->fault() == BodyDecoder::Fault::too_large) return invalid("the body is over the limit");
    return Step{.consumed = size};
  }

  BodyDecoder body_framing() const {
    if (sink_->is_done()) return BodyDecoder::with_length(0, max_body_bytes_);
    if (sink_->chunked()) return BodyDecoder::chunked(max_body_bytes_);
    if (sink_->need_eof()) return BodyDecoder::until_end(max_body_bytes_);
    return BodyDecoder::with_length(sink_->content_length().value_or(0), max_body_bytes_);
  }

  Result<Step> feed_body(std::string_view bytes) {
    const BodyDecoder::Step step = body_->feed(bytes);
    if (body_->fault() == BodyDecoder::Fault::malformed) return invalid("a bad chunk");
    if (body_->fault() == BodyDecoder::Fault::too_large) return invalid("the body is over the limit");
    return Step{.consumed = step.consumed, .body = step.body, .need_more = step.consumed == bytes.size()};
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
bool ResponseParser::head_done() const { return impl_->body_.has_value(); }
bool ResponseParser::done() const { return impl_->done(); }
bool ResponseParser::keep_alive() const { return impl_->sink_->keep_alive(); }
const HttpResponseHead& ResponseParser::head() const { return impl_->sink_->head; }

}  // namespace xrouter::net
