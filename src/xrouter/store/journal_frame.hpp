// One journal record as one line: "1 <crc32 of the payload, 8 hex digits> <payload>\n". The payload
// is JSON text without a line break, so a reader finds its way again at the next line whatever
// happened to this one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace xrouter::store {

/// A longer line is not a record. What could become one is split (record_parts.hpp).
inline constexpr std::size_t kMaxFrameBytes = 256 * 1024;

/// Precondition of both: no line break in `payload`.
std::string frame(std::string_view payload);
void append_frame(std::string& lines, std::string_view payload);
/// The payload of a line without its line break; empty when the frame or its checksum is wrong.
std::optional<std::string_view> payload_of(std::string_view line);

}  // namespace xrouter::store
