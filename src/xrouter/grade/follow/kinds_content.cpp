// IFEval's detectable_content:* and detectable_format:* kinds.
#include <algorithm>
#include <array>

#include "xrouter/grade/follow/keywords.hpp"
#include "xrouter/grade/follow/pattern.hpp"
#include "xrouter/grade/follow/pieces.hpp"

namespace xrouter::grade::follow {
namespace {

constexpr int kMaxJsonDepth = 500;
constexpr std::size_t kAll = Pattern::kMaxTextBytes;

bool number_placeholders(const Subject& subject, const Args& args) { return placeholders(subject.text) >= args.count("num_placeholders"); }

std::size_t skip_space(TextView text, std::size_t at) { return at < text.size() && is_space(text[at]) ? at + 1 : at; }

// The parts of a marker in order, with one optional blank between two of them.
bool has_spaced(TextView text, std::span<const TextView> parts) {
  for (std::size_t begin = text.find(parts[0]); begin != TextView::npos; begin = text.find(parts[0], begin + 1)) {
    std::size_t at = begin + parts[0].size();
    std::size_t matched = 1;
    for (; matched < parts.size(); ++matched) {
      const std::size_t next = skip_space(text, at);
      if (!text.substr(next).starts_with(parts[matched])) break;
      at = next + parts[matched].size();
    }
    if (matched == parts.size()) return true;
  }
  return false;
}

Counted count_expression(const std::string& expression, const std::string& text, PatternOptions options) {
  const Result<Pattern> pattern = Pattern::make(expression, options);
  if (!pattern) return tl::unexpected(Outcome::bad_target);
  const auto found = pattern->count(text, kAll);
  if (!found) return tl::unexpected(Outcome::gave_up);
  return *found;
}

Outcome postscript(const Subject& subject, const Args& args) {
  static constexpr std::array<TextView, 3> kTwice{U"p.", U"p.", U"s"};
  static constexpr std::array<TextView, 2> kOnce{U"p.", U"s."};
  const TextView marker = stripped(args.text("postscript_marker"));
  const Text text = lowered(subject.text);
  if (marker == U"P.P.S") return outcome(has_spaced(text, kTwice));
  if (marker == U"P.S.") return outcome(has_spaced(text, kOnce));
  if (!subject.keywords_are_patterns) return outcome(contains(text, lowered(marker)));
  const Counted found = count_expression("\\s*" + encode(lowered(marker)) + ".*$", encode(text), {.multiline = true});
  return judged(found, [](std::size_t count) { return count > 0; });
}

bool number_bullet_lists(const Subject& subject, const Args& args) { return bullets(subject.text) == args.count("num_bullets"); }

bool constrained_response(const Subject& subject, const Args&) {
  static constexpr std::array<TextView, 3> kOptions{U"My answer is yes.", U"My answer is no.", U"My answer is maybe."};
  return std::ranges::any_of(kOptions, [&](TextView option) { return contains(subject.text, option); });
}

bool number_highlighted_sections(const Subject& subject, const Args& args) {
  return highlights(subject.text) >= args.count("num_highlights");
}

// "Section 1": the splitter, an optional blank, a number.
std::size_t numbered(TextView text, TextView splitter) {
  std::size_t found = 0;
  for (std::size_t at = text.find(splitter); at != TextView::npos;) {
    std::size_t end = skip_space(text, at + splitter.size());
    const bool number = end < text.size() && is_digit(text[end]);
    while (end < text.size() && is_digit(text[end])) ++end;
    if (number) ++found;
    at = text.find(splitter, number ? end : at + 1);
  }
  return found;
}

Outcome multiple_sections(const Subject& subject, const Args& args) {
  const TextView splitter = stripped(args.text("section_spliter"));
  const auto enough = [&](std::size_t count) { return count >= args.count("num_sections"); };
  if (!subject.keywords_are_patterns) return outcome(enough(numbered(subject.text, splitter)));
  return judged(count_expression("\\s?" + encode(splitter) + "\\s?\\d+\\s?", subject.utf8, {}), enough);
}

// Python's removeprefix() and removesuffix(), in the original's order.
bool json_format(const Subject& subject, const Args&) {
  static constexpr std::array<TextView, 4> kFences{U"```json", U"```Json", U"```JSON", U"```"};
  TextView text = stripped(subject.text);
  for (const TextView fence : kFences)
    if (text.starts_with(fence)) text.remove_prefix(fence.size());
  if (text.ends_with(U"```")) text.remove_suffix(3);
  return parse_json(encode(stripped(text)), {.max_depth = kMaxJsonDepth}).has_value();
}

bool title(const Subject& subject, const Args&) { return has_title(subject.text); }

constexpr Kind kKinds[] = {
    {.id = "detectable_content:number_placeholders", .args = {{{"num_placeholders", ArgType::count}}}, .check = plain<number_placeholders>},
    {.id = "detectable_content:postscript", .args = {{{"postscript_marker", ArgType::text}}}, .check = postscript},
    {.id = "detectable_format:number_bullet_lists", .args = {{{"num_bullets", ArgType::count}}}, .check = plain<number_bullet_lists>},
    {.id = "detectable_format:constrained_response", .check = plain<constrained_response>},
    {.id = "detectable_format:number_highlighted_sections",
     .args = {{{"num_highlights", ArgType::count}}},
     .check = plain<number_highlighted_sections>},
    {.id = "detectable_format:multiple_sections",
     .args = {{{"section_spliter", ArgType::text}, {"num_sections", ArgType::count}}},
     .check = multiple_sections},
    {.id = "detectable_format:json_format", .check = plain<json_format>},
    {.id = "detectable_format:title", .check = plain<title>},
};

}  // namespace

std::span<const Kind> content_kinds() { return kKinds; }

}  // namespace xrouter::grade::follow
