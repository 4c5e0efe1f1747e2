#include "xrouter/wire/sse/sse.hpp"

#include <utility>

namespace xrouter::wire::sse {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kLineEnds = "\r\n";

}  // namespace

Result<void> Parser::feed(std::string_view bytes, std::vector<Event>& out) {
  while (!broken_ && !bytes.empty()) {
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = bytes.find_first_of(kLineEnds);
    const std::string_view piece = bytes.substr(0, end);
    if (piece.size() > max_event_bytes_ - line_.size()) {
      broken_ = true;
    } else if (end == std::string_view::npos) {
      line_ += piece;
      bytes = {};
    } else {
      after_cr_ = bytes[end] == '\r';
      bytes.remove_prefix(end + 1);
      // Most lines arrive whole and need no copy.
      if (!line_.empty()) line_ += piece;
      broken_ = !end_line(line_.empty() ? piece : std::string_view(line_), out);
      line_.clear();
    }
  }
  if (!broken_) return {};
  return fail(ErrorKind::upstream_invalid, "The upstream's stream could not be read.",
              "an SSE event is longer than " + std::to_string(max_event_bytes_) + " bytes");
}

// False: the event grew over the limit.
bool Parser::end_line(std::string_view line, std::vector<Event>& out) {
  if (std::exchange(at_start_, false) && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  if (line.empty()) {
    dispatch(out);
    return true;
  }
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") {
    event_.name = value;
  } else if (field == "data") {
    if (event_.data.size() + value.size() + 1 > max_event_bytes_) return false;
    if (std::exchange(has_data_, true)) event_.data += '\n';
    event_.data += value;
  }
  return true;  // `id`, `retry`, comments (an empty field name) and unknown fields mean nothing here
}

void Parser::dispatch(std::vector<Event>& out) {
  if (has_data_) out.push_back(std::move(event_));
  event_ = {};
  has_data_ = false;
}

bool Parser::mid_event() const { return has_data_ || !line_.empty() || !event_.name.empty(); }

void Parser::finish(std::vector<Event>& out) {
  if (!broken_ && !line_.empty()) broken_ = !end_line(line_, out);
  line_.clear();
  if (!broken_) dispatch(out);
}

std::string data_event(std::string_view text) {
  std::string event;
  event.reserve(text.size() + 8);
  while (true) {
    const std::size_t end = text.find_first_of(kLineEnds);
    event.append("data: ").append(text.substr(0, end)).append(1, '\n');
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  return event += '\n';
}

}  // namespace xrouter::wire::sse
