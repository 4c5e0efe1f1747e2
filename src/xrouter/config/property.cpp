#include "xrouter/config/property.hpp"

#include <algorithm>

#include "xrouter/base/suggest.hpp"

namespace xrouter::config {

std::string child_of(const std::string& name, const std::string& prefix) {
  if (!name.starts_with(prefix)) return {};
  const std::string rest = name.substr(prefix.size());
  return rest.substr(0, rest.find('.'));
}

Finding unknown_key(const YamlNode& key, const std::string& prefix, const std::vector<std::string>& all_names) {
  Finding finding{.path = prefix + key.text, .problem = {.mark = key.mark, .text = "unknown key"}};
  std::vector<std::string> siblings;
  for (const std::string& name : all_names)
    if (std::string child = child_of(name, prefix); !child.empty()) siblings.push_back(std::move(child));
  // A right name at the wrong place says more than a similar one at this place.
  const auto elsewhere =
      std::find_if(all_names.begin(), all_names.end(), [&](const std::string& name) { return name.ends_with("." + key.text); });
  if (elsewhere != all_names.end()) {
    finding.problem.text += "; did you mean '" + *elsewhere + "'?";
  } else {
    finding.problem.text += did_you_mean(key.text, siblings);
  }
  return finding;
}

}  // namespace xrouter::config
