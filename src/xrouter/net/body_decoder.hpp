// Takes the framing off a body: length, chunks, or until the end of the stream. Without I/O; holds no
// bytes. Our own because Beast 1.81 asserts on a last chunk that arrives in pieces and waits on
// where a bare line feed is already an error. Internal to net.
#pragma once

#include <cstdint>
#include <string_view>

namespace xrouter::net {

class BodyDecoder {
 public:
  enum class Fault { none, malformed, too_large };

  static BodyDecoder with_length(std::uint64_t length, std::uint64_t limit);
  static BodyDecoder chunked(std::uint64_t limit) { return BodyDecoder(State::size_first, 0, limit); }
  static BodyDecoder until_end(std::uint64_t limit) { return BodyDecoder(State::until_end, 0, limit); }

  struct Step {
    std::size_t consumed = 0;
    std::string_view body = {};  ///< inside the bytes given
  };
  /// Consumes up to the end of the next piece of body; everything when there is none. Any split of
  /// the bytes gives the same body.
  Step feed(std::string_view bytes);
  bool done() const { return state_ == State::done; }
  Fault fault() const { return fault_; }
  /// The stream has ended: true when that completes the body.
  bool end();

 private:
  enum class State { size_first, size, extension, size_lf, data, data_cr, data_lf, trailer_start, trailer, trailer_lf, last_lf, length, until_end, done };
  BodyDecoder(State state, std::uint64_t remaining, std::uint64_t limit) : state_(state), remaining_(remaining), allowance_(limit) {}

  bool is_body() const { return state_ == State::data || state_ == State::length || state_ == State::until_end; }
  Step take_body(std::string_view bytes);
  bool take_frame(char c);
  bool take_size_digit(char c);
  bool fail(Fault fault);
  bool expect(char c, char wanted, State next);

  State state_;
  std::uint64_t remaining_;  // of the chunk or the length
  std::uint64_t allowance_;  // body bytes that may still come
  std::size_t frame_bytes_ = 0;  // of this chunk's header, or of all trailers
  Fault fault_ = Fault::none;
};

}  // namespace xrouter::net
