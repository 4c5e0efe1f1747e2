// The whole configuration as one immutable value. Every field has a default; `xrouter.yaml` lays
// over it. The fields are declared once, in properties.cpp, from which the parser, `--help`-style
// listings and docs/configuration.md are made.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "xrouter/base/secret.hpp"
#include "xrouter/base/usd.hpp"
#include "xrouter/catalog/catalog.hpp"

namespace xrouter::config {

using std::chrono::milliseconds;

struct ServerConfig {
  std::string listen = "127.0.0.1:8800";
  int workers = 0;  ///< threads; 0 = one per core
  std::size_t max_header_bytes = 32 * 1024;
  std::size_t max_body_bytes = 4 * 1024 * 1024;
  std::size_t max_connections = 4096;
  std::size_t max_in_flight = 1024;  ///< requests being answered; more get 503 overloaded
  milliseconds header_timeout{10'000};
  milliseconds body_timeout{60'000};
  milliseconds idle_timeout{75'000};
  milliseconds keep_alive_comment{10'000};  ///< interval of SSE comments while nothing is sent
  milliseconds header_hold{10'000};         ///< how long status and headers of a stream are held back
  milliseconds drain_timeout{30'000};
  std::vector<std::string> api_key_hashes = {};  ///< "sha256:<hex>"; empty = no key needed
  std::vector<std::string> cors_origins = {};    ///< exact origins; empty = no CORS headers
  bool strict_fields = false;                    ///< refuse unknown request fields
};

struct EpisodeConfig {
  std::string mode = "agent";  ///< agent | simple
  int max_turns = 3;
  int max_calls = 8;
  int max_calls_per_turn = 4;
  std::optional<Usd> max_cost = {};
  std::int64_t max_tokens = 2'000'000;
  milliseconds deadline{300'000};
  std::string on_turn_limit = "last_reply";  ///< last_reply | fail
  double cost_weight = 1.0;
  std::int64_t default_output_tokens = 4096;
  int max_depth = 3;  ///< x-xrouter-depth above this is refused (recursion)
};

struct RetryConfig {
  int max_attempts = 2;
  milliseconds backoff_base{250};  ///< doubled each time, full jitter
  milliseconds backoff_cap{5'000};
  milliseconds max_retry_after{20'000};  ///< longer waits fail at once
};

struct BreakerConfig {
  int consecutive_failures = 5;  ///< opens the breaker of one upstream; 0 = never
  milliseconds open_for{10'000};
};

struct UpstreamConfig {
  std::string name;
  std::string base_url;  ///< http(s)://host[:port]/v1
  std::vector<Secret> api_keys = {};  ///< from "env:NAME"; empty = the server asks for none
  milliseconds connect_timeout{4'000};
  milliseconds attempt_timeout{120'000};     ///< one unary try, or one whole stream
  milliseconds first_token_timeout{60'000};  ///< streams only
  milliseconds idle_timeout{45'000};         ///< streams only: between two chunks
  std::size_t max_response_bytes = 32 * 1024 * 1024;
  int max_in_flight = 256;   ///< per worker; more are refused as overloaded
  std::string ca_file = {};  ///< extra CA bundle (PEM); empty = the system's
  std::string token_limit_name = "max_completion_tokens";  ///< or max_tokens, for servers that know only that
};

struct RecordedConfig {
  std::vector<std::string> corpora = {};  ///< files made by `xrouter data import`; relative to the data folder
  bool replay_latency = false;
};

struct PolicyConfig {
  std::string kind = "ngram";                ///< ngram | remote | local | fixed | cascade
  std::string weights = "models/ngram.bin";  ///< ngram: file, relative to the data folder
  std::string model = {};                    ///< remote: the router model; local: name or path of a language model; fixed: the one model
  std::vector<std::string> pair = {};        ///< cascade: two cheap models
  std::string strong = {};                   ///< cascade: asked when the pair disagrees
  std::string fallback_model = {};           ///< asked directly when the policy itself fails
  milliseconds timeout{30'000};              ///< remote, local: one decision
  std::int64_t max_output_tokens = 2048;     ///< remote, local: of one decision
  double temperature = 0;                    ///< local: 0 takes the likeliest decision
  bool thinking = false;                     ///< local: may think before it decides
  std::string adapter = {};                  ///< local: folder of a LoRA adapter
  std::string precision = "auto";            ///< local: auto | bf16 | f32
  int threads = 0;                           ///< local: of a forward pass; 0 = cores that server.workers leaves, at least 1
  std::size_t prefix_cache_bytes = std::size_t{512} << 20;  ///< local
  std::string reference_model = {};          ///< "always strongest" of the savings report; empty = dearest offered
};

struct LedgerConfig {
  bool enabled = true;
  std::string path = {};                                 ///< SQLite file; the journal lies beside it; by default default_ledger_path()
  std::size_t max_journal_bytes = std::size_t{1} << 30;  ///< beyond it requests are refused: money must be accounted
};

struct Config {
  ServerConfig server = {};
  EpisodeConfig episode = {};
  RetryConfig retry = {};
  BreakerConfig breaker = {};
  std::vector<UpstreamConfig> upstreams = {};
  RecordedConfig recorded = {};
  PolicyConfig policy = {};
  LedgerConfig ledger = {};
  std::string router_name = "xrouter";  ///< the public model name of the router
  std::vector<std::string> router_aliases = {"router", "router-tool-rl"};
  std::vector<std::string> offered = {};  ///< model ids offered to the policy; empty = every active model
  std::string log_level = "info";
  std::string data_dir = {};                ///< where shipped data lies; found by find_data_dir()
  std::string source = "built-in default";  ///< file name, for messages
  std::string hash = {};                    ///< of the effective values, kept in every run record
  std::shared_ptr<const ModelCatalog> catalog = {};
};

}  // namespace xrouter::config
