// Cutting valid JSON text into pieces without building values, so that what we only relay stays as
// it was written: numbers keep every digit, which a detour through double would not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace xrouter {

struct JsonMember {
  std::string_view name;   ///< between the quotes, escapes untouched
  std::string_view value;  ///< without white space around it
};

/// The members of an object in their order, duplicates included. Precondition: `text` is one valid
/// JSON value. Empty when it is not an object. Views into `text`.
std::vector<JsonMember> json_members(std::string_view text);

/// The elements of an array, under the same conditions.
std::vector<std::string_view> json_elements(std::string_view text);

/// The same JSON without white space between its tokens.
std::string compact_json(std::string_view text);

}  // namespace xrouter
