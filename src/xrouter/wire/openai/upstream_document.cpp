#include "xrouter/wire/openai/upstream_document.hpp"

#include <algorithm>
#include <array>

#include "xrouter/wire/openai/clean_text.hpp"

namespace xrouter::wire::openai {
namespace {

constexpr std::size_t kMaxDepth = 128;

struct Alias {
  std::string_view word;
  FinishReason reason;
};
// What compatible servers say instead of the five standard words.
constexpr std::array<Alias, 11> kAliases{{
    {"eos", FinishReason::stop},
    {"eos_token", FinishReason::stop},
    {"end_turn", FinishReason::stop},
    {"stop_sequence", FinishReason::stop},
    {"STOP", FinishReason::stop},
    {"max_tokens", FinishReason::length},
    {"model_length", FinishReason::length},
    {"MAX_TOKENS", FinishReason::length},
    {"tool_use", FinishReason::tool_calls},
    {"safety", FinishReason::content_filter},
    {"SAFETY", FinishReason::content_filter},
}};

}  // namespace

Error upstream_fault(std::string why) {
  return {.kind = ErrorKind::upstream_invalid, .public_text = "The upstream's answer could not be used.", .internal_text = clean_for_log(why)};
}

Result<boost::json::value> parse_upstream_document(std::string_view text) {
  auto document = json::parse(text, {.max_bytes = text.size(), .max_depth = kMaxDepth});
  if (!document) return fail(upstream_fault(document.error()));
  const auto* object = document->if_object();
  if (!object) return fail(upstream_fault("the answer is not a JSON object"));
  const auto* error = object->if_contains("error");
  if (error && !error->is_null()) return fail(upstream_fault("error body: " + json::raw(*error).text));
  return document;
}

std::optional<FinishReason> read_finish_reason(json::ObjectReader& choice) {
  const std::string word = choice.optional_string("finish_reason").value_or("");
  if (word.empty()) return std::nullopt;
  if (const auto reason = finish_reason_of(word)) return reason;
  const auto alias = std::find_if(kAliases.begin(), kAliases.end(), [&](const Alias& entry) { return entry.word == word; });
  if (alias != kAliases.end()) return alias->reason;
  choice.fail_at("finish_reason", "is the unknown word '" + word.substr(0, 40) + "'");
  return std::nullopt;
}

std::int64_t read_index(json::ObjectReader& in, std::size_t fallback, std::size_t limit) {
  return in.optional_integer("index", 0, static_cast<std::int64_t>(limit) - 1).value_or(static_cast<std::int64_t>(fallback));
}

}  // namespace xrouter::wire::openai
