#include "xrouter/tokenizer/json_pipeline.hpp"

#include <boost/json/array.hpp>
#include <utility>

#include "xrouter/json/parse.hpp"

namespace xrouter::tokenizer {
namespace {

namespace bj = boost::json;

constexpr std::size_t kMaxSteps = 64;
constexpr std::string_view kSequence = "Sequence";

tl::unexpected<Error> unsupported(const json::ObjectReader& step, const std::string& type) {
  return fail(ErrorKind::config, "'" + step.path_of("type") + "' is '" + type.substr(0, 40) +
                                     "', which byte-level BPE does not need and this program does not know.");
}

/// Steps of nested sequences in order, with their paths. `list` is the sequence's field.
struct Step {
  const bj::value* value = nullptr;
  std::string path;
};

Result<void> flatten(const bj::value& value, const std::string& path, const char* list, std::vector<Step>& out) {
  json::ObjectReader step(value, path);
  const std::string type = step.string("type");
  if (!step.ok()) return fail(step.error());
  if (out.size() == kMaxSteps) return fail(ErrorKind::config, "'" + path + "' is more than " + std::to_string(kMaxSteps) + " steps.");
  if (type != kSequence) {
    out.push_back({&value, path});
    return {};
  }
  const bj::array* parts = step.optional_array(list, kMaxSteps);
  if (!step.ok()) return fail(step.error());
  if (!parts) return {};
  for (std::size_t i = 0; i < parts->size(); ++i)
    if (auto done = flatten((*parts)[i], step.path_of(list) + "[" + std::to_string(i) + "]", list, out); !done) return done;
  return {};
}

Result<std::vector<Step>> steps_of(const bj::value* value, const char* path, const char* list) {
  std::vector<Step> steps;
  if (!value) return steps;
  if (auto done = flatten(*value, path, list, steps); !done) return fail(std::move(done.error()));
  return steps;
}

constexpr std::pair<std::string_view, SplitBehaviour> kBehaviours[] = {
    {"Isolated", SplitBehaviour::isolated},
    {"Removed", SplitBehaviour::removed},
    {"MergedWithPrevious", SplitBehaviour::merged_with_previous},
    {"MergedWithNext", SplitBehaviour::merged_with_next},
    {"Contiguous", SplitBehaviour::contiguous},
};

Result<Pattern> read_pattern(json::ObjectReader& step) {
  const bj::value* value = step.find("pattern");
  json::ObjectReader pattern(or_null(value), step.path_of("pattern"));
  const auto regex = pattern.optional_string("Regex");
  const auto text = pattern.optional_string("String");
  if (pattern.ok() && regex.has_value() == text.has_value()) pattern.fail_at("", "must have either Regex or String");
  if (!pattern.ok()) return fail(pattern.error());
  auto compiled = regex ? Pattern::compile(*regex) : Pattern::literal(*text);
  if (!compiled) return fail(ErrorKind::config, "'" + step.path_of("pattern") + "': " + compiled.error().public_text);
  return compiled;
}

Result<PreTokenizerStep> read_split(json::ObjectReader& step) {
  auto pattern = read_pattern(step);
  if (!pattern) return fail(std::move(pattern.error()));
  SplitStep split{.pattern = std::move(*pattern), .invert = step.optional_bool("invert").value_or(false)};
  const std::string name = step.string("behavior");
  const auto* behaviour = std::ranges::find(kBehaviours, std::string_view(name), &std::pair<std::string_view, SplitBehaviour>::first);
  if (behaviour == std::end(kBehaviours)) step.fail_at("behavior", "is not a known behaviour");
  if (!step.ok()) return fail(step.error());
  split.behaviour = behaviour->second;
  return split;
}

Result<void> read_byte_level(json::ObjectReader& step, PreTokenizer& out) {
  out.add_prefix_space = step.optional_bool("add_prefix_space").value_or(true);
  const bool use_regex = step.optional_bool("use_regex").value_or(true);
  if (!step.ok()) return fail(step.error());
  if (!use_regex) return {};
  auto pattern = Pattern::compile(kGpt2Pattern);
  if (!pattern) return fail(std::move(pattern.error()));
  out.words.push_back(SplitStep{.pattern = std::move(*pattern)});
  return {};
}

Result<void> read_step(const Step& value, bool last, PreTokenizer& out) {
  json::ObjectReader step(*value.value, value.path);
  const std::string type = step.string("type");
  if (last != (type == "ByteLevel"))
    return fail(ErrorKind::config, "'" + value.path + "' must be ByteLevel when it is the last step, and only then.");
  if (type == "ByteLevel") return read_byte_level(step, out);
  if (type == "Digits") {
    out.steps.push_back(DigitsStep{.individual = step.optional_bool("individual_digits").value_or(false)});
    return step.ok() ? Result<void>() : Result<void>(fail(step.error()));
  }
  if (type != "Split") return unsupported(step, type);
  auto split = read_split(step);
  if (!split) return fail(std::move(split.error()));
  out.steps.push_back(std::move(*split));
  return {};
}

}  // namespace

const bj::value& or_null(const bj::value* value) {
  static const bj::value null;
  return value ? *value : null;
}

Result<bool> read_normalizer(const bj::value* value) {
  const auto steps = steps_of(value, "normalizer", "normalizers");
  if (!steps) return fail(steps.error());
  for (const Step& each : *steps) {
    json::ObjectReader step(*each.value, each.path);
    if (const std::string type = step.string("type"); type != "NFC") return unsupported(step, type);
  }
  return !steps->empty();
}

Result<PreTokenizer> read_pre_tokenizer(const bj::value* value) {
  const auto steps = steps_of(value, "pre_tokenizer", "pretokenizers");
  if (!steps) return fail(steps.error());
  if (steps->empty()) return fail(ErrorKind::config, "'pre_tokenizer' is missing; byte-level BPE needs ByteLevel.");
  PreTokenizer out;
  for (std::size_t i = 0; i < steps->size(); ++i)
    if (auto done = read_step((*steps)[i], i + 1 == steps->size(), out); !done) return fail(std::move(done.error()));
  return out;
}

Result<void> check_decoder(const bj::value* value) {
  const auto steps = steps_of(value, "decoder", "decoders");
  if (!steps) return fail(steps.error());
  if (steps->size() != 1) return fail(ErrorKind::config, "'decoder' must be ByteLevel and nothing else.");
  json::ObjectReader step(*steps->front().value, steps->front().path);
  if (const std::string type = step.string("type"); type != "ByteLevel") return unsupported(step, type);
  return {};
}

}  // namespace xrouter::tokenizer
