// Foreign text into a page. Everything that a model, a benchmark or a catalogue wrote goes through here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace xrouter::eval::report {

/// Valid UTF-8 of at most `max_bytes`: faulty bytes become U+FFFD, control characters other than tab and line
/// break become blanks, and a text that was cut ends with "... [cut: n of m bytes]".
std::string clean_text(std::string_view text, std::size_t max_bytes);

/// For element content and quoted attributes. Cleans too.
std::string html(std::string_view text);

/// JSON for the content of a script element: no '<', '>', '&' nor line separators of JavaScript are left, so nothing
/// in it can end the element or begin a comment. Precondition: `json` is valid JSON.
std::string script_json(std::string_view json);

}  // namespace xrouter::eval::report
