#include "xrouter/net/body_decoder.hpp"

#include <algorithm>

namespace xrouter::net {
namespace {

/// One chunk's size and extension, or all trailers together.
constexpr std::size_t kMaxFrameBytes = 4096;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_text(char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); }

}  // namespace

BodyDecoder BodyDecoder::with_length(std::uint64_t length, std::uint64_t limit) {
  BodyDecoder decoder(length == 0 ? State::done : State::length, length, limit);
  if (length > limit) decoder.fault_ = Fault::too_large;
  return decoder;
}

BodyDecoder::Step BodyDecoder::feed(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && !done() && fault_ == Fault::none) {
    if (!is_body()) {
      if (!take_frame(bytes[at])) break;
      ++at;
      continue;
    }
    Step step = take_body(bytes.substr(at));
    step.consumed += at;
    return step;
  }
  return {.consumed = at};
}

BodyDecoder::Step BodyDecoder::take_body(std::string_view bytes) {
  if (state_ == State::until_end) {
    if (bytes.size() > allowance_) fail(Fault::too_large);
    if (fault_ != Fault::none) return {};
    allowance_ -= bytes.size();
    return {.consumed = bytes.size(), .body = bytes};
  }
  const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), remaining_));
  remaining_ -= size;
  if (remaining_ == 0) state_ = state_ == State::length ? State::done : State::data_cr;
  return {.consumed = size, .body = bytes.substr(0, size)};
}

bool BodyDecoder::end() {
  if (state_ == State::until_end && fault_ == Fault::none) state_ = State::done;
  return done();
}

bool BodyDecoder::fail(Fault fault) {
  fault_ = fault;
  return false;
}

bool BodyDecoder::expect(char c, char wanted, State next) {
  if (c != wanted) return fail(Fault::malformed);
  state_ = next;
  return true;
}

bool BodyDecoder::take_size_digit(char c) {
  const auto digit = static_cast<std::uint64_t>(hex_value(c));
  if (remaining_ > (UINT64_MAX >> 4)) return fail(Fault::malformed);
  remaining_ = remaining_ * 16 + digit;
  state_ = State::size;
  return true;
}

/// One byte of a chunk header, of the line end behind a chunk, or of the trailers.
bool BodyDecoder::take_frame(char c) {
  if (++frame_bytes_ > kMaxFrameBytes) return fail(Fault::malformed);
  switch (state_) {
    case State::size_first:
      remaining_ = 0;
      return hex_value(c) >= 0 ? take_size_digit(c) : fail(Fault::malformed);
    case State::size:
      if (hex_value(c) >= 0) return take_size_digit(c);
      if (c == ';') return expect(c, ';', State::extension);
      return expect(c, '\r', State::size_lf);
    case State::extension:
      return is_text(c) || expect(c, '\r', State::size_lf);
    case State::size_lf:
      if (remaining_ > allowance_) return fail(Fault::too_large);
      allowance_ -= remaining_;
      frame_bytes_ = 0;
      return expect(c, '\n', remaining_ == 0 ? State::trailer_start : State::data);
    case State::data_cr: return expect(c, '\r', State::data_lf);
    case State::data_lf: return expect(c, '\n', State::size_first);
    case State::trailer_start:
      if (c == '\r') return expect(c, '\r', State::last_lf);
      if (!is_text(c) || c == ' ' || c == '\t') return fail(Fault::malformed);
      state_ = State::trailer;
      return true;
    case State::trailer:
      return is_text(c) || expect(c, '\r', State::trailer_lf);
    case State::trailer_lf: return expect(c, '\n', State::trailer_start);
    case State::last_lf: return expect(c, '\n', State::done);
    case State::data:
    case State::length:
    case State::until_end:
    case State::done: break;
  }
  return fail(Fault::malformed);
}

}  // namespace xrouter::net
