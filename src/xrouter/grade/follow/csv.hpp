// Comma separated values, as Python's csv module reads them by default.
#pragma once

#include <optional>
#include <vector>

#include "xrouter/grade/follow/text.hpp"

namespace xrouter::grade::follow {

using CsvRow = std::vector<Text>;

/// A blank line is a row without fields. nullopt: a lone carriage return outside quotes. Linear time.
std::optional<std::vector<CsvRow>> read_csv(TextView text, char32_t delimiter);

}  // namespace xrouter::grade::follow
