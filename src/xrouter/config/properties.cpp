#include "xrouter/config/properties.hpp"

#include <algorithm>
#include <limits>

#include "xrouter/config/addresses.hpp"

namespace xrouter::config {
namespace {

using namespace rules;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 24 * kHourMs;
constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = kKiB * kKiB;
constexpr std::int64_t kGiB = kKiB * kMiB;
constexpr std::size_t kMaxList = 1000;

About ms(std::string text) { return {.text = std::move(text), .unit = "ms"}; }
About bytes(std::string text) { return {.text = std::move(text), .unit = "bytes"}; }
About restart(About about) {
  about.needs_restart = true;
  return about;
}

void declare_server(Properties<Draft>& list) {
  auto s = section(
      list, "server.", [](auto& draft) -> auto& { return draft.config.server; });
  using C = ServerConfig;
  s.field("listen", &C::listen, checked_text("an address such as 127.0.0.1:8800", check_listen),
          restart({.text = "Where the server listens; port 0 takes a free one."}));
  s.field("workers", &C::workers, whole_number<int>(0, 1024), restart({.text = "Threads that answer requests; 0 is one per core."}));
  s.field("max_header_bytes", &C::max_header_bytes, whole_number<std::size_t>(kKiB, kMiB), restart(bytes("Largest request header.")));
  s.field("max_body_bytes", &C::max_body_bytes, whole_number<std::size_t>(kKiB, 256 * kMiB), restart(bytes("Largest request body.")));
  s.field("max_connections", &C::max_connections, whole_number<std::size_t>(1, 1'000'000),
          restart({.text = "Open client connections; more are refused."}));
  s.field("max_in_flight", &C::max_in_flight, whole_number<std::size_t>(1, 1'000'000),
          restart({.text = "Requests being answered; more get 503 `overloaded`."}));
  s.field("header_timeout_ms", &C::header_timeout, duration_ms(100, kHourMs), restart(ms("Longest time for a client to send its header.")));
  s.field("body_timeout_ms", &C::body_timeout, duration_ms(100, kHourMs), restart(ms("Longest time for a client to send its body.")));
  s.field("idle_timeout_ms", &C::idle_timeout, duration_ms(100, kDayMs), restart(ms("Longest time a kept-alive connection stays unused.")));
  s.field("keep_alive_comment_ms", &C::keep_alive_comment, duration_ms(100, kHourMs),
          ms("Interval of SSE comments while a stream has nothing to send."));
  s.field("header_hold_ms", &C::header_hold, duration_ms(0, kHourMs),
          ms("How long status and headers of a stream wait for the first token, so that an early failure still gets its own status."));
  s.field("drain_timeout_ms", &C::drain_timeout, duration_ms(0, kDayMs),
          restart(ms("How long a stopping server waits for the requests in flight.")));
  s.field("api_key_hashes", &C::api_key_hashes, list_of(checked_text("sha256:<64 lower-case hex digits>", check_key_hash), kMaxList),
          {.text = "Hashes of the API keys that clients may use, made by `xrouter config hash-key`; empty asks for no key."});
  s.field("cors_origins", &C::cors_origins, list_of(checked_text("an origin such as https://app.example", check_origin), kMaxList),
          {.text = "Web origins that browsers may call from; empty sends no CORS headers."});
  s.field("strict_fields", &C::strict_fields, boolean(), {.text = "Refuse request fields that are not known instead of passing them on."});
}

void declare_episode(Properties<Draft>& list) {
  auto s = section(
      list, "episode.", [](auto& draft) -> auto& { return draft.config.episode; });
  using C = EpisodeConfig;
  s.field(
      "mode", &C::mode, one_of({"agent", "simple"}),
      {.text = "`agent`: the policy sees the answers and may call again; `simple`: one turn of calls, the last good answer is returned."});
  s.field("max_turns", &C::max_turns, whole_number<int>(1, 100), {.text = "Decisions of the policy in one request."});
  s.field("max_calls", &C::max_calls, whole_number<int>(1, 1000), {.text = "Model calls in one request."});
  s.field("max_calls_per_turn", &C::max_calls_per_turn, whole_number<int>(1, 100), {.text = "Model calls that run side by side."});
  s.field("max_cost_usd", &C::max_cost, optional_usd(),
          {.text = "Hard cost limit of one request; a request may ask for less.", .unit = "USD"});
  s.field("max_tokens", &C::max_tokens, whole_number<std::int64_t>(1, 1'000'000'000),
          {.text = "Tokens in and out of one request, over all its calls.", .unit = "tokens"});
  s.field("deadline_ms", &C::deadline, duration_ms(100, kDayMs), ms("Longest time for one request; every inner limit lies within."));
  s.field("on_turn_limit", &C::on_turn_limit, one_of({"last_reply", "fail"}),
          {.text = "At the turn limit without a choice: the last good answer, or an error."});
  s.field("cost_weight", &C::cost_weight, decimal(0, 1e6),
          {.text = "How much cost counts against expected success; a request may set its own."});
  s.field("default_output_tokens", &C::default_output_tokens, whole_number<std::int64_t>(1, 10'000'000),
          {.text = "Output tokens to reserve money for when a request names no limit.", .unit = "tokens"});
  s.field("max_depth", &C::max_depth, whole_number<int>(1, 100),
          {.text = "How many routers may call one another before a request is refused."});
}

void declare_attempts(Properties<Draft>& list) {
  auto retry = section(
      list, "retry.", [](auto& draft) -> auto& { return draft.config.retry; });
  retry.field("max_attempts", &RetryConfig::max_attempts, whole_number<int>(1, 10),
              {.text = "HTTP tries of one call, the first included."});
  retry.field("backoff_base_ms", &RetryConfig::backoff_base, duration_ms(1, kHourMs),
              ms("First wait between tries; doubled each time, with full jitter."));
  retry.field("backoff_cap_ms", &RetryConfig::backoff_cap, duration_ms(1, kHourMs), ms("Longest wait between tries."));
  retry.field("max_retry_after_ms", &RetryConfig::max_retry_after, duration_ms(0, kHourMs),
              ms("Longest Retry-After to wait for; a longer one fails the call at once."));
  auto breaker = section(
      list, "breaker.", [](auto& draft) -> auto& { return draft.config.breaker; });
  breaker.field("consecutive_failures", &BreakerConfig::consecutive_failures, whole_number<int>(0, 10'000),
                {.text = "Failures in a row after which an upstream rests; 0 is never."});
  breaker.field("open_for_ms", &BreakerConfig::open_for, duration_ms(1, kDayMs), ms("How long it rests."));
}

void declare_policy(Properties<Draft>& list) {
  auto s = section(
      list, "policy.", [](auto& draft) -> auto& { return draft.config.policy; });
  using C = PolicyConfig;
  s.field("kind", &C::kind, one_of({"ngram", "remote", "local", "fixed", "cascade"}),
          {.text = "Who decides: the small learned router in the process, a router language model at an upstream or in the process, always "
                   "one model, or two cheap models with a strong one where they disagree."});
  s.field("weights", &C::weights, text(1), {.text = "ngram: weight file, relative to the data folder."});
  s.field("model", &C::model, text(), {.text = "remote: the router model; local: the name of a pulled language model, or the path of a folder or GGUF file; fixed: the one "
                   "model."});
  s.field("pair", &C::pair, list_of(text(1), 2), {.text = "cascade: the two cheap models."});
  s.field("strong", &C::strong, text(), {.text = "cascade: the model asked when the pair disagrees."});
  s.field("fallback_model", &C::fallback_model, text(),
          {.text = "Model asked directly when the policy itself fails; empty fails the request."});
  s.field("timeout_ms", &C::timeout, duration_ms(100, kHourMs),
          ms("remote, local: longest time for one decision. By default 30 s, or the episode's deadline when that is shorter."));
  s.field("max_output_tokens", &C::max_output_tokens, whole_number<std::int64_t>(16, 1'000'000),
          {.text = "remote, local: most tokens of one decision, a direct answer included.", .unit = "tokens"});
  s.field("temperature", &C::temperature, decimal(0, 2), {.text = "local: 0 takes the likeliest decision, more draws it by chance."});
  s.field("thinking", &C::thinking, boolean(), {.text = "local: let the model think before it decides, where its family can."});
  s.field("adapter", &C::adapter, text(),
          {.text = "local: folder of a LoRA adapter in PEFT's format, merged into the weights."});
  s.field("precision", &C::precision, one_of({"auto", "bf16", "f32"}),
          {.text = "local: what the weights are computed in; `auto` is bf16 where the processor multiplies it."});
  s.field("threads", &C::threads, whole_number<int>(0, 1024),
          {.text = "local: threads of a forward pass; 0 is the cores that `server.workers` leaves, at least 1.", .machine_bound = true});
  s.field("prefix_cache_bytes", &C::prefix_cache_bytes, whole_number<std::size_t>(0, 1024 * kGiB),
          {.text = "local: memory for the prompts that have been read, so that their common beginnings are read once.",
           .unit = "bytes",
           .machine_bound = true});
  s.field("reference_model", &C::reference_model, text(),
          {.text = "Model that savings are compared with; empty takes the dearest offered one."});
}

void declare_stores(Properties<Draft>& list) {
  auto recorded = section(
      list, "recorded.", [](auto& draft) -> auto& { return draft.config.recorded; });
  recorded.field("corpora", &RecordedConfig::corpora, list_of(text(1), kMaxList),
                 {.text = "Files of recorded answers, relative to the data folder. By default the shipped ones when no upstream is "
                          "configured, else none."});
  recorded.field("replay_latency", &RecordedConfig::replay_latency, boolean(),
                 {.text = "Answer as slowly as the record says instead of at once."});
  auto ledger = section(
      list, "ledger.", [](auto& draft) -> auto& { return draft.config.ledger; });
  ledger.field("enabled", &LedgerConfig::enabled, boolean(), restart({.text = "Keep a ledger of requests, calls and costs."}));
  ledger.field("path", &LedgerConfig::path, text(1),
               {.text = "SQLite file, relative to the working directory; the journal lies beside it. By default "
                        "$XDG_STATE_HOME/xrouter/ledger.db, else ~/.local/state/xrouter/ledger.db (the folder is made), else, without HOME, "
                        "xrouter-ledger.db.",
                .needs_restart = true,
                .machine_bound = true});
  ledger.field("max_journal_bytes", &LedgerConfig::max_journal_bytes, whole_number<std::size_t>(kMiB, 1024 * kGiB),
               restart(bytes("Size of the journal beyond which requests are refused: money must be accounted for.")));
}

/// Keeps a part of the file for a later step that needs more than this node.
template <class Owner, class Keep>
Property<Owner> later(std::string name, std::string type, std::string text, Keep keep) {
  return {.name = std::move(name), .type = std::move(type), .about = {.text = std::move(text)}, .set = keep, .show = {}};
}

void declare_top(Properties<Draft>& list) {
  auto s = section(
      list, "", [](auto& draft) -> auto& { return draft.config; });
  s.field("router_name", &Config::router_name, text(1, 128), {.text = "The model name under which clients ask the router."});
  s.field("router_aliases", &Config::router_aliases, list_of(text(1, 128), 100), {.text = "Other names of the router."});
  s.field("offered", &Config::offered, list_of(text(1), kMaxList),
          {.text = "Model ids offered to the policy; empty offers every active model that something serves."});
  s.field("log_level", &Config::log_level, one_of({"debug", "info", "warn", "error", "off"}), {.text = "Least severity that is logged."});
  s.field("data_dir", &Config::data_dir, text(),
          {.text = "Folder of the shipped data, relative to this file; empty looks for it.", .machine_bound = true});
  list.push_back(later<Draft>("catalog", "a list of files",
                              "Your own models.yaml files, relative to this file; each lies over the shipped catalogue field by field.",
                              [](Draft& draft, const YamlNode& node) -> std::optional<Problem> {
                                auto files = list_of(text(1), 100).read(node);
                                if (!files) return files.error();
                                draft.catalog_files = std::move(*files);
                                return std::nullopt;
                              }));
  list.push_back(later<Draft>("models", "a map of models", "Models written here instead of in a file of their own; lies over `catalog`.",
                              [](Draft& draft, const YamlNode& node) -> std::optional<Problem> {
                                draft.models = node;
                                return std::nullopt;
                              }));
  list.push_back(later<Draft>("upstreams", "a list of upstreams", "Servers that speak OpenAI's protocol and serve models.",
                              [](Draft& draft, const YamlNode& node) -> std::optional<Problem> {
                                draft.upstreams = node;
                                return std::nullopt;
                              }));
}

std::optional<Problem> read_one_key(UpstreamDraft& draft, const YamlNode& node) {
  constexpr std::string_view kPrefix = "env:";
  constexpr std::string_view kNameCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  const std::string_view text = node.text;
  const bool valid = node.kind == YamlNode::Kind::scalar && text.starts_with(kPrefix) && text.size() > kPrefix.size() &&
                     text.substr(kPrefix.size()).find_first_not_of(kNameCharacters) == std::string_view::npos;
  // The text is not repeated: it may be the key itself.
  if (!valid)
    return Problem{.mark = node.mark, .text = "must be env:NAME, the name of an environment variable; a key itself never stands in a file"};
  const std::string name(text.substr(kPrefix.size()));
  const bool twice = std::find(draft.key_variables.begin(), draft.key_variables.end(), name) != draft.key_variables.end();
  if (twice) return Problem{.mark = node.mark, .text = "env:" + name + " stands twice in the list"};
  draft.key_variables.push_back(name);
  return std::nullopt;
}

std::optional<Problem> read_keys(UpstreamDraft& draft, const YamlNode& node) {
  constexpr std::size_t kMaxKeys = 16;
  draft.key_variables.clear();
  if (node.kind != YamlNode::Kind::sequence) return read_one_key(draft, node);
  if (node.items.size() > kMaxKeys) return Problem{.mark = node.mark, .text = "has more than " + std::to_string(kMaxKeys) + " items"};
  for (const YamlNode& item : node.items)
    if (auto problem = read_one_key(draft, item)) return problem;
  return std::nullopt;
}

std::string show_keys(const UpstreamDraft& draft) {
  const std::vector<Secret>& keys = draft.value.api_keys;
  if (keys.size() < 2) return quoted(to_text(keys.empty() ? Secret() : keys.front()));
  std::string out;
  for (const Secret& key : keys) out += (out.empty() ? "[" : ", ") + quoted(to_text(key));
  return out + "]";
}

std::optional<Problem> read_bindings(UpstreamDraft& draft, const YamlNode& node) {
  const Rule<std::string> name = text(1);
  const auto add = [&](const YamlNode& id, const YamlNode* upstream_name) -> std::optional<Problem> {
    auto model = name.read(id);
    if (!model) return model.error();
    Binding binding{.model = *model, .upstream_model = {}, .mark = id.mark};
    if (upstream_name != nullptr) {
      auto read = name.read(*upstream_name);
      if (!read) return read.error();
      binding.upstream_model = *read;
    }
    draft.models.push_back(std::move(binding));
    return std::nullopt;
  };
  if (node.kind != YamlNode::Kind::sequence && node.kind != YamlNode::Kind::map)
    return Problem{.mark = node.mark, .text = "must be a list of model ids, or a map from model id to the upstream's own name"};
  for (const YamlNode& item : node.items)
    if (auto problem = add(item, nullptr)) return problem;
  for (const auto& [id, upstream_name] : node.entries)
    if (auto problem = add(id, &upstream_name)) return problem;
  return std::nullopt;
}

void declare_upstream(Properties<UpstreamDraft>& list) {
  auto s = section(
      list, "", [](auto& draft) -> auto& { return draft.value; });
  using C = UpstreamConfig;
  s.field("name", &C::name, text(1, 64), {.text = "How this file and the logs call it.", .required = true});
  s.field("base_url", &C::base_url, checked_text("a URL such as https://api.example.com/v1", check_base_url),
          {.text = "Address up to and with the version part, to which /chat/completions is added.", .required = true});
  list.push_back(
      {.name = "api_key",
       .type = "env:NAME, or a list of them",
       .about = {.text = "Environment variable that holds the API key; leave it out for a server that asks for none. Of several keys the "
                         "first is used until it is refused or rate limited, then the next.",
                 .secret = true},
       .set = read_keys,
       .show = show_keys});
  list.push_back(later<UpstreamDraft>("models", "a list of model ids, or a map from id to the upstream's own name",
                                      "Models of the catalogue that this upstream serves. A model that several upstreams list runs at the first of them; "
                                      "the others are asked when that one cannot answer.", read_bindings));
  s.field("connect_timeout_ms", &C::connect_timeout, duration_ms(10, kHourMs), ms("Longest time to connect, TLS included."));
  s.field("attempt_timeout_ms", &C::attempt_timeout, duration_ms(100, kDayMs),
          ms("Longest time for one try, or for a whole stream. By default 120 s, or the episode's deadline when that is shorter."));
  s.field("first_token_timeout_ms", &C::first_token_timeout, duration_ms(100, kDayMs),
          ms("Streams: longest wait for the first token. By default 60 s, or the time of the attempt when that is shorter."));
  s.field("idle_timeout_ms", &C::idle_timeout, duration_ms(100, kDayMs),
          ms("Streams: longest silence between two chunks. By default 45 s, or the time of the attempt when that is shorter."));
  s.field("max_response_bytes", &C::max_response_bytes, whole_number<std::size_t>(kKiB, kGiB), bytes("Largest response."));
  s.field("max_in_flight", &C::max_in_flight, whole_number<int>(1, 100'000),
          {.text = "Tries at once, per worker; more fail as `overloaded`."});
  s.field("token_limit_name", &C::token_limit_name, one_of({"max_completion_tokens", "max_tokens"}),
          {.text = "What the server calls the limit on output tokens; older OpenAI-compatible servers know only `max_tokens` and ignore the other."});
  s.field("ca_file", &C::ca_file, text(),
          {.text = "Extra CA certificates (PEM), relative to this file; empty trusts the system's.", .machine_bound = true});
}

}  // namespace

const Properties<Draft>& draft_properties() {
  static const Properties<Draft> kList = [] {
    Properties<Draft> list;
    declare_top(list);
    declare_server(list);
    declare_episode(list);
    declare_policy(list);
    declare_attempts(list);
    declare_stores(list);
    return list;
  }();
  return kList;
}

const Properties<UpstreamDraft>& upstream_properties() {
  static const Properties<UpstreamDraft> kList = [] {
    Properties<UpstreamDraft> list;
    declare_upstream(list);
    return list;
  }();
  return kList;
}

}  // namespace xrouter::config
