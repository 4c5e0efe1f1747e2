// xrouter ask: one question through the same engine as the server's requests.
#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <exception>

#include "assembly.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/service/metadata.hpp"
#include "xrouter/service/run.hpp"
#include "xrouter/wire/openai/codec.hpp"

namespace xrouter::app {
namespace {

using boost::asio::awaitable;

constexpr std::size_t kMaxQuestionBytes = 1 << 20;
constexpr const char* kSampleHint = "'xrouter data sample' prints questions that the recorded models have answered";

struct AskOptions {
  ConfigOption config;
  std::vector<std::string> words;
  std::string model;
  std::string max_cost;
  bool json = false;
};

std::string read_all_of_stdin() {
  std::string text;
  char buffer[16 * 1024];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, stdin)) > 0;) {
    text.append(buffer, got);
    if (text.size() > kMaxQuestionBytes) throw CommandFailure{kUsage, "the question on standard input is longer than 1 MiB"};
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

std::string question_of(const AskOptions& options) {
  std::string question;
  for (const std::string& word : options.words) question += (question.empty() ? "" : " ") + word;
  if (question == "-") question = read_all_of_stdin();
  if (question.empty())
    throw CommandFailure{kUsage, std::string("what is the question?\n  xrouter ask 'How many ...?'      or '-' to read it from standard input\n  ") + kSampleHint};
  return question;
}

Usd cost_limit_of(const std::string& text) {
  const auto limit = parse_cost_limit(text);
  if (!limit) throw CommandFailure{kUsage, "--max-cost " + limit.error().public_text};
  return *limit;
}

ChatRequest request_of(const AskOptions& options, const config::Config& config) {
  ChatRequest request;
  request.model = options.model.empty() ? config.router_name : options.model;
  request.messages.push_back({.role = Role::user, .content = question_of(options)});
  if (!options.max_cost.empty()) request.routing.max_cost_pico = cost_limit_of(options.max_cost).pico();
  return request;
}

// What one question needs while it is being answered.
struct Asking {
  const service::Plan& plan;
  Episode& episode;
  service::Backends backends;
  EpisodeObserver& observer;
  CallScope& scope;
};

awaitable<Outcome> answer(Asking asking) {
  co_return co_await service::run(asking.plan, asking.episode, asking.backends, asking.observer, asking.scope, nullptr, nullptr);
}

Outcome run_to_end(boost::asio::io_context& io, const Asking& asking) {
  std::optional<Outcome> outcome;
  std::exception_ptr failure;
  // Ctrl-C ends the question, not the accounting: the episode still settles what it has spent.
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) asking.scope.cancel();
  });
  boost::asio::co_spawn(io, answer(asking), [&](std::exception_ptr error, Outcome value) {
    failure = error;
    if (!error) outcome = std::move(value);
    io.stop();  // not waiting for the scope's deadline, whose timer is still armed
  });
  io.run();
  if (failure) std::rethrow_exception(failure);
  return std::move(*outcome);
}

std::string dollars(const Cost& cost) {
  const auto total = cost.total();
  return total ? total->to_decimal() + " USD" : "unknown, at least " + cost.known.to_decimal() + " USD";
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

void print_summary(const service::Plan& plan, const Episode& episode, const Outcome& outcome, Duration took) {
  const Ledger& ledger = episode.ledger();
  const ModelId model = service::model_of_answer(episode, outcome);
  fmt::print(stderr, "\nroute   {}, {} ({})\n", model.empty() ? "no model" : model.value, to_text(outcome.source), plan.strategy);
  for (const Turn& turn : episode.transcript().turns) {
    for (const CallRecord& call : turn.calls) {
      if (!call.model) continue;
      const std::string ended = call.status == CallStatus::ok ? "ok" : call.error ? std::string(label_of(*call.error)) : "failed";
      fmt::print(stderr, "        {} {}: {}, {}, {:.3f} s\n", call.id.value, call.model->id.value, ended, dollars(call.cost), seconds(call.latency));
    }
    if (turn.confidence) fmt::print(stderr, "        confidence {:.2f}\n", *turn.confidence);
  }
  fmt::print(stderr, "cost    {} (router {}, models {})\n", dollars(ledger.total()), dollars(ledger.total(Spender::router)), dollars(ledger.total(Spender::target)));
  fmt::print(stderr, "time    {:.3f} s, turns {}, stop: {}\n", seconds(took), outcome.turns_used, to_text(outcome.stop));
}

void print_answer(const AskOptions& options, const service::Plan& plan, const Episode& episode, const Outcome& outcome, Duration took) {
  if (!options.json) {
    fmt::print("{}\n", outcome.answer->text());
    return;
  }
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(system_clock().wall_now().time_since_epoch()).count();
  const wire::openai::Envelope envelope{.id = "chatcmpl-ask", .created = now, .model = episode.spec().request.model};
  const RawJson metadata = service::render_metadata(episode, outcome, plan.strategy, took);
  fmt::print("{}\n", wire::openai::render_chat_reply(*outcome.answer, envelope, episode.ledger().usage(), metadata));
}

[[noreturn]] void fail_with(const Error& error) {
  std::string text = error.describe();
  if (error.kind == ErrorKind::model_not_found) text += "\n  'xrouter models' lists them";
  const bool usage = error.kind == ErrorKind::invalid_request || error.kind == ErrorKind::model_not_found;
  throw CommandFailure{usage ? kUsage : kFailed, text};
}

// A running server holds the ledger; a question is then answered all the same, and says so.
std::unique_ptr<EpisodeObserver> open_record(Assembly& assembly, const service::Plan& plan, const std::string& model, Rng& rng) {
  auto opened = assembly.open_ledger();
  if (!opened) fmt::print(stderr, "note: not recorded in the ledger: {}\n", opened.error().describe());
  if (!opened || !assembly.book()) return nullptr;
  const service::RequestFacts facts{.id = RequestId(fmt::format("ask-{:016x}", rng.next())),
                                    .model = model,
                                    .strategy = plan.strategy,
                                    .config_hash = assembly.config()->hash,
                                    .key_fingerprint = {}};
  return assembly.book()->open(facts);
}

void ask(const AskOptions& options) {
  log::set_level(log::Level::error);
  auto assembly = require(Assembly::make(options.config.load()));
  Rng rng(system_seed());
  boost::asio::io_context io(1);
  AsioTimers timers(io);
  auto worker = require(assembly->make_worker(timers, rng.next()));

  const service::Planner planner(assembly->config(), assembly->availability(), nullptr);
  auto plan = planner.plan(request_of(options, *assembly->config()));
  if (!plan) fail_with(plan.error());
  const std::string model = plan->spec.request.model;
  const Deadline deadline = Deadline::after(timers.clock().now(), plan->spec.limits.deadline);
  Episode episode(std::move(plan->spec));
  const std::unique_ptr<EpisodeObserver> record = open_record(*assembly, *plan, model, rng);
  ObserverList observers(record ? std::vector<EpisodeObserver*>{record.get()} : std::vector<EpisodeObserver*>{});
  CallScope scope(io.get_executor(), timers, deadline, "ask");

  const TimePoint begun = timers.clock().now();
  const Outcome outcome = run_to_end(io, {*plan, episode, {worker->router(), worker->pool()}, observers, scope});
  const Duration took = timers.clock().now() - begun;
  if (outcome.answer) print_answer(options, *plan, episode, outcome, took);
  std::fflush(stdout);
  print_summary(*plan, episode, outcome, took);
  if (outcome.error) fail_with(*outcome.error);
}

}  // namespace

void add_ask(CLI::App& program) {
  auto options = std::make_shared<AskOptions>();
  CLI::App* command = program.add_subcommand("ask", "Answers one question through the router: answer on standard output, route and exact cost on standard error");
  command->add_option("question", options->words, "The question, or - to read it from standard input");
  command->add_option("--model", options->model, "A pool model to ask directly; without it the router decides");
  add_setting(*command, options->config, "--cost-weight", "episode.cost_weight", "How much cost counts against expected success; 0 is quality only");
  command->add_option("--max-cost", options->max_cost, "Hard cost limit in USD, for example 0.002");
  add_setting(*command, options->config, "--policy", "policy.kind", "Who decides: ngram, remote, local, fixed or cascade");
  add_setting(*command, options->config, "--policy-model", "policy.model", "The policy's model: of local the name of a pulled one, a folder or a GGUF file");
  add_setting(*command, options->config, "--ledger", "ledger.path", "SQLite file to record the question in");
  command->add_flag("--json", options->json, "Print the whole response object, with router_metadata");
  options->config.add_to(*command);
  command->callback([options] { ask(*options); });
}

}  // namespace xrouter::app
