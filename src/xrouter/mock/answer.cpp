#include "xrouter/mock/answer.hpp"

#include <algorithm>

#include "xrouter/base/rng.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/mock/plan.hpp"

namespace xrouter::mock {
namespace {

constexpr std::int64_t kCreated = 1'760'000'000;  // fixed, so that equal requests give equal bytes
constexpr std::size_t kBytesPerToken = 4;
constexpr std::int64_t kTokensPerMessage = 4;
constexpr std::size_t kArgumentFragments = 4;
constexpr std::string_view kPadding = "mock text. ";

std::int64_t tokens_of(std::size_t bytes) { return static_cast<std::int64_t>((bytes + kBytesPerToken - 1) / kBytesPerToken); }

std::string text_for(const MockRequest& request, const Behaviour& behaviour) {
  std::string text;
  if (behaviour.echo)
    text = request.last_user_text;
  else if (behaviour.text)
    text = *behaviour.text;
  else if (behaviour.tool_calls.empty() && behaviour.refusal.empty())
    text = "This is the mock answer of " + request.model + ".";
  while (text.size() < behaviour.text_bytes) text += kPadding.substr(0, std::min(kPadding.size(), behaviour.text_bytes - text.size()));
  return text;
}

std::string resolve_tool(const std::string& name, const std::vector<std::string>& offered) {
  if (name.size() < 2 || name[0] != '$' || name.find_first_not_of("0123456789", 1) != std::string::npos) return name;
  const std::size_t index = std::stoul(name.substr(1, 6));
  return index < offered.size() ? offered[index] : name;
}

class Envelope {
 public:
  Envelope(const MockRequest& request, const Behaviour& behaviour, const Answer& answer) : request_(request), behaviour_(behaviour), answer_(answer) {}

  void open(json::Writer& out, std::string_view object) const {
    out.begin_object().field("id", answer_.id).field("object", object).field("created", kCreated).field("model", request_.model);
  }
  void usage(json::Writer& out) const {
    const MockUsage& usage = behaviour_.usage;
    out.key("usage").begin_object().field("prompt_tokens", answer_.prompt_tokens).field("completion_tokens", answer_.completion_tokens);
    out.field("total_tokens", static_cast<std::int64_t>(static_cast<std::uint64_t>(answer_.prompt_tokens) + static_cast<std::uint64_t>(answer_.completion_tokens)));
    out.key("prompt_tokens_details").begin_object().field("cached_tokens", usage.cached_tokens);
    if (usage.cache_write_tokens != 0) out.field("cache_write_tokens", usage.cache_write_tokens);
    out.end_object();
    out.key("completion_tokens_details").begin_object().field("reasoning_tokens", usage.reasoning_tokens).end_object();
    out.end_object();
  }
  bool usage_null() const { return request_.include_usage; }

 private:
  const MockRequest& request_;
  const Behaviour& behaviour_;
  const Answer& answer_;
};

void write_logprobs(json::Writer& out, const MockRequest& request, const std::vector<std::string>& tokens) {
  out.key("logprobs");
  if (!request.logprobs) {
    out.null();
    return;
  }
  const auto one = [&out](std::string_view token, double logprob) {
    out.field("token", token).field("logprob", logprob).key("bytes").begin_array();
    for (char byte : token) out.value(static_cast<int>(static_cast<unsigned char>(byte)));
    out.end_array();
  };
  out.begin_object().key("content").begin_array();
  for (const std::string& token : tokens) {
    out.begin_object();
    one(token, -0.25);
    out.key("top_logprobs").begin_array();
    for (std::int64_t rank = 0; rank < request.top_logprobs; ++rank) {
      out.begin_object();
      one(rank == 0 ? token : "alternative", -0.25 * static_cast<double>(rank + 1));
      out.end_object();
    }
    out.end_array().end_object();
  }
  out.end_array().key("refusal").null().end_object();
}

std::string text_of_choice(const Answer& answer, std::int64_t index) {
  return index == 0 || answer.text.empty() ? answer.text : answer.text + " (" + std::to_string(index + 1) + ")";
}

void write_message(json::Writer& out, const Behaviour& behaviour, const Answer& answer, std::int64_t index) {
  const std::string text = text_of_choice(answer, index);
  out.begin_object().field("role", "assistant").key("content");
  if (text.empty() && !behaviour.text)
    out.null();
  else
    out.value(text);
  out.key("refusal");
  if (behaviour.refusal.empty())
    out.null();
  else
    out.value(behaviour.refusal);
  out.key("annotations").begin_array().end_array();
  if (!behaviour.reasoning.empty()) out.field("reasoning_content", behaviour.reasoning);
  if (!answer.tool_calls.empty()) {
    out.key("tool_calls").begin_array();
    for (const MockToolCall& call : answer.tool_calls) {
      out.begin_object().field("id", call.id).field("type", "function").key("function").begin_object();
      out.field("name", call.name).field("arguments", call.arguments).end_object().end_object();
    }
    out.end_array();
  }
  out.end_object();
}

// One chunk object; `fill` writes the members of delta.
class ChunkList {
 public:
  ChunkList(const MockRequest& request, const Behaviour& behaviour, const Answer& answer)
      : request_(request), envelope_(request, behaviour, answer) {}

  template <class Fill>
  void add(std::int64_t choice, Fill fill, const std::vector<std::string>& tokens = {}, std::string_view finish = {}, bool with_usage = false) {
    json::Writer out;
    envelope_.open(out, "chat.completion.chunk");
    out.key("choices").begin_array().begin_object().field("index", choice).key("delta").begin_object();
    fill(out);
    out.end_object();
    if (request_.logprobs && !tokens.empty())
      write_logprobs(out, request_, tokens);
    else
      out.key("logprobs").null();
    out.key("finish_reason");
    if (finish.empty())
      out.null();
    else
      out.value(finish);
    out.end_object().end_array();
    if (with_usage)
      envelope_.usage(out);
    else if (envelope_.usage_null())
      out.key("usage").null();
    out.end_object();
    chunks_.push_back(out.take());
  }
  void add_usage() {
    json::Writer out;
    envelope_.open(out, "chat.completion.chunk");
    out.key("choices").begin_array().end_array();
    envelope_.usage(out);
    out.end_object();
    chunks_.push_back(out.take());
  }
  std::vector<std::string> take() { return std::move(chunks_); }

 private:
  const MockRequest& request_;
  Envelope envelope_;
  std::vector<std::string> chunks_;
};

void add_tool_calls(ChunkList& list, std::int64_t choice, const Answer& answer) {
  for (std::size_t i = 0; i < answer.tool_calls.size(); ++i) {
    const MockToolCall& call = answer.tool_calls[i];
    list.add(choice, [&](json::Writer& out) {
      out.key("tool_calls").begin_array().begin_object().field("index", i).field("id", call.id).field("type", "function");
      out.key("function").begin_object().field("name", call.name).field("arguments", "").end_object().end_object().end_array();
    });
    for (const std::string& fragment : cut_text(call.arguments, kArgumentFragments)) {
      list.add(choice, [&](json::Writer& out) {
        out.key("tool_calls").begin_array().begin_object().field("index", i);
        out.key("function").begin_object().field("arguments", fragment).end_object().end_object().end_array();
      });
    }
  }
}

}  // namespace

Answer make_answer(const MockRequest& request, const Behaviour& behaviour) {
  Answer answer;
  answer.text = text_for(request, behaviour);
  std::size_t output_bytes = answer.text.size() + behaviour.reasoning.size() + behaviour.refusal.size();
  for (std::size_t i = 0; i < behaviour.tool_calls.size(); ++i) {
    MockToolCall call = behaviour.tool_calls[i];
    call.name = resolve_tool(call.name, request.tool_names);
    if (call.id.empty()) call.id = "call_mock_" + std::to_string(request.turn) + "_" + std::to_string(i + 1);
    output_bytes += call.name.size() + call.arguments.size();
    answer.tool_calls.push_back(std::move(call));
  }
  answer.finish_reason = behaviour.finish_reason;
  if (answer.finish_reason.empty()) answer.finish_reason = answer.tool_calls.empty() ? "stop" : "tool_calls";
  const std::int64_t estimated = tokens_of(request.all_text.size()) + kTokensPerMessage * static_cast<std::int64_t>(request.messages);
  answer.prompt_tokens = behaviour.usage.prompt_tokens.value_or(estimated);
  answer.completion_tokens = behaviour.usage.completion_tokens.value_or(tokens_of(output_bytes) * request.n + std::max<std::int64_t>(0, behaviour.usage.reasoning_tokens));
  const std::uint64_t hash = fnv1a64(answer.text, fnv1a64(request.all_text, fnv1a64(request.model)));
  answer.id = "chatcmpl-mock-" + std::to_string(hash);
  return answer;
}

std::string answer_body(const MockRequest& request, const Behaviour& behaviour, const Answer& answer) {
  const Envelope envelope(request, behaviour, answer);
  json::Writer out;
  envelope.open(out, "chat.completion");
  out.key("choices").begin_array();
  for (std::int64_t i = 0; i < request.n; ++i) {
    out.begin_object().field("index", i).key("message");
    write_message(out, behaviour, answer, i);
    write_logprobs(out, request, cut_text(text_of_choice(answer, i), behaviour.chunks));
    out.field("finish_reason", answer.finish_reason).end_object();
  }
  out.end_array();
  if (behaviour.usage.place != UsagePlace::none) envelope.usage(out);
  out.field("system_fingerprint", "fp_mock").end_object();
  return out.take();
}

std::vector<std::string> answer_chunks(const MockRequest& request, const Behaviour& behaviour, const Answer& answer) {
  ChunkList list(request, behaviour, answer);
  for (std::int64_t choice = 0; choice < request.n; ++choice) {
    list.add(choice, [&](json::Writer& out) {
      out.field("role", "assistant").key("content");
      if (answer.text.empty())
        out.null();
      else
        out.value("");
      out.key("refusal").null();
    });
    for (const std::string& piece : cut_text(behaviour.reasoning, behaviour.chunks))
      list.add(choice, [&](json::Writer& out) { out.field("reasoning_content", piece); });
    for (const std::string& piece : cut_text(text_of_choice(answer, choice), behaviour.chunks))
      list.add(choice, [&](json::Writer& out) { out.field("content", piece); }, {piece});
    for (const std::string& piece : cut_text(behaviour.refusal, behaviour.chunks))
      list.add(choice, [&](json::Writer& out) { out.field("refusal", piece); });
    add_tool_calls(list, choice, answer);
  }
  for (std::int64_t choice = 0; choice < request.n; ++choice) {
    const bool with_usage = behaviour.usage.place == UsagePlace::last && choice + 1 == request.n;
    list.add(choice, [](json::Writer&) {}, {}, answer.finish_reason, with_usage);
  }
  const bool asked = behaviour.usage.place == UsagePlace::asked && request.include_usage;
  if (asked || behaviour.usage.place == UsagePlace::separate) list.add_usage();
  return list.take();
}

}  // namespace xrouter::mock
