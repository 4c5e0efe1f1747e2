#include "xrouter/host/reply_plan.hpp"

#include <algorithm>

#include "xrouter/host/request_fields.hpp"
#include "xrouter/host/tool_wishes.hpp"

namespace xrouter::host {
namespace {

using chat_format::CallsInReply;
using chat_format::Thinking;

// Of an answer: the output limit ends it long before.
constexpr int kMaxTextBytes = 1 << 20;

Error refused(std::string param, std::string text) {
  return {.kind = ErrorKind::invalid_request, .public_text = std::move(text), .param = std::move(param)};
}

// The grammar names the place in a schema as "schema...."; the client knows it under another name.
Error in_schema(const std::string& place, Error error) {
  constexpr std::string_view kRoot = "schema";
  const bool inside = error.param.starts_with(kRoot);
  error.param = place + (inside ? error.param.substr(kRoot.size()) : "");
  return error;
}

class Planner {
 public:
  Planner(const ChatRequest& request, const HostedModel& model, const HostRules& rules, GrammarCache& grammars)
      : request_(request), model_(model), rules_(rules), grammars_(grammars) {}

  Result<ReplyPlan> plan(Rng& rng) {
    if (const auto readable = read(); !readable) return fail(readable.error());
    lm::GenerationRequest generation;
    auto prompt = render();
    if (!prompt) return fail(prompt.error());
    generation.prompt = std::move(*prompt);
    auto grammar = make_grammar();
    if (!grammar) return fail(grammar.error());
    generation.grammar = std::move(*grammar);
    const auto sampling = sampling_for(generation.prompt.size());
    if (!sampling) return fail(sampling.error());
    generation.sampling = *sampling;

    ReplyPlan plan{.generations = {},
                   .calls = calls_possible() ? CallsInReply::parsed : CallsInReply::as_text,
                   .logprobs = request_.sampling.logprobs.value_or(false)};
    const std::uint64_t seed = request_.sampling.seed ? static_cast<std::uint64_t>(*request_.sampling.seed) : rng.next();
    const std::int64_t choices = request_.sampling.n.value_or(1);
    for (std::int64_t i = 0; i < choices; ++i) {
      generation.sampling.seed = i == 0 ? seed : Rng(seed).fork("choice", static_cast<std::uint64_t>(i)).next();
      plan.generations.push_back(generation);
    }
    return plan;
  }

 private:
  Result<void> read() {
    if (request_.model != model_.name)
      return fail({.kind = ErrorKind::model_not_found,
                   .public_text = "The model does not exist. GET /v1/models lists the name of the one that is served.",
                   .param = "model"});
    if (request_.sampling.n.value_or(1) > rules_.max_choices)
      return fail(refused("n", "'n' can be at most " + std::to_string(rules_.max_choices) + " here."));
    auto fields = read_fields(request_);
    if (!fields) return fail(fields.error());
    fields_ = *fields;
    auto wishes = read_tool_choice(request_);
    if (!wishes) return fail(wishes.error());
    wishes_ = std::move(*wishes);
    auto schema = read_response_format(request_);
    if (!schema) return fail(schema.error());
    schema_ = std::move(*schema);
    if (!schema_.empty() && calls_possible())
      return fail(
          refused("response_format", "'response_format' cannot be combined with tools that may be called; set 'tool_choice' to none."));
    return {};
  }

  bool calls_possible() const { return wishes_.may_call && !wishes_.callable.empty(); }

  // A reply that is JSON from its first byte leaves no room for thinking.
  Thinking thinking() const { return schema_.empty() ? fields_.thinking.value_or(rules_.thinking) : Thinking::off; }

  Result<std::vector<tokenizer::TokenId>> render() const {
    const auto spans = model_.format->render(request_.messages, request_.tools, thinking());
    if (!spans) return fail(spans.error());
    std::vector<tokenizer::TokenId> prompt = chat_format::encode(*spans, *model_.tokenizer);
    if (prompt.size() < static_cast<std::size_t>(model_.context_tokens)) return prompt;
    return fail({.kind = ErrorKind::context_length,
                 .public_text = "The conversation has " + std::to_string(prompt.size()) + " tokens; this model reads and writes " +
                                std::to_string(model_.context_tokens) + " together.",
                 .param = "messages"});
  }

  Result<GrammarCache::Shared> make_grammar() const {
    if (!schema_.empty()) return grammars_.get("schema " + schema_, [this] { return schema_grammar(); });
    if (request_.tools.empty()) return GrammarCache::Shared();
    return grammars_.get(decision_key(), [this] { return decision_grammar(); });
  }

  Result<GrammarCache::Shared> schema_grammar() const {
    grammar::Builder builder;
    const grammar::Piece value = builder.json(schema_);
    auto built = builder.build(value);
    return built ? built : Result<GrammarCache::Shared>(fail(in_schema("response_format.json_schema.schema", built.error())));
  }

  chat_format::DecisionRules decision_rules() const {
    const bool several = fields_.parallel_tool_calls;
    return {.may_answer = wishes_.may_answer,
            .min_calls = wishes_.may_answer ? 0 : 1,
            .max_calls = !wishes_.may_call ? 0
                         : several         ? rules_.max_calls
                                           : 1,
            .thinking = thinking(),
            .max_text_bytes = kMaxTextBytes};
  }

  Result<GrammarCache::Shared> decision_grammar() const {
    auto built = model_.format->decision_grammar(wishes_.callable, decision_rules(), *model_.tokenizer);
    return built ? built : Result<GrammarCache::Shared>(fail(in_schema(place_of_bad_tool(), built.error())));
  }

  // Which of the tools has the schema that cannot be kept.
  std::string place_of_bad_tool() const {
    for (std::size_t i = 0; i < request_.tools.size(); ++i) {
      if (request_.tools[i].parameters.empty()) continue;
      grammar::Builder builder;
      const grammar::Piece value = builder.json(request_.tools[i].parameters.text);
      if (!builder.build(value)) return "tools[" + std::to_string(i) + "].function.parameters";
    }
    return "tools";
  }

  std::string decision_key() const {
    const chat_format::DecisionRules rules = decision_rules();
    std::string key = "tools " + std::to_string(rules.may_answer) + ' ' + std::to_string(rules.max_calls) + ' ' +
                      std::to_string(rules.thinking == Thinking::free);
    for (const ToolSpec& tool : wishes_.callable) key += '\n' + std::to_string(tool.name.size()) + ' ' + tool.name + tool.parameters.text;
    return key;
  }

  Result<lm::SamplingParams> sampling_for(std::size_t prompt_tokens) const {
    const Sampling& asked = request_.sampling;
    const auto left = static_cast<std::int64_t>(model_.context_tokens) - static_cast<std::int64_t>(prompt_tokens);
    lm::SamplingParams sampling;
    sampling.temperature = asked.temperature.value_or(rules_.temperature);
    sampling.top_p = asked.top_p.value_or(1.0);
    if (sampling.top_p <= 0) return fail(refused("top_p", "'top_p' must be greater than 0."));
    sampling.top_k = fields_.top_k;
    sampling.min_p = fields_.min_p;
    sampling.max_tokens = static_cast<int>(std::min<std::int64_t>(asked.max_output_tokens.value_or(rules_.max_output_tokens), left));
    sampling.stop = asked.stop;
    std::erase(sampling.stop, std::string());
    sampling.top_logprobs = static_cast<int>(asked.top_logprobs.value_or(0));
    return sampling;
  }

  const ChatRequest& request_;
  const HostedModel& model_;
  const HostRules& rules_;
  GrammarCache& grammars_;
  RequestFields fields_;
  ToolWishes wishes_;
  std::string schema_;
};

}  // namespace

Result<ReplyPlan> plan_reply(const ChatRequest& request, const HostedModel& model, const HostRules& rules, GrammarCache& grammars,
                             Rng& rng) {
  return Planner(request, model, rules, grammars).plan(rng);
}

}  // namespace xrouter::host
