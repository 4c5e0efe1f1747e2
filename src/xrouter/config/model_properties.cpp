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

using Scores = std::map<std::string, int>;

std::string check_domain(std::string_view name) {
  constexpr std::string_view kCharacters = "abcdefghijklmnopqrstuvwxyz0123456789_";
  constexpr std::size_t kLongest = 32;
  const bool fits = !name.empty() && name.size() <= kLongest && name.find_first_not_of(kCharacters) == std::string_view::npos;
  return fits ? "" : "a domain is 1 to 32 of a-z, 0-9 and _";
}

Rule<Scores>::Read read_scores(const YamlNode& node) {
  constexpr std::size_t kMostDomains = 16;
  const Rule<int> per_cent = whole_number<int>(0, 100);
  if (node.kind == YamlNode::Kind::null) return Scores();
  if (node.kind != YamlNode::Kind::map) return tl::unexpected(Problem{node.mark, "must be a map from domain to score, such as {math: 79}"});
  if (node.entries.size() > kMostDomains) return tl::unexpected(Problem{node.mark, "has at most " + std::to_string(kMostDomains) + " domains"});
  Scores scores;
  for (const auto& [domain, score] : node.entries) {
    if (std::string wrong = check_domain(domain.text); !wrong.empty()) return tl::unexpected(Problem{domain.mark, std::move(wrong)});
    const auto value = per_cent.read(score);
    if (!value) return tl::unexpected(value.error());
    scores[domain.text] = *value;
  }
  return scores;
}

std::string show_scores(const Scores& scores) {
  std::string out;
  for (const auto& [domain, score] : scores) out += (out.empty() ? "" : ", ") + domain + ": " + std::to_string(score);
  return "{" + out + "}";
}

Rule<Scores> scores() { return {.type = "map from domain to whole number, 0 to 100", .read = read_scores, .show = show_scores}; }

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
  s.field("scores", &ModelSpec::scores, scores(),
          {.text = "Measured skill by domain, in per cent of questions solved; told to the router, which can so use a model it has never seen. "
                   "`xrouter data scores` computes them from recorded answers."});
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
