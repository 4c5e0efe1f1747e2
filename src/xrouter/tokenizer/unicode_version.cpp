#include "xrouter/tokenizer/unicode_version.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>

#include "xrouter/tokenizer/utf8.hpp"

namespace xrouter::tokenizer {
namespace {

// The general category; zero_width stands for U+180E.
enum class C : std::uint8_t { lu, ll, lm, lo, mn, mc, nd, no, po, pd, sm, so, cf, zero_width };

struct Assigned {
  char32_t first, last;
  C category;
};

// Unicode 16 against Unicode 14, as Oniguruma's properties show it; ascending.
constexpr Assigned kAssigned[] = {
    {0x897, 0x897, C::mn},     {0xCF3, 0xCF3, C::mc},     {0xECE, 0xECE, C::mn},     {0x180E, 0x180E, C::zero_width},
    {0x1B4E, 0x1B4F, C::po},   {0x1B7F, 0x1B7F, C::po},   {0x1C89, 0x1C89, C::lu},   {0x1C8A, 0x1C8A, C::ll},
    {0x2427, 0x2429, C::so},   {0x2FFC, 0x2FFF, C::so},   {0x31E4, 0x31E5, C::so},   {0x31EF, 0x31EF, C::so},
    {0xA7CB, 0xA7CC, C::lu},   {0xA7CD, 0xA7CD, C::ll},   {0xA7DA, 0xA7DA, C::lu},   {0xA7DB, 0xA7DB, C::ll},
    {0xA7DC, 0xA7DC, C::lu},   {0x105C0, 0x105F3, C::lo}, {0x10D40, 0x10D49, C::nd}, {0x10D4A, 0x10D4D, C::lo},
    {0x10D4E, 0x10D4E, C::lm}, {0x10D4F, 0x10D4F, C::lo}, {0x10D50, 0x10D65, C::lu}, {0x10D69, 0x10D6D, C::mn},
    {0x10D6E, 0x10D6E, C::pd}, {0x10D6F, 0x10D6F, C::lm}, {0x10D70, 0x10D85, C::ll}, {0x10D8E, 0x10D8F, C::sm},
    {0x10EC2, 0x10EC4, C::lo}, {0x10EFC, 0x10EFF, C::mn}, {0x1123F, 0x11240, C::lo}, {0x11241, 0x11241, C::mn},
    {0x11380, 0x11389, C::lo}, {0x1138B, 0x1138B, C::lo}, {0x1138E, 0x1138E, C::lo}, {0x11390, 0x113B5, C::lo},
    {0x113B7, 0x113B7, C::lo}, {0x113B8, 0x113BA, C::mc}, {0x113BB, 0x113C0, C::mn}, {0x113C2, 0x113C2, C::mc},
    {0x113C5, 0x113C5, C::mc}, {0x113C7, 0x113CA, C::mc}, {0x113CC, 0x113CD, C::mc}, {0x113CE, 0x113CE, C::mn},
    {0x113CF, 0x113CF, C::mc}, {0x113D0, 0x113D0, C::mn}, {0x113D1, 0x113D1, C::lo}, {0x113D2, 0x113D2, C::mn},
    {0x113D3, 0x113D3, C::lo}, {0x113D4, 0x113D5, C::po}, {0x113D7, 0x113D8, C::po}, {0x113E1, 0x113E2, C::mn},
    {0x116D0, 0x116E3, C::nd}, {0x1171E, 0x1171E, C::mc}, {0x11B00, 0x11B09, C::po}, {0x11BC0, 0x11BE0, C::lo},
    {0x11BE1, 0x11BE1, C::po}, {0x11BF0, 0x11BF9, C::nd}, {0x11F00, 0x11F01, C::mn}, {0x11F02, 0x11F02, C::lo},
    {0x11F03, 0x11F03, C::mc}, {0x11F04, 0x11F10, C::lo}, {0x11F12, 0x11F33, C::lo}, {0x11F34, 0x11F35, C::mc},
    {0x11F36, 0x11F3A, C::mn}, {0x11F3E, 0x11F3F, C::mc}, {0x11F40, 0x11F40, C::mn}, {0x11F41, 0x11F41, C::mc},
    {0x11F42, 0x11F42, C::mn}, {0x11F43, 0x11F4F, C::po}, {0x11F50, 0x11F59, C::nd}, {0x11F5A, 0x11F5A, C::mn},
    {0x1342F, 0x1342F, C::lo}, {0x13439, 0x1343F, C::cf}, {0x13440, 0x13440, C::mn}, {0x13441, 0x13446, C::lo},
    {0x13447, 0x13455, C::mn}, {0x13460, 0x143FA, C::lo}, {0x16100, 0x1611D, C::lo}, {0x1611E, 0x16129, C::mn},
    {0x1612A, 0x1612C, C::mc}, {0x1612D, 0x1612F, C::mn}, {0x16130, 0x16139, C::nd}, {0x16D40, 0x16D42, C::lm},
    {0x16D43, 0x16D6A, C::lo}, {0x16D6B, 0x16D6C, C::lm}, {0x16D6D, 0x16D6F, C::po}, {0x16D70, 0x16D79, C::nd},
    {0x18CFF, 0x18CFF, C::lo}, {0x1B132, 0x1B132, C::lo}, {0x1B155, 0x1B155, C::lo}, {0x1CC00, 0x1CCEF, C::so},
    {0x1CCF0, 0x1CCF9, C::nd}, {0x1CD00, 0x1CEB3, C::so}, {0x1D2C0, 0x1D2D3, C::no}, {0x1DF25, 0x1DF2A, C::ll},
    {0x1E030, 0x1E06D, C::lm}, {0x1E08F, 0x1E08F, C::mn}, {0x1E4D0, 0x1E4EA, C::lo}, {0x1E4EB, 0x1E4EB, C::lm},
    {0x1E4EC, 0x1E4EF, C::mn}, {0x1E4F0, 0x1E4F9, C::nd}, {0x1E5D0, 0x1E5ED, C::lo}, {0x1E5EE, 0x1E5EF, C::mn},
    {0x1E5F0, 0x1E5F0, C::lo}, {0x1E5F1, 0x1E5FA, C::nd}, {0x1E5FF, 0x1E5FF, C::po}, {0x1F6DC, 0x1F6DC, C::so},
    {0x1F774, 0x1F776, C::so}, {0x1F77B, 0x1F77F, C::so}, {0x1F7D9, 0x1F7D9, C::so}, {0x1F8B2, 0x1F8BB, C::so},
    {0x1F8C0, 0x1F8C1, C::so}, {0x1FA75, 0x1FA77, C::so}, {0x1FA87, 0x1FA89, C::so}, {0x1FA8F, 0x1FA8F, C::so},
    {0x1FAAD, 0x1FAAF, C::so}, {0x1FABB, 0x1FABF, C::so}, {0x1FAC6, 0x1FAC6, C::so}, {0x1FACE, 0x1FACF, C::so},
    {0x1FADA, 0x1FADC, C::so}, {0x1FADF, 0x1FADF, C::so}, {0x1FAE8, 0x1FAE9, C::so}, {0x1FAF7, 0x1FAF8, C::so},
    {0x1FBCB, 0x1FBEF, C::so}, {0x2B739, 0x2B739, C::lo}, {0x2EBF0, 0x2EE5D, C::lo}, {0x31350, 0x323AF, C::lo},
};

struct StandIn {
  char32_t of_three_bytes, of_four_bytes;
};

// In the order of C. All are of Unicode 14 or older, and as long as what they stand in for.
constexpr StandIn kStandIns[] = {
    {0x1E00, 0x10400}, {0x1E01, 0x10428}, {0x3005, 0x16B40}, {0x4E00, 0x20000}, {0x1DC0, 0x1D167}, {0x0903, 0x1D165}, {0x0966, 0x104A0},
    {0x2460, 0x10107}, {0x2016, 0x10100}, {0x2010, 0x10EAD}, {0x2200, 0x1D6C1}, {0x2600, 0x1F600}, {0x200B, 0x110BD}, {0x200B, 0x200B},
};

static_assert(std::ranges::all_of(kStandIns, [](const StandIn& by) { return by.of_three_bytes >= 0x800 && by.of_three_bytes < 0x10000; }));
static_assert(std::ranges::all_of(kAssigned, [](const Assigned& range) {
  return range.first >= 0x800 && (range.last < 0x10000 || kStandIns[static_cast<std::size_t>(range.category)].of_four_bytes >= 0x10000);
}));

constexpr char32_t kCodePoints = 0x110000;
constexpr int kBlockBits = 6;
using Blocks = std::bitset<(kCodePoints >> kBlockBits)>;

// Which blocks of 64 hold any: most text is done after one look.
const Blocks& blocks() {
  static const Blocks made = [] {
    Blocks set;
    for (const Assigned& range : kAssigned)
      for (char32_t block = range.first >> kBlockBits; block <= range.last >> kBlockBits; ++block) set.set(block);
    return set;
  }();
  return made;
}

struct CodeRange {
  char32_t first, last;
};

// Marks and compositions of Unicode 10 to 14; ascending. 11930 is the second half of 11938.
constexpr CodeRange kAfterUnicode9[] = {
    {0x7FD, 0x7FD},     {0x898, 0x89F},     {0x8CA, 0x8D3},     {0x9FE, 0x9FE},     {0xC3C, 0xC3C},     {0xD3B, 0xD3C},
    {0xEBA, 0xEBA},     {0x1715, 0x1715},   {0x1ABF, 0x1ACE},   {0x1DF6, 0x1DFA},   {0xA82C, 0xA82C},   {0x10D24, 0x10D27},
    {0x10EAB, 0x10EAC}, {0x10F46, 0x10F50}, {0x10F82, 0x10F85}, {0x11070, 0x11070}, {0x1133B, 0x1133B}, {0x1145E, 0x1145E},
    {0x11839, 0x1183A}, {0x11930, 0x11930}, {0x11938, 0x11938}, {0x1193D, 0x1193E}, {0x11943, 0x11943}, {0x119E0, 0x119E0},
    {0x11A34, 0x11A34}, {0x11A47, 0x11A47}, {0x11A99, 0x11A99}, {0x11D42, 0x11D42}, {0x11D44, 0x11D45}, {0x11D97, 0x11D97},
    {0x16FF0, 0x16FF1}, {0x1E130, 0x1E136}, {0x1E2AE, 0x1E2AE}, {0x1E2EC, 0x1E2EF},
};

}  // namespace

bool is_unknown_to_nfc(char32_t code) {
  const auto* range = std::ranges::lower_bound(kAfterUnicode9, code, {}, &CodeRange::last);
  return (range != std::end(kAfterUnicode9) && code >= range->first) || stand_in_of(code) != code;
}

char32_t stand_in_of(char32_t code) {
  if (!blocks()[code >> kBlockBits]) return code;
  const auto* range = std::ranges::lower_bound(kAssigned, code, {}, &Assigned::last);
  if (range == std::end(kAssigned) || code < range->first) return code;
  const StandIn& by = kStandIns[static_cast<std::size_t>(range->category)];
  return code < 0x10000 ? by.of_three_bytes : by.of_four_bytes;
}

std::optional<std::string> stand_in(std::string_view text) {
  std::string replaced;
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    if (lead < 0xE0) {  // none of them is this short
      at += lead < 0x80 ? ascii_prefix(text.substr(at)) : 2;
      continue;
    }
    const Utf8Char next = valid_utf8_at(text, at);
    const char32_t by = stand_in_of(next.code);
    if (by != next.code) {
      replaced.append(text, copied, at - copied);
      append_utf8(by, replaced);
      copied = at + next.bytes;
    }
    at += next.bytes;
  }
  if (copied == 0) return std::nullopt;
  replaced.append(text, copied);
  return replaced;
}

}  // namespace xrouter::tokenizer
