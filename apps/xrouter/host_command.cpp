// xrouter host: a language model of this machine as an OpenAI-compatible endpoint.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "assembly.hpp"
#include "command.hpp"
#include "language_model.hpp"
#include "reload.hpp"
#include "xrouter/base/log.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/config/load.hpp"
#include "xrouter/host/host.hpp"
#include "xrouter/server/auth.hpp"

namespace xrouter::app {
namespace {

struct HostFlags {
  LanguageModelOptions model;
  std::string served_name;
  std::string data_dir;
  std::string listen = "127.0.0.1:8000";
  int workers = 1;
  std::string api_key_env;
  bool allow_no_auth = false;
  std::string log_level = "info";
  bool thinking = false;
  std::size_t prefix_cache_mib = 512;
  int context = 0;
  host::HostRules rules;
};

// The key itself stands neither on the command line, where other users would see it, nor in a file.
std::vector<std::string> key_hashes(const std::string& variable) {
  if (variable.empty()) return {};
  const char* key = std::getenv(variable.c_str());
  if (!key || !*key) throw CommandFailure{kUsage, "--api-key-env: the environment variable " + variable + " is not set"};
  return {server::hash_of_key(key)};
}

config::ServerConfig server_config(const HostFlags& flags) {
  config::ServerConfig server;
  server.listen = flags.listen;
  server.workers = flags.workers;
  server.api_key_hashes = key_hashes(flags.api_key_env);
  config::Config config;
  config.server = server;
  if (!flags.allow_no_auth && !check_open_port(config))
    throw CommandFailure{
        kUsage,
        flags.listen +
            " can be reached from other machines and no API key is required.\n"
            "  Give --api-key-env the name of an environment variable that holds one, listen on 127.0.0.1, or say --allow-no-auth."};
  return server;
}

// Of files: their own name, which can stand in a URL.
std::string public_name(const HostFlags& flags, const LoadedLanguageModel& loaded) {
  if (!flags.served_name.empty()) return flags.served_name;
  std::filesystem::path path(loaded.name);
  if (!path.has_filename()) path = path.parent_path();  // a folder with a slash at its end
  const std::filesystem::path name = path.extension() == ".gguf" ? path.stem() : path.filename();
  return name.string();
}

void print_banner(const host::HostedModel& model, const LoadedLanguageModel& loaded, const config::ServerConfig& server,
                  std::uint16_t port) {
  const std::string url = fmt::format("http://{}:{}", server.listen.substr(0, server.listen.rfind(':')), port);
  const bool keyed = !server.api_key_hashes.empty();
  fmt::print(stderr, "xrouter host {} listens on {}/v1\n", XROUTER_VERSION, url);
  fmt::print(stderr, "  model    '{}' ({}, {:.0f} M parameters, context {} tokens, chat format {})\n", model.name, loaded.version,
             static_cast<double>(loaded.shape.parameters) / 1e6, model.context_tokens, model.format->name());
  fmt::print(stderr, "  API key  {}\n", keyed ? "required" : "not required");
  fmt::print(stderr, "  try it   curl {}/v1/chat/completions -H 'content-type: application/json'{} \\\n", url,
             keyed ? " -H \"authorization: Bearer $KEY\"" : "");
  fmt::print(stderr, "             -d '{{\"model\":\"{}\",\"messages\":[{{\"role\":\"user\",\"content\":\"...\"}}]}}'\n", model.name);
}

void run_host(HostFlags flags) {
  log::set_level(log_level_of(flags.log_level));
  const config::ServerConfig server = server_config(flags);
  flags.model.data_dir = require(config::find_data_dir(flags.data_dir, config::process_environment));
  flags.model.generator.prefix_cache_bytes = flags.prefix_cache_mib << 20;
  flags.model.yields = true;
  if (flags.thinking) flags.rules.thinking = chat_format::Thinking::free;
  const auto loaded = require(load_language_model(flags.model));

  const host::HostedModel model{
      .name = public_name(flags, *loaded),
      .format = loaded->format,
      .tokenizer = loaded->tokenizer,
      .generator = loaded->generator,
      .context_tokens = flags.context > 0 ? std::min(flags.context, loaded->shape.max_positions) : loaded->shape.max_positions};
  {
    const auto running = require(host::Host::start(model, {.server = server, .rules = flags.rules, .seed = system_seed()}), kFailed);
    print_banner(model, *loaded, server, running->port());
    running->run_until_signal();
  }
  fmt::print(stderr, "xrouter host has ended\n");
}

void add_model_options(CLI::App& host, HostFlags& flags) {
  host.add_option("--model", flags.model.model, "Name of a pulled model (xrouter models pull), a Hugging Face folder, or a GGUF file")
      ->required()
      ->group("Model");
  host.add_option("--adapter", flags.model.adapter, "Folder of a PEFT LoRA adapter")->group("Model");
  host.add_option("--served-name", flags.served_name, "What clients call the model; by default its name, or that of its file or folder")
      ->group("Model");
  host.add_option("--precision", flags.model.precision, "auto (bf16 where the processor multiplies it), bf16 or f32")
      ->check(CLI::IsMember({"auto", "bf16", "f32"}))
      ->capture_default_str()
      ->group("Model");
  host.add_option("--device", flags.model.device, "cpu, cuda or cuda:N")->capture_default_str()->group("Model");
  host.add_option("--threads", flags.model.threads, "Threads of a forward pass; 0 is one per core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str()
      ->group("Model");
  host.add_option("--data-dir", flags.data_dir, "Folder of the shipped data, which lists the models that have names")->group("Model");
}

void add_generation_options(CLI::App& host, HostFlags& flags) {
  lm::GeneratorOptions& generator = flags.model.generator;
  host.add_option("--max-batch", generator.max_batch, "Replies generated at once")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str()
      ->group("Generation");
  host.add_option("--context", flags.context, "Tokens of prompt and reply together at most; 0 is what the model can")
      ->check(CLI::Range(0, 100'000'000))
      ->capture_default_str()
      ->group("Generation");
  host.add_option("--max-queue", generator.max_queue, "Requests that wait; more get 503")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str()
      ->group("Generation");
  host.add_option("--prefix-cache-mib", flags.prefix_cache_mib, "Memory for prompts that may come again; 0 is off")
      ->check(CLI::Range(0, 1 << 20))
      ->capture_default_str()
      ->group("Generation");
  host.add_option("--temperature", flags.rules.temperature, "Of requests that name none; 0 always takes the likeliest token")
      ->check(CLI::Range(0.0, 2.0))
      ->capture_default_str()
      ->group("Generation");
  host.add_option("--max-output-tokens", flags.rules.max_output_tokens, "Of requests that name no limit")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str()
      ->group("Generation");
  host.add_option("--max-choices", flags.rules.max_choices, "The largest 'n' of a request")
      ->check(CLI::Range(1, 128))
      ->capture_default_str()
      ->group("Generation");
  host.add_flag("--thinking", flags.thinking,
                "Let the model think first where a request does not say (reasoning_effort, chat_template_kwargs)")
      ->group("Generation");
}

void add_server_options(CLI::App& host, HostFlags& flags) {
  host.add_option("--listen", flags.listen, "ADDRESS:PORT; port 0 lets the system pick one, which is then printed")
      ->capture_default_str()
      ->group("Server");
  host.add_option("--workers", flags.workers, "Threads that talk to clients")
      ->check(CLI::Range(1, 256))
      ->capture_default_str()
      ->group("Server");
  host.add_option("--api-key-env", flags.api_key_env, "Environment variable with the key that clients must send")->group("Server");
  host.add_flag("--allow-no-auth", flags.allow_no_auth, "Serve other machines although no key is required")->group("Server");
  host.add_option("--log-level", flags.log_level, "debug, info, warn, error or off")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}))
      ->capture_default_str()
      ->group("Server");
}

}  // namespace

void add_host(CLI::App& program) {
  auto flags = std::make_shared<HostFlags>();
  CLI::App* host = program.add_subcommand("host", "Serves a language model of this machine as an OpenAI-compatible endpoint");
  host->footer(
      "POST /v1/chat/completions (tools, streaming, logprobs, JSON schemas), GET /v1/models, /health, /ready and /metrics.\n"
      "A router uses it as its policy with: policy: {kind: remote, ...} and an upstream with this address; --temperature 0\n"
      "then decides as policy.kind local does. SIGTERM ends it when the requests under way are answered. See docs/host.md.");
  add_model_options(*host, *flags);
  add_generation_options(*host, *flags);
  add_server_options(*host, *flags);
  host->callback([flags] { run_host(*flags); });
}

}  // namespace xrouter::app
