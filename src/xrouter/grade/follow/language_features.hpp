// What language detection looks at in a text. Internal to language.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "xrouter/grade/follow/models.hpp"
#include "xrouter/grade/follow/text.hpp"

namespace xrouter::grade::follow {

/// At most 10,000 characters without addresses of pages and mails, runs of spaces made one, accents of
/// Vietnamese joined to their letters; Latin letters left out where others prevail.
Text cleaned_for_detection(TextView text);

/// The places in the model of all runs of one to three characters inside words, in reading order. Words in
/// capitals say nothing and are left out.
std::vector<std::uint32_t> known_runs(TextView cleaned, const LanguageModel& model);

}  // namespace xrouter::grade::follow
