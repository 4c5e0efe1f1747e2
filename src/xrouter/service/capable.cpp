#include "xrouter/service/capable.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "xrouter/json/parse.hpp"

namespace xrouter::service {
namespace {

// What the client's request needs of a model, and which parameter asks for it.
struct Requirement {
  bool needed;
  bool Capabilities::*capability;
  std::string_view param;
  std::string_view what;
};

bool has_part(const ChatRequest& request, std::string_view type) {
  for (const Message& message : request.messages) {
    const auto* parts = std::get_if<std::vector<ContentPart>>(&message.content);
    if (parts && std::ranges::any_of(*parts, [&](const ContentPart& part) { return part.type == type; })) return true;
  }
  return false;
}

// 0, 1 and {} are what models without sampling parameters do anyway.
bool extra_asks(const ChatRequest& request, std::string_view name) {
  for (const auto& [key, raw] : request.extra)
    if (key == name) return raw.text != "0" && raw.text != "0.0" && raw.text != "{}" && raw.text != "null";
  return false;
}

bool asks_for_sampling(const ChatRequest& request) {
  const Sampling& sampling = request.sampling;
  return sampling.temperature.value_or(1) != 1 || sampling.top_p.value_or(1) != 1 || extra_asks(request, "frequency_penalty") ||
         extra_asks(request, "presence_penalty") || extra_asks(request, "logit_bias");
}

std::array<Requirement, 9> requirements_of(const ChatRequest& request) {
  const Sampling& sampling = request.sampling;
  const std::string format = response_format_type(request);
  return {{
      {sampling.n.value_or(1) > 1, &Capabilities::multiple_choices, "n", "more than one choice"},
      {sampling.logprobs.value_or(false), &Capabilities::logprobs, "logprobs", "log-probabilities"},
      {format == "json_schema", &Capabilities::json_schema, "response_format", "JSON Schema output"},
      {!request.tools.empty(), &Capabilities::tools, "tools", "tools"},
      {has_part(request, "image_url"), &Capabilities::vision, "messages", "images"},
      {has_part(request, "input_audio"), &Capabilities::audio, "messages", "audio input"},
      {!sampling.stop.empty(), &Capabilities::stop, "stop", "stop sequences"},
      {sampling.seed.has_value(), &Capabilities::seed, "seed", "a seed"},
      {asks_for_sampling(request), &Capabilities::sampling, "temperature", "sampling parameters"},
  }};
}

// No text has more bytes a token on average; a prompt over the limit by this count is certainly too long.
constexpr std::int64_t kMostBytesPerToken = 8;

Error too_long(std::int64_t at_least) {
  return {.kind = ErrorKind::context_length,
          .public_text = "The prompt is too long: it has at least " + std::to_string(at_least) +
                         " tokens, more than any model that may answer it can hold.",
          .param = "messages"};
}

}  // namespace

std::string response_format_type(const ChatRequest& request) {
  if (request.response_format.empty()) return {};
  auto value = json::parse(request.response_format.text);
  if (!value || !value->is_object()) return {};
  const boost::json::value* type = value->as_object().if_contains("type");
  return type && type->is_string() ? std::string(type->as_string()) : std::string();
}

Result<std::vector<OfferedModel>> narrow_to_capable(const ChatRequest& request, std::vector<OfferedModel> models,
                                                    const TokenEstimator& estimator) {
  for (const Requirement& requirement : requirements_of(request)) {
    if (!requirement.needed) continue;
    std::erase_if(models, [&](const OfferedModel& model) { return !(model.spec->capabilities.*requirement.capability); });
    if (models.empty())
      return fail(Error{.kind = ErrorKind::invalid_request,
                        .public_text = "No model that may answer this request supports " + std::string(requirement.what) + ".",
                        .param = std::string(requirement.param),
                        .code = "unsupported_parameter"});
  }
  auto holding = [&](std::int64_t tokens) {
    std::vector<OfferedModel> left;
    std::ranges::copy_if(models, std::back_inserter(left), [&](const OfferedModel& model) { return model.spec->context_tokens >= tokens; });
    return left;
  };
  std::vector<OfferedModel> sure = holding(estimator.prompt_tokens(request));
  if (!sure.empty()) return sure;
  const TokenEstimator optimist{.bytes_per_token = kMostBytesPerToken, .tokens_per_message = 1};
  const std::int64_t at_least = optimist.prompt_tokens(request);
  std::vector<OfferedModel> possible = holding(at_least);
  if (possible.empty()) return fail(too_long(at_least));
  return possible;
}

}  // namespace xrouter::service
