#include "xrouter/policy_lm/confidence.hpp"

#include <algorithm>
#include <cmath>

#include "xrouter/engine/transcript.hpp"

namespace xrouter::policy_lm {
namespace {

using chat_format::ParsedReply;

/// The reply's bytes and where each token begins in them.
struct Bytes {
  std::string text;
  std::vector<std::size_t> begins;
};

Bytes bytes_of(const tokenizer::Tokenizer& tokenizer, const lm::Generation& generation) {
  Bytes bytes;
  for (const lm::GeneratedToken& token : generation.tokens) {
    bytes.begins.push_back(bytes.text.size());
    bytes.text += tokenizer.bytes_of(token.id);
  }
  return bytes;
}

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::size_t behind_thinking(const std::string& text, const ParsedReply& read) {
  constexpr std::string_view kClose = "</think>";
  const std::size_t close = read.thinking.empty() ? std::string::npos : text.find(kClose);
  return close == std::string::npos ? 0 : close + kClose.size();
}

// What says which tools are called, and that no more are: everything but the arguments.
std::vector<Range> decisive_ranges(const chat_format::ChatFormat& format, const std::string& text, const ParsedReply& read, std::size_t begin) {
  std::vector<Range> ranges;
  for (std::size_t i = 0; i < read.tool_calls.size(); ++i) {
    const ToolCall& call = read.tool_calls[i];
    const std::string beginning = format.beginning_of_call(call.name);
    const std::size_t at = text.find(beginning, begin);
    if (at == std::string::npos) return ranges;
    const std::size_t name_end = at + beginning.size();
    ranges.push_back({begin, name_end});
    // A family may have shorter words for some arguments: they reach to the next call then.
    const bool last = i + 1 == read.tool_calls.size();
    const std::size_t next = last ? text.size() : std::min(text.find(format.beginning_of_call(read.tool_calls[i + 1].name), name_end), text.size());
    const std::size_t arguments = text.find(call.arguments, name_end);
    const bool spelled = arguments < next;
    if (call.name == kSelectTool && spelled)
      begin = arguments;
    else
      begin = spelled ? arguments + call.arguments.size() : next;
  }
  ranges.push_back({begin, text.size()});
  return ranges;
}

double log_probability(const lm::Generation& generation, const Bytes& bytes, const std::vector<Range>& ranges) {
  double sum = 0;
  for (std::size_t i = 0; i < generation.tokens.size(); ++i) {
    const std::size_t at = bytes.begins[i];
    const bool decisive = std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) { return range.begin <= at && at < range.end; });
    if (decisive) sum += static_cast<double>(generation.tokens[i].logprob);
  }
  return sum + (generation.end ? static_cast<double>(generation.end->logprob) : 0);
}

/// The token that begins a call in this family, as the tokenizer writes it.
std::optional<tokenizer::TokenId> call_token(const RouterModel& model, const Allowed& allowed) {
  chat_format::DecisionRules must_call = allowed.rules;
  must_call.may_answer = false;
  must_call.min_calls = 1;
  must_call.thinking = chat_format::Thinking::off;
  const auto grammar = model.grammars->get(*model.format, allowed.tools, must_call, *model.tokenizer);
  if (!grammar || !model.vocabulary) return std::nullopt;
  const grammar::Matcher matcher(*grammar, model.vocabulary);
  const grammar::Step& step = matcher.next();
  return step.few.size() == 1 ? std::optional(step.few.front()) : std::nullopt;
}

// Of an answer: one minus the probability that its first token had begun a call.
double probability_of_answering(const RouterModel& model, const Allowed& allowed, const lm::GeneratedToken& first) {
  const auto begins_call = call_token(model, allowed);
  if (!begins_call) return 1;
  for (const lm::Alternative& other : first.top)
    if (other.token == *begins_call) return 1 - std::exp(static_cast<double>(other.logprob));
  return 1;
}

// The tool that a reply beginning like this calls first; nothing when it does not tell yet.
std::optional<std::string> first_tool(const chat_format::ChatFormat& format, const Allowed& allowed, const std::string& reply, bool ended) {
  std::optional<std::string> found;
  std::size_t where = std::string::npos, length = 0;
  bool may_be_longer = false;
  for (const ToolSpec& tool : allowed.tools) {
    const std::string beginning = format.beginning_of_call(tool.name);
    const std::size_t at = reply.find(beginning);
    if (at == std::string::npos || at > where || (at == where && beginning.size() < length)) continue;
    where = at;
    length = beginning.size();
    found = tool.name;
  }
  for (const ToolSpec& tool : allowed.tools)
    may_be_longer = may_be_longer || (found && tool.name != *found && format.beginning_of_call(tool.name).starts_with(reply.substr(where)));
  return may_be_longer && !ended ? std::nullopt : found;
}

bool may_become_a_call(const chat_format::ChatFormat& format, const Allowed& allowed, const std::string& reply) {
  return std::ranges::any_of(allowed.tools, [&](const ToolSpec& tool) { return format.beginning_of_call(tool.name).starts_with(reply); });
}

void add(std::vector<TokenTrace::Alternative>& alternatives, const std::string& action, double probability) {
  for (TokenTrace::Alternative& known : alternatives)
    if (known.action == action) return void(known.probability += probability);
  alternatives.push_back({.action = action, .probability = probability});
}

std::vector<TokenTrace::Alternative> alternatives_of(const chat_format::ChatFormat& format, const Allowed& allowed, const lm::Generation& generation,
                                                     const Bytes& bytes, std::size_t begin) {
  std::vector<TokenTrace::Alternative> all;
  for (const lm::Decision& decision : generation.decisions) {
    const auto at = static_cast<std::size_t>(decision.at);
    if (at < bytes.begins.size() && bytes.begins[at] < begin) continue;  // while it was thinking
    const std::string before = bytes.text.substr(begin, at < bytes.begins.size() ? bytes.begins[at] - begin : std::string::npos);
    if (first_tool(format, allowed, before, false)) break;  // decided already
    double reached = 0;
    for (std::size_t i = 0; i < at && i < generation.tokens.size(); ++i)
      if (bytes.begins[i] >= begin) reached += static_cast<double>(generation.tokens[i].logprob);
    all.clear();
    if (allowed.rules.may_answer) add(all, "", std::max(0.0, 1 - std::exp(reached)));
    for (const lm::Choice& choice : decision.choices) {
      const std::string reply = before + choice.text;
      const double probability = std::exp(reached + static_cast<double>(choice.logprob));
      if (const auto tool = first_tool(format, allowed, reply, choice.ends))
        add(all, *tool, probability);
      else if (!may_become_a_call(format, allowed, reply))
        add(all, "", probability);
    }
  }
  std::sort(all.begin(), all.end(), [](const auto& left, const auto& right) { return left.probability > right.probability; });
  return all;
}

}  // namespace

Certainty certainty_of(const RouterModel& model, const Allowed& allowed, const lm::Generation& generation, const ParsedReply& read) {
  if (generation.tokens.empty() || (read.text.empty() && read.tool_calls.empty())) return {};
  if (allowed.tools.empty()) return {.confidence = 1, .alternatives = {{.action = "", .probability = 1}}};
  const Bytes bytes = bytes_of(*model.tokenizer, generation);
  const std::size_t begin = behind_thinking(bytes.text, read);
  if (!read.tool_calls.empty()) {
    const double sure = std::exp(log_probability(generation, bytes, decisive_ranges(*model.format, bytes.text, read, begin)));
    return {.confidence = std::clamp(sure, 0.0, 1.0), .alternatives = alternatives_of(*model.format, allowed, generation, bytes, begin)};
  }
  const auto first = std::lower_bound(bytes.begins.begin(), bytes.begins.end(), begin);
  if (first == bytes.begins.end()) return {};
  const double answering = probability_of_answering(model, allowed, generation.tokens[static_cast<std::size_t>(first - bytes.begins.begin())]);
  return {.confidence = std::clamp(answering, 0.0, 1.0), .alternatives = {{.action = "", .probability = answering}}};
}

}  // namespace xrouter::policy_lm
