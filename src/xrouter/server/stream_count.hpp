// Counts a stream as open for as long as it lives.
#pragma once

namespace xrouter::server {

/// `Metrics` has streams(int change) and outlives the count.
template <class Metrics>
class StreamCount {
 public:
  explicit StreamCount(Metrics& metrics) : metrics_(metrics) { metrics_.streams(1); }
  ~StreamCount() { metrics_.streams(-1); }
  StreamCount(const StreamCount&) = delete;
  StreamCount& operator=(const StreamCount&) = delete;

 private:
  Metrics& metrics_;
};

}  // namespace xrouter::server
