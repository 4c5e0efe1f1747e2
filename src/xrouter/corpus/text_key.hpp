// Identity of a question: how texts are compared, hashed and dealt into splits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace xrouter::corpus {

/// Trimmed, every run of ASCII white space folded to one blank, ASCII letters in lower case.
std::string normalised(std::string_view text);

/// Hash of a text under normalised(). Equal keys are candidates, not a proof: compare the texts.
std::uint64_t text_key(std::string_view text);

enum class Split { train, dev, test };
inline constexpr int kSplitCount = 3;
std::string_view to_text(Split split);

/// The split of a question, by its bare text only, so that a repeated question never straddles two:
/// 70 % train, 10 % dev, 20 % test. The one definition for training, tuning and reports.
Split split_of(std::string_view question);

}  // namespace xrouter::corpus
