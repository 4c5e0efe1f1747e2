#include "xrouter/config/load.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <iterator>

#include "xrouter/config/catalog_file.hpp"

namespace xrouter::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kCatalog = R"(
models:
  big: {tier: premium, usd_per_mtok: {input: "2.50", output: "10.00"}, price_source: list, price_date: 2025-09-01}
  small: {tier: budget, usd_per_mtok: {input: "0.15", output: "0.60"}}
  tape: {upstream: recorded, upstream_model: Tape-1, usd_per_mtok: {input: "1", output: "1"}}
)";

constexpr const char* kUpstream = R"(upstreams:
  - {name: one, base_url: "https://llm.example/v1", models: [big, small]}
)";

LoadOptions options() {
  return {.settings = {},
          .data_dir = {},
          .environment = [](const std::string& name) -> std::optional<std::string> {
            if (name == "GOOD_KEY") return "sk-very-secret";
            if (name == "OTHER_KEY") return "sk-other";
            return std::nullopt;
          },
          .shipped_catalog = kCatalog};
}

Result<std::shared_ptr<const Config>> parse(const std::string& yaml) { return parse_config(yaml, "xrouter.yaml", options()); }

std::string error_of(const std::string& yaml) {
  auto config = parse(yaml);
  return config ? "" : config.error().describe();
}

TEST(Config, the_default_offers_the_recorded_models) {
  auto config = default_config(options());
  ASSERT_TRUE(config) << config.error().describe();
  EXPECT_EQ((*config)->server.listen, "127.0.0.1:8800");
  EXPECT_FALSE((*config)->recorded.corpora.empty());
  EXPECT_TRUE((*config)->catalog->find(ModelId("tape"))->active);
  EXPECT_FALSE((*config)->catalog->find(ModelId("big"))->active) << "nothing serves it";
  EXPECT_EQ((*config)->hash.size(), 16u);
}

TEST(Config, the_shipped_catalogue_is_valid_and_prices_say_where_they_come_from) {
  auto config = default_config();
  ASSERT_TRUE(config) << config.error().describe();
  int recorded = 0;
  for (const ModelSpec& model : (*config)->catalog->models()) {
    EXPECT_TRUE(model.price.known()) << model.id.value;
    EXPECT_FALSE(model.price.source.empty()) << model.id.value;
    EXPECT_EQ(model.price.date.size(), 10u) << model.id.value;
    EXPECT_FALSE(model.description.empty()) << model.id.value;
    EXPECT_LE(tool_name_of(model.id).size(), 64u) << "longer tool names are refused by providers";
    recorded += model.upstream == kRecordedUpstream ? 1 : 0;
  }
  EXPECT_EQ(recorded, 20);
  EXPECT_THAT((*config)->catalog->warnings(), ElementsAre());
}

TEST(Config, an_upstream_takes_its_models_and_the_recorded_ones_step_back) {
  auto config = parse(kUpstream);
  ASSERT_TRUE(config) << config.error().describe();
  const ModelSpec* big = (*config)->catalog->find(ModelId("big"));
  EXPECT_TRUE(big->active);
  EXPECT_EQ(big->upstream, "one");
  EXPECT_EQ(big->upstream_model, "big");
  EXPECT_EQ(big->price.input, Usd::from_pico(2'500'000));
  EXPECT_FALSE((*config)->catalog->find(ModelId("tape"))->active);
}

TEST(Config, a_binding_may_give_the_upstreams_own_name) {
  auto config = parse("upstreams: [{name: one, base_url: 'http://localhost:8000/v1', models: {big: vendor/Big-1}}]");
  ASSERT_TRUE(config) << config.error().describe();
  EXPECT_EQ((*config)->catalog->find(ModelId("big"))->upstream_model, "vendor/Big-1");
}

TEST(Config, models_lie_over_the_catalogue_field_by_field) {
  auto config = parse(std::string(kUpstream) + "models:\n  big: {usd_per_mtok: {input: \"3\"}}\n  mine: {upstream: one}\n");
  ASSERT_TRUE(config) << config.error().describe();
  const ModelSpec* big = (*config)->catalog->find(ModelId("big"));
  EXPECT_EQ(big->price.input, Usd::from_pico(3'000'000));
  EXPECT_EQ(big->price.output, Usd::from_pico(10'000'000)) << "untouched";
  EXPECT_EQ(big->tier, Tier::premium) << "untouched";
  EXPECT_EQ(big->price.version(), "xrouter.yaml") << "a changed price must not claim the old source";
  EXPECT_EQ((*config)->catalog->find(ModelId("mine"))->price.input, std::nullopt) << "unknown, never zero";
}

TEST(Config, scores_of_a_model_are_whole_per_cents_by_domain) {
  const auto scores = [](const std::string& text) { return "models:\n  big: {scores: " + text + "}\n"; };
  auto config = parse(std::string(kUpstream) + scores("{math: 79, code_reasoning: 0}"));
  ASSERT_TRUE(config) << config.error().describe();
  EXPECT_EQ((*config)->catalog->find(ModelId("big"))->scores, (std::map<std::string, int>{{"code_reasoning", 0}, {"math", 79}}));
  EXPECT_THAT(catalog_yaml({*(*config)->catalog->find(ModelId("big"))}, "#"), HasSubstr("scores: {code_reasoning: 0, math: 79}"));
  EXPECT_TRUE(parse(std::string(kUpstream) + scores("{}")));
  EXPECT_THAT(error_of(scores("[79]")), HasSubstr("models.big.scores: must be a map from domain to score"));
  EXPECT_THAT(error_of(scores("{math: 101}")), HasSubstr("xrouter.yaml:2:24: models.big.scores"));
  EXPECT_THAT(error_of(scores("{math: 78.5}")), HasSubstr("whole number"));
  EXPECT_THAT(error_of(scores("{'Hard maths': 79}")), HasSubstr("a domain is 1 to 32 of a-z, 0-9 and _"));
}

struct GoldenCase {
  const char* yaml;
  const char* error;
};

/// Every message with its file, line and column, as a user reads it.
TEST(Config, messages_name_file_line_and_remedy) {
  const GoldenCase cases[] = {
      {"server:\n  lisen: 127.0.0.1:80\n", "xrouter.yaml:2:3: server.lisen: unknown key; did you mean 'listen'?"},
      {"episode:\n  deadline: 5000\n", "xrouter.yaml:2:3: episode.deadline: unknown key; did you mean 'deadline_ms'?"},
      {"server:\n  max_turns: 3\n", "xrouter.yaml:2:3: server.max_turns: unknown key; did you mean 'episode.max_turns'?"},
      {"zzz: 1\n", "xrouter.yaml:1:1: zzz: unknown key"},
      {"server: 5\n", "xrouter.yaml:1:9: server: must be a map of settings"},
      {"- a\n", "xrouter.yaml:1:1: must be a map of settings"},
      {"server:\n  workers: many\n", "xrouter.yaml:2:12: server.workers: must be a whole number from 0 to 1024, not 'many'"},
      {"server:\n  strict_fields: yes\n", "xrouter.yaml:2:18: server.strict_fields: must be true or false, not 'yes'"},
      {"server:\n  strict_fields:\n", "xrouter.yaml:2:3: server.strict_fields: must be true or false, not nothing"},
      {"server: {listen: '8800'}\n",
       "xrouter.yaml:1:18: server.listen: must be an address such as 127.0.0.1:8800, not the quoted text '8800': the host is not an IP "
       "address or localhost"},
      {"policy: {kind: magic}\n", "xrouter.yaml:1:16: policy.kind: must be one of ngram, remote, local, fixed, cascade, not 'magic'"},
      {"episode: {max_cost_usd: -1}\n",
       "xrouter.yaml:1:25: episode.max_cost_usd: must be an amount in US dollars such as \"0.25\", or null for none, not '-1'"},
      {"server: {api_key_hashes: [sk-abc]}\n",
       "xrouter.yaml:1:27: server.api_key_hashes: must be sha256:<64 lower-case hex digits>, not 'sk-abc': make one by `xrouter config hash-key`; the "
       "key itself never "
       "stands in a file"},
      {"models:\n  big:\n    usd_per_mtok: {input: 25000}\n",
       "xrouter.yaml:3:27: models.big.usd_per_mtok.input: must be US dollars per million tokens such as \"2.50\", or null for unknown, not "
       "'25000': outside "
       "0.001 to 1000; is the unit right?"},
      {"models:\n  big:\n    context: 5\n", "xrouter.yaml:3:5: models.big.context: unknown key; did you mean 'context_tokens'?"},
      {"router_name: big\n", "xrouter.yaml:1:14: router_name: 'big' is the id of a model; the router needs another name"},
      {"offered: [tapes]\n", "xrouter.yaml:1:10: offered: model 'tapes' is not in the catalogue; did you mean 'tape'?"},
      {"offered: [big]\n", "xrouter.yaml:1:10: offered: nothing serves model 'big'; list it under `models` of an upstream"},
      {"policy: {kind: fixed}\n", "xrouter.yaml:1:9: policy.model: is needed by policy.kind fixed"},
      {"policy: {kind: local}\n", "xrouter.yaml:1:9: policy.model: is needed by policy.kind local"},
      {"policy: {timeout_ms: 900000}\n",
       "xrouter.yaml:1:22: policy.timeout_ms: 900000 ms is longer than episode.deadline_ms of 300000 ms around it, so it could never take "
       "effect"},
      {"models: {tape: {upstream: on}}\n", "xrouter.yaml:1:10: models.tape.upstream: upstream 'on' is not configured"},
      {"catalog: [nowhere.yaml]\n", "xrouter.yaml:1:10: catalog: the file 'nowhere.yaml' cannot be read"},
      {"recorded: {corpora: []}\n",
       "xrouter.yaml: no model can be offered: nothing serves an active one; list models under `models` of an upstream"},
  };
  for (const GoldenCase& each : cases) EXPECT_EQ(error_of(each.yaml), each.error) << each.yaml;
}

TEST(Config, upstreams_are_checked) {
  const auto error = [](const std::string& fields) { return error_of("upstreams:\n  - {" + fields + "}\n"); };
  EXPECT_THAT(error("name: a"), HasSubstr("xrouter.yaml:2:5: upstreams[0]: 'base_url' is missing"));
  EXPECT_THAT(error("name: recorded, base_url: 'https://a/v1'"), HasSubstr("the name 'recorded' stands for recorded answers"));
  EXPECT_THAT(error("name: a, base_url: 'ftp://a/v1'"), HasSubstr("it does not begin with http:// or https://"));
  EXPECT_THAT(error("name: a, base_url: 'https://me:pw@a/v1'"), HasSubstr("a user name or password does not belong into a URL"));
  EXPECT_THAT(error("name: a, base_url: 'https://a/v1?key=5'"), HasSubstr("a query or fragment does not belong into a base URL"));
  EXPECT_THAT(error("name: a, base_url: 'https://a:99999/v1'"), HasSubstr("the port is not a number from 1 to 65535"));
  EXPECT_THAT(error("name: a, base_url: 'https://a/v1', models: [bigg]"), HasSubstr("`models`); did you mean 'big'?"));
  EXPECT_THAT(error("name: a, base_url: 'https://a/v1', models: [tape]"), HasSubstr("stands for recorded answers"));
  EXPECT_THAT(error("name: a, base_url: 'https://a/v1', models: [big], connect_timeout_ms: 200000"),
              HasSubstr("upstreams[0].connect_timeout_ms: 200000 ms is longer"));
  EXPECT_THAT(
      error_of(
          "upstreams:\n  - {name: a, base_url: 'https://a/v1', models: [big]}\n  - {name: a, base_url: 'https://b/v1', models: [big]}\n"),
      HasSubstr("xrouter.yaml:3:5: upstreams[1]: the name 'a' is taken by upstreams[0]"));
}

TEST(Config, every_slip_is_shown_in_one_run) {
  EXPECT_EQ(error_of("server:\n  a: 1\n  workers: x\nlog_level: loud\n"),
            "xrouter.yaml:2:3: server.a: unknown key\n"
            "xrouter.yaml:3:12: server.workers: must be a whole number from 0 to 1024, not 'x'\n"
            "xrouter.yaml:4:12: log_level: must be one of debug, info, warn, error, off, not 'loud'");
}

TEST(Config, keys_come_only_from_the_environment_and_are_never_repeated) {
  const auto with_key = [](const std::string& key, const std::string& models) {
    return "upstreams:\n  - {name: a, base_url: 'https://a/v1', api_key: '" + key + "', models: [" + models + "]}\n";
  };
  auto config = parse(with_key("env:GOOD_KEY", "big"));
  ASSERT_TRUE(config) << config.error().describe();
  EXPECT_EQ((*config)->upstreams.at(0).api_keys.at(0).reveal(), "sk-very-secret");
  EXPECT_THAT(to_yaml(**config), Not(HasSubstr("sk-very-secret")));
  EXPECT_THAT(to_yaml(**config), HasSubstr("api_key: \"***\""));

  EXPECT_EQ(error_of(with_key("env:NO_KEY", "big")), "xrouter.yaml:2:5: upstreams[0].api_key: the environment variable NO_KEY is not set");
  EXPECT_THAT(error_of(with_key("sk-live-1234", "big")), HasSubstr("must be env:NAME"));
  EXPECT_THAT(error_of(with_key("sk-live-1234", "big")), Not(HasSubstr("sk-live")));
}

TEST(Config, several_keys_of_one_upstream_keep_their_order) {
  const auto with_keys = [](const std::string& keys) {
    return "upstreams:\n  - {name: a, base_url: 'https://a/v1', api_key: " + keys + ", models: [big]}\n";
  };
  auto config = parse(with_keys("['env:GOOD_KEY', 'env:OTHER_KEY']"));
  ASSERT_TRUE(config) << config.error().describe();
  ASSERT_EQ((*config)->upstreams[0].api_keys.size(), 2u);
  EXPECT_EQ((*config)->upstreams[0].api_keys[0].reveal(), "sk-very-secret");
  EXPECT_EQ((*config)->upstreams[0].api_keys[1].reveal(), "sk-other");
  EXPECT_THAT(to_yaml(**config), HasSubstr("api_key: [\"***\", \"***\"]"));
  EXPECT_THAT(error_of(with_keys("['env:GOOD_KEY', 'env:NO_KEY']")), HasSubstr("the environment variable NO_KEY is not set"));
  EXPECT_THAT(error_of(with_keys("['env:GOOD_KEY', 'env:GOOD_KEY']")), HasSubstr("env:GOOD_KEY stands twice in the list"));
  EXPECT_THAT(error_of(with_keys("['env:GOOD_KEY', 'sk-live-1']")), Not(HasSubstr("sk-live")));
}

constexpr std::string_view kTwoUpstreams =
    "upstreams:\n"
    "  - {name: one, base_url: 'https://one/v1', models: [big]}\n"
    "  - {name: two, base_url: 'https://two/v1', models: {big: vendor/big}}\n";

TEST(Config, a_model_that_two_upstreams_list_runs_at_both_in_their_order) {
  auto config = parse(std::string(kTwoUpstreams));
  ASSERT_TRUE(config) << config.error().describe();
  const ModelSpec* big = (*config)->catalog->find(ModelId("big"));
  EXPECT_EQ(big->upstream, "one");
  EXPECT_EQ(big->upstream_model, "big");
  EXPECT_EQ(big->alternatives, (std::vector<Deployment>{{"two", "vendor/big"}}));
  const std::string shown = to_yaml(**config);
  EXPECT_THAT(shown, HasSubstr("models: {\"big\": \"big\"}"));
  EXPECT_THAT(shown, HasSubstr("models: {\"big\": \"vendor/big\"}"));
}

TEST(Config, a_model_can_name_its_upstreams_in_the_order_of_preference) {
  auto config = parse(std::string(kTwoUpstreams) + "models: {big: {upstream: [two, one], upstream_model: big-1}}\n");
  ASSERT_TRUE(config) << config.error().describe();
  const ModelSpec* big = (*config)->catalog->find(ModelId("big"));
  EXPECT_EQ(big->upstream, "two");
  EXPECT_EQ(big->upstream_model, "vendor/big") << "an upstream's own list knows better";
  EXPECT_EQ(big->alternatives, (std::vector<Deployment>{{"one", "big-1"}}));
  const auto hash = [](const std::string& extra) { return parse(std::string(kTwoUpstreams) + extra).value()->hash; };
  EXPECT_NE(hash("models: {big: {upstream: [two, one]}}\n"), hash(""));

  EXPECT_THAT(error_of(std::string(kTwoUpstreams) + "models: {big: {upstream: [one, three]}}\n"), HasSubstr("upstream 'three' is not configured"));
  EXPECT_THAT(error_of(std::string(kTwoUpstreams) + "models: {big: {upstream: [one, recorded]}}\n"), HasSubstr("recorded answers cannot stand in"));
}

TEST(Config, an_upstream_that_only_stands_in_needs_its_key_too) {
  const std::string yaml = "upstreams:\n  - {name: one, base_url: 'https://one/v1', models: [big]}\n"
                           "  - {name: two, base_url: 'https://two/v1', api_key: env:NO_KEY, models: [big]}\n";
  EXPECT_THAT(error_of(yaml), HasSubstr("the environment variable NO_KEY is not set"));
}

TEST(Config, an_unused_upstream_needs_no_key) {
  EXPECT_EQ(error_of(std::string(kUpstream) + "  - {name: spare, base_url: 'https://b/v1', api_key: env:NO_KEY}\n"), "");
}

TEST(Config, defaults_nest_within_a_shorter_deadline) {
  auto config = parse("episode: {deadline_ms: 20000}\n" + std::string(kUpstream));
  ASSERT_TRUE(config) << config.error().describe();
  EXPECT_EQ((*config)->upstreams[0].attempt_timeout, milliseconds(20'000));
  EXPECT_EQ((*config)->upstreams[0].first_token_timeout, milliseconds(20'000));
  EXPECT_EQ((*config)->policy.timeout, milliseconds(20'000));
  EXPECT_EQ((*config)->upstreams[0].connect_timeout, milliseconds(4'000));
}

TEST(Config, the_hash_follows_effective_values_only) {
  const auto hash = [](const std::string& yaml) { return parse(yaml).value()->hash; };
  const std::string plain = hash("");
  EXPECT_EQ(hash("# a comment\nserver: {workers: 0}\n"), plain) << "a default written out";
  EXPECT_EQ(hash("ledger: {path: elsewhere.db}\n"), plain) << "where things lie on this machine";
  EXPECT_NE(hash("episode: {max_turns: 4}\n"), plain);
  EXPECT_NE(hash("models: {tape: {usd_per_mtok: {input: \"2\"}}}\n"), plain);
}

TEST(Config, the_text_it_shows_loads_to_the_same_hash) {
  const std::string yaml =
      "episode: {max_cost_usd: '0.25', cost_weight: 0.5, mode: simple}\nserver: {cors_origins: ['https://app.example']}\n" +
      std::string(kUpstream);
  auto config = parse(yaml);
  ASSERT_TRUE(config) << config.error().describe();
  std::string text = to_yaml(**config);
  // The shown key stands for none here, and none is written by leaving the line out.
  const std::string no_key = "    api_key: \"(none)\"\n";
  ASSERT_NE(text.find(no_key), std::string::npos) << text;
  text.erase(text.find(no_key), no_key.size());
  auto again = parse(text);
  ASSERT_TRUE(again) << again.error().describe() << "\n" << text;
  EXPECT_EQ((*again)->hash, (*config)->hash);
}

TEST(Config, warns_of_an_open_server_and_of_a_key_in_the_clear) {
  auto config = parse(
      "server: {listen: '0.0.0.0:80'}\nupstreams: [{name: a, base_url: 'http://far.example/v1', api_key: 'env:GOOD_KEY', models: "
      "[big]}]\n");
  ASSERT_TRUE(config) << config.error().describe();
  const auto found = warnings(**config);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_THAT(found[0], HasSubstr("no API key is asked for"));
  EXPECT_THAT(found[1], HasSubstr("travels unencrypted"));
}

TEST(Config, a_section_without_lines_keeps_its_defaults) {
  auto config = parse("server:\n# workers: 3\nepisode:\n");
  ASSERT_TRUE(config) << config.error().describe();
  EXPECT_EQ((*config)->hash, default_config(options()).value()->hash);
}

TEST(Config, settings_of_the_command_line_win_and_are_checked_alike) {
  LoadOptions with = options();
  with.settings = {"server.listen=[::1]:0", "episode.max_turns=7", "episode.max_cost_usd=null", "router_aliases=[a, b]",
                   "ledger.path=x=y.db"};
  auto config = parse_config("episode: {max_turns: 2, max_cost_usd: 1}", "xrouter.yaml", with);
  ASSERT_TRUE(config) << config.error().describe();
  EXPECT_EQ((*config)->server.listen, "[::1]:0");
  EXPECT_EQ((*config)->episode.max_turns, 7);
  EXPECT_EQ((*config)->episode.max_cost, std::nullopt);
  EXPECT_THAT((*config)->router_aliases, ElementsAre("a", "b"));
  EXPECT_EQ((*config)->ledger.path, "x=y.db");

  with.settings = {"episode.max_turn=7", "episode.max_turns=many", "policy.kind", "policy.kind=fixed"};
  EXPECT_EQ(parse_config("", "xrouter.yaml", with).error().describe(),
            "--set: episode.max_turn: unknown setting; did you mean 'episode.max_turns'?\n"
            "--set: episode.max_turns: must be a whole number from 1 to 100, not 'many'\n"
            "--set: policy.kind: must be NAME=VALUE\n"
            "xrouter.yaml: policy.model: is needed by policy.kind fixed");
}

TEST(Config, the_ledger_lies_in_the_users_state_folder_unless_a_path_is_set) {
  std::map<std::string, std::string> variables{{"XDG_STATE_HOME", "/state"}, {"HOME", "/home/ann"}};
  LoadOptions options;
  options.environment = [&](const std::string& name) {
    const auto it = variables.find(name);
    return it == variables.end() ? std::nullopt : std::optional(it->second);
  };
  const auto path = [&] { return (*default_config(options))->ledger.path; };
  EXPECT_EQ(path(), "/state/xrouter/ledger.db");
  variables["XDG_STATE_HOME"] = "not/absolute";
  EXPECT_EQ(path(), "/home/ann/.local/state/xrouter/ledger.db");
  EXPECT_EQ((*parse_config("ledger: {path: mine.db}\n", "xrouter.yaml", options))->ledger.path, "mine.db");
  variables.clear();
  EXPECT_EQ(path(), "xrouter-ledger.db");
}

TEST(Config, a_data_folder_that_was_named_must_exist) {
  EXPECT_EQ(find_data_dir("/nonexistent", process_environment).error().public_text, "the data folder '/nonexistent' does not exist");
  const auto named = [](const std::string& name) {
    return name == "XROUTER_DATA_DIR" ? std::optional<std::string>("/nonexistent") : std::nullopt;
  };
  EXPECT_EQ(find_data_dir("", named).error().public_text, "XROUTER_DATA_DIR names '/nonexistent', which is not a folder");
}

TEST(Config, documentation_names_every_setting_with_its_default) {
  const std::string text = documentation();
  EXPECT_THAT(text, HasSubstr("| `server.listen` | an address such as 127.0.0.1:8800 | `\"127.0.0.1:8800\"` |"));
  EXPECT_THAT(text, HasSubstr("| `episode.deadline_ms` |"));
  EXPECT_THAT(text, HasSubstr("| `usd_per_mtok.cached_input` |"));
  EXPECT_THAT(text, HasSubstr("Where the server listens; port 0 takes a free one. Needs a restart. |"));
  EXPECT_THAT(text, HasSubstr("configured, else none. |")) << "recorded.corpora: a reload opens them anew";
}

TEST(Config, the_documentation_in_the_source_tree_is_the_current_one) {
  const std::filesystem::path root(XROUTER_SOURCE_DIR);
  std::ifstream file(root / "docs" / "configuration.md", std::ios::binary);
  const std::string written{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_TRUE(written == documentation()) << "run: xrouter config docs > docs/configuration.md";
}

}  // namespace
}  // namespace xrouter::config
