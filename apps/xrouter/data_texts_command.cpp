// xrouter data texts: what a router reads, as lines from which a tokenizer is trained.
#include "data_texts_command.hpp"

#include <fmt/format.h>

#include <memory>

#include "corpus_files.hpp"
#include "progress_bar.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/chat_format/chat_format.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/policy/router_prompt.hpp"
#include "xrouter/corpus/text_key.hpp"
#include "xrouter/samples/episode_spec.hpp"
#include "xrouter/samples/sample_set.hpp"

namespace xrouter::app {
namespace {

constexpr double kCostWeights[] = {0, 0.25, 0.5, 1, 1.5, 2, 4};

struct TextsArguments {
  ConfigOption config;
  std::vector<std::string> corpora;
  std::string set;
  std::string format = "compact";
  std::size_t answers = 2;
  std::uint64_t seed = 1;
};

void print_line(std::string_view kind, std::string_view text) {
  json::Writer out;
  out.begin_object().field("kind", kind).field("text", text).end_object();
  fmt::print("{}\n", out.take());
}

CallRecord answered_call(const OfferedModel& offered, const corpus::RecordedOutcome& outcome, std::size_t number) {
  CallRecord record{.id = CallId("c" + std::to_string(number)), .asked = {}, .model = offered.spec, .status = CallStatus::ok};
  record.asked = {.id = record.id.value, .name = offered.tool_name, .arguments = "{}"};
  ChatReply reply{.id = {}, .model = outcome.model, .choices = {}, .usage = outcome.usage()};
  reply.choices.emplace_back().message.content = outcome.response;
  record.reply = std::move(reply);
  return record;
}

// One turn in which some models were asked at once.
Turn turn_of(const samples::SampleSet& set, std::size_t index, const EpisodeSpec& spec, Rng& rng) {
  constexpr std::size_t kMostCalls = 3;
  const std::size_t calls = 1 + rng.below(kMostCalls);
  Turn turn;
  for (std::size_t i = 0; i < spec.offered.size() && turn.calls.size() < calls; ++i)
    if (const auto* outcome = set.outcome(index, set.sample(index).models[i].model))
      turn.calls.push_back(answered_call(spec.offered[i], *outcome, turn.calls.size() + 1));
  return turn;
}

std::string router_prompt(const chat_format::ChatFormat& format, const samples::SampleSet& set, std::size_t index, Rng& rng) {
  const double cost_weight = kCostWeights[rng.below(std::size(kCostWeights))];
  const EpisodeSpec spec = samples::episode_spec(set.sample(index), set.question(index), require(set.shown_catalog(index)), cost_weight);
  Transcript transcript;
  const bool with_results = rng.below(2) == 0;
  if (with_results) transcript.turns.push_back(turn_of(set, index, spec, rng));
  const DecisionPrompt prompt{.spec = spec, .transcript = transcript, .turn = static_cast<int>(transcript.turns.size()) + 1};
  const ChatRequest request = policy::render_router_prompt(prompt);
  std::string text;
  for (const chat_format::Span& span : require(format.render(request.messages, request.tools, chat_format::Thinking::off)))
    text += span.text;
  return text;
}

void print_answers(const TextsArguments& arguments, const corpus::Record& record, Rng& rng) {
  for (std::size_t i = 0; i < arguments.answers && !record.outcomes.empty(); ++i)
    print_line("answer", record.outcomes[rng.below(record.outcomes.size())].response);
}

// A name that the tokenizer knows is one token wherever it stands.
void print_names(const config::Config& config) {
  for (const ModelSpec& model : config.catalog->models()) print_line("name", tool_name_of(model.id));
  print_line("name", kSelectTool);
}

void run_texts(const TextsArguments& arguments) {
  const auto config = arguments.config.load();
  print_names(*config);
  const auto set = require(samples::SampleSet::open(arguments.set, open_corpora(arguments.corpora, arguments.config), config->catalog));
  const auto format = require(chat_format::ChatFormat::named(arguments.format));
  for (std::size_t i = 0; i < set->size(); ++i) {
    const bool learnable = corpus::split_of(set->question(i).question) == corpus::Split::train;
    if (!learnable) throw CommandFailure{kUsage, set->question(i).qid + " is not of split train: a tokenizer is trained on that alone"};
  }
  ProgressBar bar("writing texts");
  for (std::size_t i = 0; i < set->size(); ++i) {
    Rng rng = Rng(arguments.seed).fork("texts", i);
    print_line("prompt", router_prompt(*format, *set, i, rng));
    print_answers(arguments, set->record(i), rng);
    bar.show(i + 1, set->size());
  }
}

}  // namespace

void add_data_texts(CLI::App& data) {
  auto arguments = std::make_shared<TextsArguments>();
  CLI::App* command = data.add_subcommand("texts", "Print router prompts, answers and tool names as JSON lines, to train a tokenizer.");
  arguments->config.add_to(*command);
  command->add_option("set", arguments->set, "Sample set: a folder made by `xrouter data samples`")->required();
  command->add_option("--corpus", arguments->corpora, "Corpus files or folders; default: the shipped ones");
  command->add_option("--format", arguments->format, "Chat format of the prompts")->capture_default_str();
  command->add_option("--answers", arguments->answers, "Recorded answers of each sample")->capture_default_str();
  command->add_option("--seed", arguments->seed, "The same seed prints the same texts")->capture_default_str();
  command->callback([arguments] { run_texts(*arguments); });
}

}  // namespace xrouter::app
