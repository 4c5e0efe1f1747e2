#include "xrouter/config/properties.hpp"

namespace xrouter::config {
namespace {

using namespace rules;

constexpr std::int64_t kMaxTokens = 100'000'000;

std::string check_date(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-dd";
  bool fits = text.empty() || text.size() == kShape.size();
  for (std::size_t i = 0; fits && i < text.size(); ++i) fits = kShape[i] == '-' ? text[i] == '-' : text[i] >= '0' && text[i] <= '9';
  return fits ? "" : "write it as 2025-09-01";
}

void declare_price(Properties<ModelDraft>& list) {
  auto s = section(
      list, "", [](auto& draft) -> auto& { return draft.value.price; });
  const auto rate = [&s](const std::string& name, std::optional<Usd> Price::*member, std::string about) {
    s.field("usd_per_mtok." + name, member, usd_per_mtok(), {.text = std::move(about), .unit = "USD per million tokens"});
  };
  rate("input", &Price::input, "Prompt tokens.");
  rate("output", &Price::output, "Reply tokens.");
  rate("cached_input", &Price::cached_input, "Prompt tokens read from the provider's cache; unknown bills them as input.");
  rate("cache_write", &Price::cache_write, "Prompt tokens written to the provider's cache; unknown bills them as input.");
  rate("reasoning", &Price::reasoning, "Hidden reasoning tokens; unknown bills them as output.");
  rate("input_audio", &Price::input_audio, "Audio tokens of the prompt; unknown bills them as input.");
  rate("output_audio", &Price::output_audio, "Audio tokens of the reply; unknown bills them as output.");
  s.field("usd_per_call", &Price::per_call, optional_usd(), {.text = "Charged for every attempt that is billed, at most 100.", .unit = "USD"});
  s.field("price_source", &Price::source, text(), {.text = "Where the prices come from."});
  s.field("price_date", &Price::date, checked_text("a date", check_date), {.text = "Day the prices were read."});
}

void declare_capabilities(Properties<ModelDraft>& list) {
  auto s = section(
      list, "capabilities.", [](auto& draft) -> auto& { return draft.value.capabilities; });
  const auto flag = [&s](const std::string& name, bool Capabilities::*member, std::string about) {
    s.field(name, member, boolean(), {.text = std::move(about)});
  };
  flag("tools", &Capabilities::tools, "Takes tools.");
  flag("parallel_tool_calls", &Capabilities::parallel_tool_calls, "Takes the field parallel_tool_calls.");
  flag("json_schema", &Capabilities::json_schema, "Takes a JSON schema as response format.");
  flag("vision", &Capabilities::vision, "Takes images.");
  flag("audio", &Capabilities::audio, "Takes and makes audio.");
  flag("logprobs", &Capabilities::logprobs, "Returns log probabilities.");
  flag("multiple_choices", &Capabilities::multiple_choices, "Takes n above 1.");
  flag("sampling", &Capabilities::sampling, "Takes temperature, top_p and penalties.");
  flag("stop", &Capabilities::stop, "Takes stop sequences.");
  flag("seed", &Capabilities::seed, "Takes a seed.");
}

std::optional<Problem> read_upstreams(ModelDraft& draft, const YamlNode& node) {
  const Rule<std::string> one = text(0, 64);
  const auto names = node.kind == YamlNode::Kind::sequence
                         ? list_of(text(1, 64), kMaxDeployments).read(node)
                         : one.read(node).map([](std::string name) { return std::vector<std::string>{std::move(name)}; });
  if (!names) return names.error();
  draft.value.upstream = names->empty() ? "" : names->front();
  draft.value.alternatives.clear();
  for (std::size_t i = 1; i < names->size(); ++i) draft.value.alternatives.push_back({.upstream = (*names)[i], .model = {}});
  return std::nullopt;
}

std::string show_upstreams(const ModelDraft& draft) {
  if (draft.value.alternatives.empty()) return quoted(draft.value.upstream);
  std::string out = "[" + quoted(draft.value.upstream);
  for (const Deployment& other : draft.value.alternatives) out += ", " + quoted(other.upstream);
  return out + "]";
}

Properties<ModelDraft> declare() {
  Properties<ModelDraft> list;
  auto s = section(
      list, "", [](auto& draft) -> auto& { return draft.value; });
  s.field("tier", &ModelSpec::tier, tier(), {.text = "Rough class, shown to the router."});
  declare_price(list);
  s.field("context_tokens", &ModelSpec::context_tokens, whole_number<std::int64_t>(1, kMaxTokens),
          {.text = "Prompt and reply together.", .unit = "tokens"});
  s.field("max_output_tokens", &ModelSpec::max_output_tokens, whole_number<std::int64_t>(1, kMaxTokens),
          {.text = "Longest reply.", .unit = "tokens"});
  declare_capabilities(list);
  s.field("description", &ModelSpec::description, text(0, 2000), {.text = "One or two sentences by which a router can choose."});
  list.push_back({.name = "upstream",
                  .type = "text, may be \"\", or a list of text",
                  .about = {.text = "Name of the upstream that serves it; `recorded` for recorded answers; empty = none. Of a list the first is "
                                    "asked, the others when it cannot answer."},
                  .set = read_upstreams,
                  .show = show_upstreams});
  s.field("upstream_model", &ModelSpec::upstream_model, text(0, 256), {.text = "The upstream's own name for it; empty = the id."});
  s.field("note", &ModelSpec::note, text(0, 2000), {.text = "For people: known faults of the figures."});
  s.field("active", &ModelSpec::active, boolean(), {.text = "Whether the router may be offered it."});
  return list;
}

}  // namespace

const Properties<ModelDraft>& model_properties() {
  static const Properties<ModelDraft> kList = declare();
  return kList;
}

}  // namespace xrouter::config
