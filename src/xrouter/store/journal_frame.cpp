#include "xrouter/store/journal_frame.hpp"

#include <zlib.h>

#include <array>

#include "xrouter/base/assert.hpp"

namespace xrouter::store {
namespace {

constexpr std::string_view kVersion = "1 ";
constexpr std::size_t kHeadBytes = 11;  // version, checksum, space

std::array<char, 8> checksum(std::string_view payload) {
  const auto bytes = reinterpret_cast<const Bytef*>(payload.data());
  auto value = static_cast<std::uint32_t>(::crc32(0, bytes, static_cast<uInt>(payload.size())));
  std::array<char, 8> hex{};
  for (std::size_t i = hex.size(); i-- > 0; value >>= 4) hex[i] = "0123456789abcdef"[value & 15];
  return hex;
}

}  // namespace

std::string frame(std::string_view payload) {
  std::string line;
  line.reserve(kHeadBytes + payload.size() + 1);
  append_frame(line, payload);
  return line;
}

void append_frame(std::string& lines, std::string_view payload) {
  XROUTER_ASSERT(payload.find('\n') == payload.npos, "JSON escapes line breaks");
  const auto sum = checksum(payload);
  lines.append(kVersion).append(sum.data(), sum.size()).append(" ").append(payload).append("\n");
}

std::optional<std::string_view> payload_of(std::string_view line) {
  if (line.size() < kHeadBytes || !line.starts_with(kVersion) || line[kHeadBytes - 1] != ' ') return std::nullopt;
  const std::string_view payload = line.substr(kHeadBytes);
  const auto sum = checksum(payload);
  if (line.substr(kVersion.size(), sum.size()) != std::string_view(sum.data(), sum.size())) return std::nullopt;
  return payload;
}

}  // namespace xrouter::store
