// What GGUF's names of split patterns mean: the pipeline of the family's tokenizer.json, as data.
#pragma once

#include <string>
#include <string_view>

#include "xrouter/base/result.hpp"
#include "xrouter/tokenizer/pre_tokenizer.hpp"

namespace xrouter::tokenizer {

struct GgufSplit {
  PreTokenizer pre_tokenizer;
  bool nfc = false;
  bool ignore_merges = false;
  // The same once more in the words of a tokenizer.json.
  std::string_view pattern;
  bool digits_alone = false;
};

/// Error config, with the known names.
Result<GgufSplit> gguf_split(std::string_view name);

}  // namespace xrouter::tokenizer
