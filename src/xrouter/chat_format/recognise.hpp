// Which family a Jinja template belongs to, by the texts in it. The template is never run.
#pragma once

#include <string>
#include <string_view>

#include "xrouter/base/result.hpp"
#include "xrouter/chat_format/format_data.hpp"

namespace xrouter::chat_format {

struct Recognised {
  const FormatData* format = nullptr;
  std::string default_system;  ///< the template's own words for a conversation without a system message
};

/// Error: config, naming the template's first line.
Result<Recognised> recognise(std::string_view jinja);

}  // namespace xrouter::chat_format
