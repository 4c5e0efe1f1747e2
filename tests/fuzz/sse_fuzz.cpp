// The events must not depend on how the bytes are cut, and what we write must be read back.
#include <cstdint>

#include "xrouter/base/assert.hpp"
#include "xrouter/wire/sse/sse.hpp"

using namespace xrouter::wire::sse;

namespace {

constexpr std::size_t kMaxEventBytes = 64;  // small, so that the fuzzer finds the limit

struct Outcome {
  std::vector<Event> events;
  bool ok = true;
  bool mid_event = false;
  bool operator==(const Outcome&) const = default;
};

Outcome parse(std::string_view bytes, std::size_t piece) {
  Parser parser(kMaxEventBytes);
  Outcome outcome;
  while (outcome.ok && !bytes.empty()) {
    const std::string_view head = bytes.substr(0, piece);
    outcome.ok = parser.feed(head, outcome.events).has_value();
    bytes.remove_prefix(head.size());
  }
  if (!outcome.ok) return outcome;
  outcome.mid_event = parser.mid_event();
  parser.finish(outcome.events);
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Outcome whole = parse(bytes, bytes.size() + 1);
  for (std::size_t piece : {1, 2, 3, 7}) XROUTER_ASSERT(parse(bytes, piece) == whole, "cutting the bytes changes nothing");
  for (const Event& event : whole.events) {
    Parser parser;
    std::vector<Event> back;
    const bool read = parser.feed(data_event(event.data), back).has_value();
    XROUTER_ASSERT(read && back.size() == 1 && back[0].data == event.data, "a written event is read back");
  }
  return 0;
}
