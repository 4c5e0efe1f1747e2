// Every extractor returns views into its text, in order, and to_utf8 makes valid text.
#include <cstdint>

#include "xrouter/base/assert.hpp"
#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/value/utf8.hpp"

using namespace xrouter::grade;
using namespace xrouter::grade::extract;

namespace {

void check_inside(std::string_view text, std::string_view part) {
  const char* end = text.data() + text.size();
  XROUTER_ASSERT(part.data() >= text.data() && part.data() + part.size() <= end, "a part lies inside its text");
}

void check_valid(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); at += utf8_length(text, at)) XROUTER_ASSERT(utf8_length(text, at) > 0, "the text is valid UTF-8");
}

template <class Found>
void check_order(const std::vector<Found>& found) {
  for (std::size_t i = 1; i < found.size(); ++i) XROUTER_ASSERT(found[i - 1].offset < found[i].offset, "parts come in order");
}

void check(std::string_view text) {
  const auto all_boxes = boxes(text);
  check_order(all_boxes);
  for (const Box& box : all_boxes) check_inside(text, box.content);
  const auto all_fences = fences(text);
  check_order(all_fences);
  for (const Fence& fence : all_fences) {
    check_inside(text, fence.content);
    check_inside(text, fence.info);
  }
  const auto phrases = announced(text);
  check_order(phrases);
  for (const Phrase& phrase : phrases) check_inside(text, phrase.rest);
  for (const std::string_view part : tagged(text, "answer")) check_inside(text, part);
  last_json(text);
  check_inside(text, trimmed(text));
  for (const ThinkPolicy policy : {ThinkPolicy::after_last, ThinkPolicy::after_first, ThinkPolicy::keep}) {
    if (const auto rest = without_thinking(text, policy)) check_inside(text, *rest);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text);
  check_valid(to_utf8(text));
  return 0;
}
