// xrouter mock: the scriptable upstream on a port.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "command.hpp"
#include "xrouter/async/sleep.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/mock/mock_upstream.hpp"
#include "xrouter/net/listener.hpp"

namespace xrouter::app {
namespace {

constexpr std::size_t kMaxScriptBytes = 64 * 1024 * 1024;
constexpr std::size_t kMaxRequestBytes = 64 * 1024 * 1024;

struct MockFlags {
  std::string listen = "127.0.0.1:8900";
  std::string script_file;
  std::vector<std::string> prices;
  double delay_ms = 0;
  double ttft_ms = 0;
  double gap_ms = 0;
  std::size_t chunks = 8;
  std::string text;
  std::uint64_t seed = 1;
  std::size_t record = 32;
  bool seed_given = false;
  bool show_presets = false;
  bool check = false;
};

Error in_file(Error error, const std::string& file) {
  error.public_text = file + ": " + error.public_text;
  error.kind = ErrorKind::config;
  return error;
}

// "gpt-4o=2.50,10" or "gpt-4o=2.50,10,1.25": input, output and cached input, USD per million tokens.
void add_price(const std::string& text, std::map<std::string, Price>& into) {
  const std::size_t equals = text.rfind('=');
  std::vector<std::string> parts;
  for (std::size_t from = equals + 1; equals != std::string::npos && from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    parts.push_back(text.substr(from, comma - from));
    from = comma + 1;
  }
  if (parts.size() < 2 || parts.size() > 3)
    throw CommandFailure{kUsage, "--price '" + text + "': write MODEL=INPUT,OUTPUT[,CACHED] in US dollars per million tokens, as in gpt-4o=2.50,10"};
  Price price;
  price.input = require(mock::price_per_token(parts[0]));
  price.output = require(mock::price_per_token(parts[1]));
  price.cached_input = parts.size() == 3 ? require(mock::price_per_token(parts[2])) : price.input;
  price.cache_write = price.input;
  price.reasoning = price.output;
  into[text.substr(0, equals)] = std::move(price);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw CommandFailure{kUsage, "cannot read the script '" + path + "'; give --script the path of a JSON file (see docs/mock.md)"};
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.size() > kMaxScriptBytes) throw CommandFailure{kUsage, "the script '" + path + "' is larger than 64 MiB"};
  return text;
}

mock::Script script_of(const MockFlags& flags) {
  mock::Behaviour defaults;
  defaults.delay = mock::Delay::fixed(flags.delay_ms);
  defaults.ttft = mock::Delay::fixed(flags.ttft_ms);
  defaults.gap = mock::Delay::fixed(flags.gap_ms);
  defaults.chunks = flags.chunks;
  if (!flags.text.empty()) defaults.text = flags.text;
  mock::Script script;
  script.defaults = defaults;
  if (!flags.script_file.empty()) {
    auto parsed = mock::parse_script(read_file(flags.script_file), defaults);
    if (!parsed) throw CommandFailure{kUsage, in_file(parsed.error(), flags.script_file).describe()};
    script = std::move(*parsed);
  }
  for (const std::string& price : flags.prices) add_price(price, script.prices);
  if (flags.seed_given) script.seed = flags.seed;
  return script;
}

net::ListenOptions listen_options(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  net::ListenOptions options;
  char* end = nullptr;
  const unsigned long port = colon == std::string::npos ? 65536 : std::strtoul(text.c_str() + colon + 1, &end, 10);
  if (port > 65535 || *end != '\0') throw CommandFailure{kUsage, "--listen '" + text + "': write ADDRESS:PORT, as in 127.0.0.1:8900 (port 0 picks one)"};
  options.address = text.substr(0, colon);
  if (options.address.starts_with('[') && options.address.ends_with(']')) options.address = options.address.substr(1, options.address.size() - 2);
  options.port = static_cast<std::uint16_t>(port);
  options.max_connections = 65'536;
  return options;
}

void run_mock(const MockFlags& flags) {
  boost::asio::io_context io(1);
  AsioTimers timers(io);
  CallScope process(io.get_executor(), timers, Deadline::never(), "mock");
  mock::MockOptions options;
  options.recorded_requests = flags.record;
  options.limits.max_body_bytes = kMaxRequestBytes;
  options.limits.max_header_bytes = 256 * 1024;
  mock::MockUpstream upstream(script_of(flags), options);
  if (flags.check) {
    std::printf("The script is valid.\n");
    return;
  }
  const net::ListenOptions listen = listen_options(flags.listen);
  const auto listener = require(net::Listener::open(io.get_executor(), listen), kFailed);

  const auto serve_one = [&upstream, &process](std::unique_ptr<net::ByteStream> stream, std::size_t) {
    return upstream.serve(std::move(stream), process, process);
  };
  boost::asio::co_spawn(io, listener->run({io.get_executor()}, serve_one, process), boost::asio::detached);
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code, int) { process.cancel(); });
  std::printf("xrouter mock listens on http://%s:%u/v1\n", flags.listen.substr(0, flags.listen.rfind(':')).c_str(), listener->port());
  std::fflush(stdout);
  io.run();
}

}  // namespace

void add_mock(CLI::App& program) {
  auto flags = std::make_shared<MockFlags>();
  CLI::App* mock = program.add_subcommand("mock", "A scriptable OpenAI-compatible upstream for tests, demos and load measurements");
  mock->footer(
      "What a request gets is decided, in this order, by: the header 'x-mock-script: {json}'; '<mock>{json}</mock>' in the last\n"
      "user message; the rules of --script; the built-in rules for model names such as mock-429, mock-stall-mid, mock-tools\n"
      "(--presets lists them); the options above. GET /__stats counts and charges, GET /__requests shows what was received,\n"
      "POST /__reset begins anew. Format and examples: docs/mock.md.");
  mock->add_option("--listen", flags->listen, "ADDRESS:PORT; port 0 lets the system pick one, which is then printed")->capture_default_str();
  mock->add_option("--script", flags->script_file, "JSON file with prices, defaults and rules");
  mock->add_option("--price", flags->prices, "MODEL=INPUT,OUTPUT[,CACHED] in US dollars per million tokens; '*' in MODEL stands for any text; repeatable");
  mock->add_option("--delay-ms", flags->delay_ms, "Wait before the status line")->check(CLI::Range(0.0, 3.6e6))->capture_default_str();
  mock->add_option("--ttft-ms", flags->ttft_ms, "Streams: wait between headers and first event")->check(CLI::Range(0.0, 3.6e6))->capture_default_str();
  mock->add_option("--gap-ms", flags->gap_ms, "Streams: wait between events")->check(CLI::Range(0.0, 3.6e6))->capture_default_str();
  mock->add_option("--chunks", flags->chunks, "Streams: content events of an answer")->check(CLI::Range(1, 1'000'000))->capture_default_str();
  mock->add_option("--text", flags->text, "The answer; by default it names the model");
  CLI::Option* seed = mock->add_option("--seed", flags->seed, "Of every random draw; overrides the script's")->capture_default_str();
  mock->add_option("--record", flags->record, "How many of the newest requests GET /__requests keeps")->capture_default_str();
  mock->add_flag("--presets", flags->show_presets, "Print the built-in rules and stop");
  mock->add_flag("--check", flags->check, "Check --script and stop");
  mock->callback([flags, seed] {
    flags->seed_given = seed->count() > 0;
    if (flags->show_presets)
      std::printf("%s\n", std::string(mock::preset_rules()).c_str());
    else
      run_mock(*flags);
  });
}

}  // namespace xrouter::app
