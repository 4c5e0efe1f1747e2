// samples.yaml: every option of a sample set, declared once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xrouter/samples/options.hpp"

namespace xrouter::samples {

/// `base` with what the text and then the settings ("name=value" each) say. Question files are relative to the folder of
/// `source`. Errors: config with one line for each slip, "samples.yaml:3:5: pools.modles: unknown key; did you mean ...".
Result<SampleSetOptions> parse_options(SampleSetOptions base, std::string_view yaml, const std::string& source,
                                       const std::vector<std::string>& settings = {});
/// `path` empty: the settings alone. Errors also: io.
Result<SampleSetOptions> load_options(SampleSetOptions base, const std::string& path, const std::vector<std::string>& settings = {});

/// Every option with its value as YAML, in the order of the documentation.
std::vector<std::pair<std::string, std::string>> effective_options(const SampleSetOptions& options);

/// The options as a Markdown table with their defaults for a training set.
std::string options_documentation();

}  // namespace xrouter::samples
