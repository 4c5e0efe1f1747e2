#include "xrouter/corpus/text_key.hpp"

#include "xrouter/base/rng.hpp"

namespace xrouter::corpus {
namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string normalised(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool gap = false;
  for (const char c : text) {
    if (is_blank(c)) {
      gap = !out.empty();
      continue;
    }
    if (gap) out.push_back(' ');
    gap = false;
    out.push_back(lower(c));
  }
  return out;
}

std::uint64_t text_key(std::string_view text) { return fnv1a64(normalised(text)); }

std::string_view to_text(Split split) {
  switch (split) {
    case Split::train: return "train";
    case Split::dev: return "dev";
    case Split::test: return "test";
  }
  return "train";
}

Split split_of(std::string_view question) {
  // The low digits of FNV follow the last letters; one round of mixing makes them even.
  const std::uint64_t slot = Rng(text_key(question)).next() % 10;
  if (slot < 7) return Split::train;
  return slot == 7 ? Split::dev : Split::test;
}

}  // namespace xrouter::corpus
