// The language-model runtime under the commands of bench/lm.py: one measurement a line on standard input, one line of JSON
// back. Started with a model and the prompts that all participants get:
//   runtime_bench MODEL PROMPTS.json [--precision bf16|f32] [--threads N]
// Commands: prefill N | decode BATCH STEPS CONTEXT | decision I SALT | forward I TREE | memory
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>

#include "xrouter/base/clock.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/lm/generator.hpp"
#include "xrouter/torch_module/environment.hpp"
#include "xrouter/torch_module/loader.hpp"
#include "xrouter/weights/model_files.hpp"

namespace {

using namespace xrouter;
using lm::TokenId;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point start) { return std::chrono::duration<double>(Steady::now() - start).count(); }

struct Prompts {
  std::vector<TokenId> prefix;                  // role and offered models: what is cached
  std::vector<std::vector<TokenId>> questions;  // the new tokens of a decision
  std::string before_name, after_name;          // of the reply
  std::vector<std::string> names;
};

std::vector<TokenId> ids_of(const boost::json::value& list) {
  std::vector<TokenId> ids;
  for (const auto& id : list.as_array()) ids.push_back(static_cast<TokenId>(id.as_int64()));
  return ids;
}

Prompts read_prompts(const char* path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  const auto root = json::parse(text.str()).value();
  const auto& object = root.as_object();
  Prompts prompts{ids_of(object.at("prefix")), {}, object.at("before_name").as_string().c_str(), object.at("after_name").as_string().c_str(), {}};
  for (const auto& question : object.at("questions").as_array()) prompts.questions.push_back(ids_of(question));
  for (const auto& name : object.at("names").as_array()) prompts.names.emplace_back(name.as_string().c_str());
  return prompts;
}

std::shared_ptr<const grammar::Grammar> decision_grammar(const Prompts& prompts) {
  grammar::Builder builder;
  std::vector<grammar::Piece> names;
  for (const std::string& name : prompts.names) names.push_back(builder.literal(name));
  const auto before = builder.literal(prompts.before_name), after = builder.literal(prompts.after_name);
  return builder.build(builder.sequence({before, builder.choice(names), after})).value();
}

/// Hands the result to the thread that waits for it.
class Waiting final : public lm::GenerationSink {
 public:
  void on_finish(Result<lm::Generation> generation) override {
    const std::lock_guard lock(mutex_);
    result_ = std::move(generation);
    done_.notify_one();
  }
  lm::Generation wait() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return result_.has_value(); });
    return std::move(*result_).value();
  }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  std::optional<Result<lm::Generation>> result_;
};

/// Counts what the generator asks for.
class Counting final : public lm::LanguageModel {
 public:
  explicit Counting(std::shared_ptr<lm::LanguageModel> model) : model_(std::move(model)) {}
  const lm::ModelShape& shape() const override { return model_->shape(); }
  std::unique_ptr<lm::KvSequence> new_sequence() override { return model_->new_sequence(); }
  void forward(std::span<const lm::ForwardInput> inputs, lm::Logits& out) override {
    for (const lm::ForwardInput& input : inputs) tokens += input.tokens.size(), rows += input.logits_at.size();
    const auto start = Steady::now();
    model_->forward(inputs, out);
    seconds += seconds_since(start);
  }
  std::size_t tokens = 0, rows = 0;
  double seconds = 0;

 private:
  std::shared_ptr<lm::LanguageModel> model_;
};

class Bench {
 public:
  Bench(std::shared_ptr<const weights::ModelFiles> files, std::shared_ptr<lm::LanguageModel> model, Prompts prompts)
      : files_(std::move(files)), model_(std::move(model)), counted_(std::make_shared<Counting>(model_)), prompts_(std::move(prompts)), grammar_(decision_grammar(prompts_)) {}

  double prefill(std::size_t tokens) {
    const auto sequence = model_->new_sequence();
    const auto start = Steady::now();
    feed(*sequence, some_tokens(tokens, 1), true);
    return static_cast<double>(tokens) / seconds_since(start);
  }

  /// Tokens a second of all sequences together; they share nothing.
  double decode(std::size_t batch, int steps, std::size_t context) {
    std::vector<std::unique_ptr<lm::KvSequence>> sequences;
    for (std::size_t i = 0; i < batch; ++i) {
      sequences.push_back(model_->new_sequence());
      feed(*sequences.back(), some_tokens(context, i), false);
    }
    std::vector<TokenId> next = some_tokens(batch, 77);
    lm::Logits logits;
    constexpr int kFirst = 0;
    Steady::time_point start;
    for (int step = -1; step < steps; ++step) {
      if (step == 0) start = Steady::now();
      std::vector<lm::ForwardInput> inputs;
      for (std::size_t i = 0; i < batch; ++i) inputs.push_back({sequences[i].get(), {&next[i], 1}, {}, {&kFirst, 1}});
      model_->forward(inputs, logits);
      for (std::size_t i = 0; i < batch; ++i) {
        const auto row = logits.row(static_cast<int>(i));
        next[i] = static_cast<TokenId>(std::max_element(row.begin(), row.end()) - row.begin());
      }
    }
    return static_cast<double>(batch) * steps / seconds_since(start);
  }

  /// One pass: the new tokens and a tree of `tree` more behind the cached prefix, milliseconds.
  double forward(std::size_t question, std::size_t tree) {
    if (!root_) {
      root_ = model_->new_sequence();
      feed(*root_, prompts_.prefix, false);
    }
    const auto sequence = root_->fork(static_cast<int>(prompts_.prefix.size()));
    std::vector<TokenId> tokens = prompts_.questions.at(question);
    std::vector<int> parents(tokens.size()), wanted;
    for (std::size_t i = 0; i < tokens.size(); ++i) parents[i] = static_cast<int>(i) - 1;
    const int last = static_cast<int>(tokens.size()) - 1;
    wanted.push_back(last);
    for (std::size_t i = 0; i < tree; ++i) {
      constexpr std::size_t kPath = 6;
      parents.push_back(i % kPath == 0 ? last : static_cast<int>(tokens.size()) - 1);
      tokens.push_back(static_cast<TokenId>(100 + i));
      if (i % kPath == 2) wanted.push_back(static_cast<int>(tokens.size()) - 1);
    }
    const lm::ForwardInput input{sequence.get(), tokens, parents, wanted};
    lm::Logits logits;
    const auto start = Steady::now();
    model_->forward({&input, 1}, logits);
    return seconds_since(start) * 1e3;
  }

  /// `salt` changes the first token of the question, so that it is in no cache.
  std::string decision(std::size_t question, std::size_t salt) {
    if (!generator_) generator_ = lm::start_generator({counted_, files_->tokenizer(), files_->end_tokens()}, {}, system_clock());
    std::vector<TokenId> prompt = prompts_.prefix;
    const auto& more = prompts_.questions.at(question);
    prompt.insert(prompt.end(), more.begin(), more.end());
    prompt[prompts_.prefix.size()] = static_cast<TokenId>(1000 + salt);
    lm::GenerationRequest request;
    request.prompt = std::move(prompt);
    request.sampling.temperature = 0;
    request.grammar = grammar_;
    const auto sink = std::make_shared<Waiting>();
    counted_->tokens = counted_->rows = 0;
    counted_->seconds = 0;
    const auto start = Steady::now();
    static_cast<void>(generator_->submit(std::move(request), sink).value());
    const lm::Generation made = sink->wait();
    const double ms = seconds_since(start) * 1e3;
    std::string name = made.text.substr(std::min(made.text.size(), prompts_.before_name.size()));
    name.resize(std::min(name.size(), name.find(prompts_.after_name)));
    return "{\"ms\": " + std::to_string(ms) + ", \"choice\": \"" + name + "\", \"passes\": " + std::to_string(made.forward_passes) +
           ", \"fed\": " + std::to_string(counted_->tokens) + ", \"rows\": " + std::to_string(counted_->rows) +
           ", \"model_ms\": " + std::to_string(counted_->seconds * 1e3) + ", \"cached\": " + std::to_string(made.cached_tokens) + ", \"prompt\": " + std::to_string(made.prompt_tokens) + "}";
  }

 private:
  static std::vector<TokenId> some_tokens(std::size_t count, std::size_t seed) {
    std::vector<TokenId> tokens(count);
    for (std::size_t i = 0; i < count; ++i) tokens[i] = static_cast<TokenId>(1000 + (i * 7919 + seed * 104729) % 40000);
    return tokens;
  }

  /// As the generator does it: in pieces.
  void feed(lm::KvSequence& sequence, std::span<const TokenId> tokens, bool last_logits) {
    constexpr std::size_t kPiece = 512;
    lm::Logits logits;
    while (!tokens.empty()) {
      const auto piece = tokens.first(std::min(kPiece, tokens.size()));
      tokens = tokens.subspan(piece.size());
      const int last = static_cast<int>(piece.size()) - 1;
      const lm::ForwardInput input{&sequence, piece, {}, std::span(&last, last_logits && tokens.empty() ? 1U : 0U)};
      model_->forward({&input, 1}, logits);
    }
  }

  std::shared_ptr<const weights::ModelFiles> files_;
  std::shared_ptr<lm::LanguageModel> model_;
  std::shared_ptr<Counting> counted_;
  Prompts prompts_;
  std::shared_ptr<const grammar::Grammar> grammar_;
  std::unique_ptr<lm::KvSequence> root_;
  std::unique_ptr<lm::Generator> generator_;
};

std::string peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::to_string(usage.ru_maxrss / 1024);
}

void serve(Bench& bench) {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string command;
    std::size_t first = 0, second = 0, third = 0;
    words >> command >> first >> second >> third;
    if (command == "prefill") std::cout << bench.prefill(first) << std::endl;
    if (command == "decode") std::cout << bench.decode(first, static_cast<int>(second), third) << std::endl;
    if (command == "forward") std::cout << bench.forward(first, second) << std::endl;
    if (command == "decision") std::cout << bench.decision(first, second) << std::endl;
    if (command == "memory") std::cout << peak_memory() << std::endl;
  }
}

transformer::LoadOptions options_of(int count, char** words) {
  transformer::LoadOptions options;
  for (int i = 3; i + 1 < count; i += 2) {
    const std::string name = words[i], value = words[i + 1];
    if (name == "--threads") options.threads = std::stoi(value);
    if (name == "--precision") options.precision = value == "f32" ? transformer::Precision::f32 : transformer::Precision::bf16;
  }
  return options;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return std::fprintf(stderr, "usage: runtime_bench MODEL PROMPTS.json [--precision bf16|f32] [--threads N]\n"), 2;
  const auto files = weights::open_model(words[1]);
  if (!files) return std::fprintf(stderr, "%s\n", files.error().describe().c_str()), 1;
  const auto model = torch_module::load_model(**files, options_of(count, words));
  if (!model) return std::fprintf(stderr, "%s\n", model.error().describe().c_str()), 1;
  Bench bench(*files, *model, read_prompts(words[2]));
  serve(bench);
  return 0;
}
