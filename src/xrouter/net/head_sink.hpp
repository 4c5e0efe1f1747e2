// What both parsers leave to Boost.Beast: the head of a message. Internal to net.
#pragma once

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <string_view>

namespace xrouter::net {

/// A derived class overrides the callbacks of the start line and of the fields. Bodies never get here:
/// BodyDecoder reads them.
template <bool is_request>
class HeadSink : public boost::beast::http::basic_parser<is_request> {
 public:
  /// Beast's own limits stay out of the way: HeadScanner and BodyDecoder have judged before.
  explicit HeadSink(std::size_t max_header_bytes) {
    this->header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(max_header_bytes, UINT32_MAX - 1) + 1));
    this->body_limit(boost::none);
  }

 protected:
  using Code = boost::beast::error_code;
  using Text = boost::beast::string_view;
  static std::string_view view(Text text) { return {text.data(), text.size()}; }

 private:
  void on_request_impl(boost::beast::http::verb, Text, Text, int, Code&) override {}
  void on_response_impl(int, Text, int, Code&) override {}
  void on_header_impl(Code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
  std::size_t on_body_impl(Text, Code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, Text, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text, Code&) override { return 0; }
  void on_finish_impl(Code&) override {}
};

}  // namespace xrouter::net
