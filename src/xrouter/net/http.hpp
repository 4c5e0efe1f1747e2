// HTTP/1.1 messages as values, and the limits every parser obeys.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xrouter::net {

struct Header {
  std::string name;
  std::string value;
};

/// In order, names compared without case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> list) : list_(list) {}
  /// "" when absent; the first when repeated.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  void add(std::string name, std::string value) {
    if (list_.empty()) list_.reserve(kUsualCount);
    list_.push_back({std::move(name), std::move(value)});
  }
  void set(std::string name, std::string value);
  const std::vector<Header>& list() const { return list_; }

 private:
  static constexpr std::size_t kUsualCount = 12;
  std::vector<Header> list_;
};

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";  ///< path and query
  Headers headers = {};
  std::string body = {};
};

struct HttpResponseHead {
  int status = 0;
  Headers headers = {};
};

struct HttpResponse {
  HttpResponseHead head = {};
  std::string body = {};
};

struct HttpLimits {
  std::size_t max_header_bytes = 32 * 1024;
  std::size_t max_body_bytes = 4 * 1024 * 1024;
  std::chrono::milliseconds header_timeout{10'000};  ///< from the first byte of a request to its last header byte
  std::chrono::milliseconds body_timeout{60'000};
  std::chrono::milliseconds idle_timeout{75'000};    ///< between requests of one connection
  std::chrono::milliseconds write_timeout{60'000};   ///< one write to a peer that does not read
};

}  // namespace xrouter::net
