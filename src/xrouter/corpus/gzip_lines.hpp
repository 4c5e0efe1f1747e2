// Reading a gzip file of text lines piece by piece.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "xrouter/base/result.hpp"

namespace xrouter::corpus {

/// `line_number` is 1-based; `bytes_read` counts packed bytes, for a progress bar. The line is
/// valid during the call only.
using LineVisitor = std::function<Result<void>(std::string_view line, std::size_t line_number, std::size_t bytes_read)>;

/// Visits every non-empty line. An error of the visitor comes back with file and line in front.
/// Errors: ErrorKind::io when the file cannot be opened; ErrorKind::config when it is damaged, cut
/// off or holds a line longer than 64 MiB.
Result<void> for_each_gzip_line(const std::string& path, const LineVisitor& visit);

}  // namespace xrouter::corpus
