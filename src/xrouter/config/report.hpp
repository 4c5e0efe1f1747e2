// Collects what is wrong with a configuration, so that one run shows every slip.
#pragma once

#include <string>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/config/property.hpp"

namespace xrouter::config {

class Report {
 public:
  void add(const std::string& file, const Finding& finding);
  void add(const std::string& file, Mark mark, const std::string& path, std::string text) { add(file, {path, {mark, std::move(text)}}); }
  bool empty() const { return lines_.empty(); }
  /// ErrorKind::config, one line a finding: "file:line:column: path: what". Precondition: !empty().
  Error error() const;

 private:
  std::vector<std::string> lines_;
};

/// Where a dotted setting stands in a file; the file as a whole when it does not.
Mark mark_at(const YamlNode& root, std::string_view dotted_name);

}  // namespace xrouter::config
