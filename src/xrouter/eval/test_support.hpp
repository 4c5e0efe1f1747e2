// A small world for tests: two models, numbered questions, a grader that compares texts, a pool that
// answers by rule. Header only; used by tests and benchmarks of this library.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "xrouter/async/sleep.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/eval/figures/summarise.hpp"
#include "xrouter/eval/output/summary_json.hpp"
#include "xrouter/eval/run/manifest.hpp"
#include "xrouter/eval/run/runner.hpp"
#include "xrouter/testing/fixtures.hpp"

namespace xrouter::eval::toy {

/// Right when the reply is the gold, letter by letter.
class Grader final : public grade::Grader {
 public:
  explicit Grader(std::shared_ptr<std::atomic<int>> grades) : grades_(std::move(grades)) {}
  grade::GraderInfo info() const override { return {.id = {.name = "toy"}}; }
  Result<void> validate(const grade::Value& gold, const grade::Value&) const override {
    if (gold.if_string() && !gold.if_string()->empty()) return {};
    return fail(ErrorKind::config, "the gold must be a text");
  }
  grade::GradeResult do_grade(const grade::GradeRequest& request, grade::GradeContext&) const override {
    ++*grades_;
    if (request.response.empty()) return grade::ungraded(grade::GradeStatus::no_answer, "nothing said");
    const bool right = request.response == *request.ground_truth.if_string();
    return grade::graded(right, std::string(request.response), std::string(request.response));
  }

 private:
  std::shared_ptr<std::atomic<int>> grades_;
};

inline grade::Registry registry(std::shared_ptr<std::atomic<int>> grades = std::make_shared<std::atomic<int>>(0)) {
  grade::RegistryRow row{
      .key = "toy", .make = [grades](const grade::Dialect&, std::string_view) { return std::make_unique<Grader>(grades); }, .about = "toy"};
  return *grade::Registry::make({std::move(row)});
}

/// Question i asks "Q<i>"; its answer is "A<i>". Sub-sets "even" and "odd".
inline QuestionSet questions(int count, int clusters = 0) {
  QuestionSet set;
  BenchmarkUse use;
  use.data_hash = "toy-hash";
  use.split = "all";
  use.spec.name = "toy";
  use.spec.title = "Toy questions";
  use.spec.domain = "arithmetic";
  use.spec.data_source = "toy";
  set.benchmarks.push_back(std::move(use));
  for (int i = 0; i < count; ++i) {
    Question question;
    question.qid = std::to_string(i);
    question.cluster = std::to_string(clusters > 0 ? i % clusters : i);
    question.subset = i % 2 == 0 ? "even" : "odd";
    question.prompt = "Q" + std::to_string(i);
    question.bare = question.prompt;
    question.data_source = "toy";
    question.gold = grade::Value("A" + std::to_string(i));
    question.prompt_hash = fnv1a64(question.prompt);
    set.questions.push_back(std::move(question));
  }
  return set;
}

/// "cheap" is right on even questions, "strong" on all but those that end in 5; each reply takes
/// 100 ms and 10 + 5 tokens.
class Pool final : public ModelPool {
 public:
  using OnCall = std::function<std::optional<ErrorKind>(const ModelCall&)>;
  explicit Pool(OnCall on_call = {}) : on_call_(std::move(on_call)) {}

  boost::asio::awaitable<ModelReply> call(const ModelCall& call, CallScope& scope, DeltaSink*) override {
    ModelReply out{.call = call.id};
    const TimePoint begun = scope.now();
    const std::optional<ErrorKind> error = on_call_ ? on_call_(call) : std::nullopt;
    const Duration latency = std::chrono::milliseconds(100);
    const Result<void> waited = co_await sleep_for(latency, scope);
    AttemptRecord attempt{
        .model = call.model->id, .error = error, .price_version = call.model->price.version(), .latency = scope.now() - begun};
    if (!waited) {
      out.reply = fail(waited.error());
    } else if (error) {
      out.reply = fail(*error, "toy failure");
    } else {
      attempt.usage = {.prompt_tokens = 10, .completion_tokens = 5};
      attempt.usage_source = UsageSource::reported;
      attempt.cost = call.model->price.cost_of(attempt.usage);
      out.reply = reply_to(call);
    }
    out.attempts.push_back(std::move(attempt));
    co_return out;
  }

 private:
  static ChatReply reply_to(const ModelCall& call) {
    const std::string number = last_user_text(call.request).substr(1);
    const bool right = call.model->id.value == "cheap" ? std::stoi(number) % 2 == 0 : number.back() != '5';
    ChatReply reply;
    reply.choices.emplace_back();
    reply.choices.back().message.content = (right ? "A" : "not A") + number;
    return reply;
  }
  OnCall on_call_;
};

class Host final : public WorkerHost {
 public:
  using OnEpisode = std::function<Pool::OnCall(int sample, int samples)>;
  explicit Host(Pool::OnCall on_call, OnEpisode on_episode = {}) : pool_(std::move(on_call)), on_episode_(std::move(on_episode)) {}
  ModelPool& pool() override { return pool_; }
  std::unique_ptr<ModelPool> episode_pool(int sample, int samples) override {
    return on_episode_ ? std::make_unique<Pool>(on_episode_(sample, samples)) : nullptr;
  }

 private:
  Pool pool_;
  OnEpisode on_episode_;
};

/// Calls the model that `choose` names for the question's number.
class ChoosingPolicy final : public Policy {
 public:
  explicit ChoosingPolicy(std::function<std::string(int)> choose) : choose_(std::move(choose)) {}
  boost::asio::awaitable<PolicyReply> decide(const DecisionPrompt& prompt, CallScope&) override {
    const int number = std::stoi(last_user_text(prompt.spec.request).substr(1));
    const std::string model = choose_(number);
    PolicyReply reply;
    reply.tool_calls.push_back({.id = "p1", .name = tool_name_of(ModelId(model)), .arguments = "{}"});
    reply.commit = prompt.turn == 1;
    reply.confidence = Rng(static_cast<std::uint64_t>(number)).uniform();
    if (prompt.turn > 1) reply.error = Error{.kind = ErrorKind::upstream_unreachable, .public_text = "no second try"};
    co_return reply;
  }

 private:
  std::function<std::string(int)> choose_;
};

inline System choosing(const std::string& id, std::function<std::string(int)> choose) {
  System system;
  system.id = id;
  system.label = id;
  system.kind = SystemKind::policy;
  system.open = same_policy_always(
      [choose](const WorkerContext&) -> Result<std::shared_ptr<Policy>> { return std::make_shared<ChoosingPolicy>(choose); });
  return system;
}

/// A coin for every episode.
inline System coin() {
  System system;
  system.id = "baseline:coin";
  system.label = "coin";
  system.open = policy_per_episode([](const EpisodeFacts& facts) -> std::shared_ptr<Policy> {
    const bool strong = Rng(facts.seed).chance(0.5);
    return std::make_shared<ChoosingPolicy>([strong](int) { return std::string(strong ? "strong" : "cheap"); });
  });
  return system;
}

/// Both singles, a policy that knows where "cheap" is right, and a coin.
inline std::vector<System> systems() {
  const auto catalog = two_model_catalog();
  return {choosing("policy", [](int i) { return std::string(i % 2 == 0 ? "cheap" : "strong"); }), coin(),
          single_model(*catalog->find(ModelId("cheap"))), single_model(*catalog->find(ModelId("strong")))};
}

/// Everything a run needs, with the knobs that tests turn.
struct Trial {
  QuestionSet set = questions(40);
  std::vector<System> under_test = systems();
  Pool::OnCall on_call = {};
  Host::OnEpisode on_episode = {};  ///< makes a pool for each episode
  RunOptions options = {};
  std::shared_ptr<std::atomic<int>> grades = std::make_shared<std::atomic<int>>(0);
  std::shared_ptr<StopSwitch> stop = std::make_shared<StopSwitch>();

  /// Runs in `folder` and returns the end; the records stay in `records`.
  Result<RunEnd> go(const std::string& folder, OpenMode mode, const std::function<void(RunFolder&)>& opened = {}) {
    EpisodeSettings settings{.catalog = two_model_catalog(), .offered = {}};
    settings.offered = offer_all(*settings.catalog);
    const Offers offers(set, settings);
    auto grading = Grading::make(set, registry(grades), grade::strict());
    if (!grading) return fail(grading.error());
    const RunInputs inputs{.questions = set,
                           .systems = under_test,
                           .grading = **grading,
                           .settings = settings,
                           .offers = offers,
                           .identity = "toy",
                           .grading_context = {},
                           .make_host = [this](boost::asio::io_context&, Timers&, std::uint64_t) -> Result<std::unique_ptr<WorkerHost>> {
                             return std::make_unique<Host>(on_call, on_episode);
                           }};
    auto run_folder =
        RunFolder::open(folder, manifest_json(inputs, options, {.program = "toy", .config_hash = "toy", .dialect = "strict"}), mode);
    if (!run_folder) return fail(run_folder.error());
    if (opened) opened(**run_folder);
    auto end = run(inputs, options, **run_folder, *stop);
    if (!end) return end;
    records = in_run_order((*run_folder)->records(), set, under_test);
    const std::string none;
    const RunData data{set, under_test, records, [&](const std::string&) -> const std::string& { return none; }};
    summary = summarise(data, {.program = "toy", .seed = options.seed, .bootstrap_draws = 500, .complete = end->complete});
    json = summary_json(summary);
    if (end->complete) {
      if (auto written = (*run_folder)->write_file("summary.json", json); !written) return fail(written.error());
    }
    return end;
  }

  std::vector<SampleRecord> records = {};
  Summary summary = {};
  std::string json = {};
};

/// An empty folder that is removed with it.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "xrouter-eval-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace xrouter::eval::toy
