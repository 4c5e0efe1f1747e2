#include "xrouter/eval/report/page.hpp"

#include <fmt/format.h>

#include "xrouter/eval/report/escape.hpp"
#include "xrouter/eval/report/parts.hpp"

namespace xrouter::eval::report {

std::string page_begin(std::string_view title, std::string_view first_section, std::string_view more_style) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
      "img-src data:; base-uri 'none'; form-action 'none'\">"
      "<meta name=\"referrer\" content=\"no-referrer\"><meta name=\"color-scheme\" content=\"light dark\"><link rel=\"icon\" "
      "href=\"data:,\">";
  out += fmt::format("<title>{}</title><style>{}{}</style></head><body><a class=\"skip\" href=\"#{}\">Skip to the figures</a>", html(title),
                     kStyle, more_style, html(first_section));
  return out;
}

std::string page_heading(std::string_view title) {
  return fmt::format(
      "<div class=\"top\"><h1>{}</h1><button type=\"button\" id=\"theme\" aria-label=\"Change between light and "
      "dark\">\xE2\x97\x90</button></div>",
      html(title));
}

std::string page_end() {
  return fmt::format("<div id=\"tip\" role=\"status\" aria-live=\"polite\" hidden></div><script>{}</script></body></html>\n", kScript);
}

}  // namespace xrouter::eval::report
