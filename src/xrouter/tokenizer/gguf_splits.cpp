#include "xrouter/tokenizer/gguf_splits.hpp"

#include <algorithm>

namespace xrouter::tokenizer {
namespace {

constexpr std::string_view kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

enum class Digits { with_pattern, each_alone };

struct Row {
  std::string_view name;
  std::string_view pattern;
  Digits digits = Digits::with_pattern;
  bool nfc = false;
  bool ignore_merges = false;
};

// "default" is what old files say that name none; nearly all of these have GPT-2's pattern.
constexpr Row kRows[] = {
    {"default", kGpt2Pattern},
    {"gpt-2", kGpt2Pattern},
    {"smollm", kGpt2Pattern, Digits::each_alone},
    {"starcoder", kGpt2Pattern, Digits::each_alone},
    {"llama3", kLlama3, Digits::with_pattern, false, true},
    {"llama-v3", kLlama3, Digits::with_pattern, false, true},
    {"llama-bpe", kLlama3, Digits::with_pattern, false, true},
    {"qwen2", kQwen2, Digits::with_pattern, true},
    {"deepseek-r1-qwen", kQwen2, Digits::with_pattern, true},
};

}  // namespace

Result<GgufSplit> gguf_split(std::string_view name) {
  const Row* row = std::ranges::find(kRows, name, &Row::name);
  if (row == std::end(kRows)) {
    std::string known;
    for (const Row& each : kRows) known += (known.empty() ? "" : ", ") + std::string(each.name);
    return fail(ErrorKind::config, "The pre-tokenizer '" + std::string(name.substr(0, 40)) + "' is not known; known are " + known + ".");
  }
  auto pattern = Pattern::compile(row->pattern);
  if (!pattern) return fail(std::move(pattern.error()));
  GgufSplit split;
  split.nfc = row->nfc;
  split.ignore_merges = row->ignore_merges;
  split.pattern = row->pattern;
  split.digits_alone = row->digits == Digits::each_alone;
  if (split.digits_alone) split.pre_tokenizer.steps.push_back(DigitsStep{.individual = true});
  split.pre_tokenizer.words.push_back(SplitStep{.pattern = std::move(*pattern)});
  return split;
}

}  // namespace xrouter::tokenizer
