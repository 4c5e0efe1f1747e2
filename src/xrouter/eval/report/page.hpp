// What every page of ours has around its content.
#pragma once

#include <string>
#include <string_view>

namespace xrouter::eval::report {

/// The head, with styles inside, up to the first element of the body. Nothing may be loaded from anywhere, whatever
/// gets into the page. `first_section`: the id that the skip link leads to.
std::string page_begin(std::string_view title, std::string_view first_section, std::string_view more_style = {});
/// The title line, with the button that changes between light and dark.
std::string page_heading(std::string_view title);
/// The script, and the end of the document.
std::string page_end();

}  // namespace xrouter::eval::report
