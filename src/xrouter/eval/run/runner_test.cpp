#include "xrouter/eval/run/runner.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "xrouter/eval/test_support.hpp"

namespace xrouter::eval {
namespace {

using testing::HasSubstr;
using toy::TempFolder;
using toy::Trial;

const SystemFigures& figures(const Trial& run, const std::string& system) { return *find_figures(run.summary.sections.at(0), system); }

std::size_t lines_of(const std::string& file) {
  std::ifstream in(file);
  return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>(), '\n'));
}

TEST(Runner, answers_and_grades_every_question_with_every_system) {
  TempFolder folder;
  Trial run;
  const auto end = run.go(folder / "a", OpenMode::fresh);
  ASSERT_TRUE(end) << end.error().describe();
  EXPECT_TRUE(end->complete);
  EXPECT_EQ(run.records.size(), 160U);
  EXPECT_EQ(figures(run, "model:cheap").correct, 20U);
  EXPECT_EQ(figures(run, "model:strong").correct, 36U);
  EXPECT_EQ(figures(run, "policy").correct, 36U);
  // 10 and 5 tokens at 0.1 and 0.4 USD per million: 3e-6 USD a question.
  EXPECT_EQ(figures(run, "model:cheap").cost.to_decimal(), "0.00012");
  EXPECT_EQ(figures(run, "policy").behaviour.selected, 1.0);
  EXPECT_EQ(figures(run, "policy").latency.p50_ms, 100);
  EXPECT_EQ(figures(run, "policy").calibration.samples, 40U);
}

TEST(Runner, gives_the_same_bytes_for_the_same_seed_however_many_workers_there_are) {
  TempFolder folder;
  Trial one;
  one.options.concurrency = 1;
  Trial many;
  many.options.workers = 3;
  many.options.concurrency = 7;
  Trial other_seed;
  other_seed.options.seed = 2;
  ASSERT_TRUE(one.go(folder / "one", OpenMode::fresh));
  ASSERT_TRUE(many.go(folder / "many", OpenMode::fresh));
  ASSERT_TRUE(other_seed.go(folder / "other", OpenMode::fresh));
  EXPECT_EQ(one.json, many.json);
  EXPECT_EQ(one.records, many.records);
  EXPECT_NE(one.json, other_seed.json);
}

TEST(Runner, gives_every_episode_its_own_pool_where_the_host_has_one) {
  TempFolder folder;
  Trial run;
  run.options.samples = 3;
  run.on_call = [](const ModelCall&) { return std::optional(ErrorKind::internal); };  // the shared pool is not asked
  std::map<int, int> calls_of_sample;
  run.on_episode = [&](int sample, int samples) {
    EXPECT_EQ(samples, 3);
    return [&calls_of_sample, sample](const ModelCall&) {
      ++calls_of_sample[sample];
      return std::optional<ErrorKind>();
    };
  };
  ASSERT_TRUE(run.go(folder / "a", OpenMode::fresh));
  EXPECT_EQ(figures(run, "model:strong").correct, 3 * 36U);
  EXPECT_EQ(calls_of_sample, (std::map<int, int>{{0, 160}, {1, 160}, {2, 160}}));
}

TEST(Runner, remembers_grades_of_replies_it_has_seen) {
  TempFolder folder;
  Trial run;
  ASSERT_TRUE(run.go(folder / "a", OpenMode::fresh));
  // 40 questions with at most two different replies each, although four systems answered.
  EXPECT_LE(*run.grades, 80);
}

// The child stops dead in the middle of its work, with some samples on disk; the parent kills it.
TEST(Runner, comes_to_the_identical_result_when_it_is_killed_and_resumed) {
  TempFolder folder;
  Trial whole;
  ASSERT_TRUE(whole.go(folder / "whole", OpenMode::fresh));
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    Trial doomed;
    doomed.options.concurrency = 2;
    RunFolder* open = nullptr;
    std::atomic<int> calls{0};
    doomed.on_call = [&](const ModelCall&) -> std::optional<ErrorKind> {
      if (++calls != 70) return std::nullopt;
      if (open->flush()) [[maybe_unused]]
        const auto told = ::write(ready[1], "x", 1);
      for (;;) ::pause();
    };
    [[maybe_unused]] const auto never = doomed.go(folder / "killed", OpenMode::fresh, [&](RunFolder& opened) { open = &opened; });
    ::_exit(1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const std::size_t kept = lines_of(folder / "killed/samples/toy.jsonl");
  EXPECT_GT(kept, 0U);
  EXPECT_LT(kept, 160U);

  Trial resumed;
  std::atomic<int> calls{0};
  resumed.on_call = [&](const ModelCall&) -> std::optional<ErrorKind> {
    ++calls;
    return std::nullopt;
  };
  const auto end = resumed.go(folder / "killed", OpenMode::resume);
  ASSERT_TRUE(end) << end.error().describe();
  EXPECT_EQ(static_cast<std::size_t>(calls), 160 - kept) << "what was done is not done again";
  EXPECT_EQ(resumed.json, whole.json);
  EXPECT_EQ(resumed.records, whole.records);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(Runner, cuts_off_a_torn_last_line_and_makes_that_sample_again) {
  TempFolder folder;
  Trial whole;
  ASSERT_TRUE(whole.go(folder / "whole", OpenMode::fresh));
  Trial stopped;
  ASSERT_TRUE(stopped.go(folder / "torn", OpenMode::fresh));
  std::filesystem::remove(folder / "torn/summary.json");
  const std::string file = folder / "torn/samples/toy.jsonl";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 40);
  Trial resumed;
  ASSERT_TRUE(resumed.go(folder / "torn", OpenMode::resume));
  EXPECT_EQ(resumed.json, whole.json);
  EXPECT_EQ(lines_of(file), 160U);
}

TEST(Runner, makes_samples_again_whose_lines_or_responses_are_damaged) {
  TempFolder folder;
  Trial whole;
  ASSERT_TRUE(whole.go(folder / "a", OpenMode::fresh));
  std::filesystem::remove(folder / "a/summary.json");
  std::ofstream(folder / "a/responses/toy.jsonl", std::ios::trunc);
  Trial resumed;
  std::size_t damaged = 0;
  ASSERT_TRUE(resumed.go(folder / "a", OpenMode::resume, [&](RunFolder& opened) { damaged = opened.earlier().damaged; }));
  EXPECT_EQ(damaged, 160U);
  EXPECT_EQ(resumed.json, whole.json);
}

TEST(Runner, tries_an_upstream_fault_again_and_keeps_what_it_has_cost) {
  TempFolder folder;
  Trial run;
  run.options.concurrency = 1;
  std::map<std::string, int> calls;
  run.on_call = [&](const ModelCall& call) -> std::optional<ErrorKind> {
    const int earlier = calls[call.model->id.value + last_user_text(call.request)]++;
    return call.model->id.value == "strong" && last_user_text(call.request) == "Q7" && earlier < 1
               ? std::optional(ErrorKind::upstream_unreachable)
               : std::nullopt;
  };
  const auto end = run.go(folder / "a", OpenMode::fresh);
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->complete);
  EXPECT_EQ(end->progress.unscored, 0U);
  int tried_twice = 0;
  for (const SampleRecord& record : run.records) tried_twice += record.tries == 2 ? 1 : 0;
  EXPECT_EQ(tried_twice, 1);
}

TEST(Runner, leaves_unscored_samples_out_of_the_mean_and_counts_them) {
  TempFolder folder;
  Trial run;
  run.options.retries = 1;
  run.on_call = [](const ModelCall& call) -> std::optional<ErrorKind> {
    return call.model->id.value == "cheap" && last_user_text(call.request) == "Q1" ? std::optional(ErrorKind::upstream_unreachable)
                                                                                   : std::nullopt;
  };
  ASSERT_TRUE(run.go(folder / "a", OpenMode::fresh));
  const SystemFigures& cheap = figures(run, "model:cheap");
  EXPECT_EQ(cheap.unscored, 1U);
  EXPECT_EQ(cheap.scored, 39U);
  EXPECT_NEAR(cheap.accuracy.mean, 20.0 / 39, 1e-12);
  EXPECT_THAT(run.summary.sections.at(0).remarks, testing::Contains(HasSubstr("model:cheap: 1 of 40 samples are unscored")));
}

TEST(Runner, never_passes_its_budget_and_goes_on_with_a_greater_one) {
  TempFolder folder;
  Trial whole;
  ASSERT_TRUE(whole.go(folder / "whole", OpenMode::fresh));
  Usd all;
  for (const SampleRecord& record : whole.records) all += record.cost.known;
  Trial poor;
  poor.options.budget = Usd::from_pico(all.pico() / 2);
  poor.options.workers = 2;
  const auto stopped = poor.go(folder / "poor", OpenMode::fresh);
  ASSERT_TRUE(stopped);
  EXPECT_FALSE(stopped->complete);
  EXPECT_EQ(stopped->stopped_by, "budget");
  EXPECT_LE(stopped->progress.spent, *poor.options.budget);
  EXPECT_GT(stopped->progress.done, 50U);
  Trial richer;
  richer.options.budget = all;
  const auto end = richer.go(folder / "poor", OpenMode::resume);
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->complete);
  EXPECT_EQ(richer.json, whole.json);
}

TEST(Runner, starts_nothing_new_when_told_to_stop) {
  TempFolder folder;
  Trial run;
  run.options.concurrency = 1;
  int calls = 0;
  run.on_call = [&](const ModelCall&) -> std::optional<ErrorKind> {
    if (++calls == 10) run.stop->stop = true;
    return std::nullopt;
  };
  const auto end = run.go(folder / "a", OpenMode::fresh);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->stopped_by, "interrupted");
  EXPECT_EQ(run.records.size(), 10U);
}

TEST(Runner, ends_what_is_under_way_when_told_so_and_makes_it_again_on_resume) {
  TempFolder folder;
  Trial run;
  run.options.concurrency = 4;
  int calls = 0;
  run.on_call = [&](const ModelCall&) -> std::optional<ErrorKind> {
    if (++calls == 10) run.stop->stop = run.stop->cancel = true;
    return std::nullopt;
  };
  ASSERT_TRUE(run.go(folder / "a", OpenMode::fresh));
  EXPECT_THAT(run.records, testing::Contains(testing::Field(&SampleRecord::error, "cancelled")));
  Trial whole;
  ASSERT_TRUE(whole.go(folder / "whole", OpenMode::fresh));
  Trial resumed;
  ASSERT_TRUE(resumed.go(folder / "a", OpenMode::resume));
  EXPECT_EQ(resumed.json, whole.json);
}

TEST(Runner, takes_several_samples_and_says_how_often_any_and_all_are_right) {
  TempFolder folder;
  Trial run;
  run.options.samples = 4;
  run.set = toy::questions(10);
  ASSERT_TRUE(run.go(folder / "a", OpenMode::fresh));
  EXPECT_EQ(run.records.size(), 160U);
  const SystemFigures& coin = figures(run, "baseline:coin");
  ASSERT_EQ(coin.at_k.size(), 3U);
  EXPECT_EQ(coin.at_k.back().k, 4);
  EXPECT_GT(coin.at_k.back().pass_at, coin.at_k.front().pass_at);
  EXPECT_LT(coin.at_k.back().pass_hat, coin.at_k.front().pass_hat);
  EXPECT_TRUE(coin.deviation_across_runs);
  EXPECT_FALSE(coin.wilson);
}

TEST(RunFolder, a_finished_run_is_not_overwritten) {
  TempFolder folder;
  Trial run;
  ASSERT_TRUE(run.go(folder / "a", OpenMode::fresh));
  for (const OpenMode mode : {OpenMode::fresh, OpenMode::resume}) {
    const auto again = Trial().go(folder / "a", mode);
    ASSERT_FALSE(again);
    EXPECT_THAT(again.error().public_text, HasSubstr("finished run"));
  }
}

TEST(RunFolder, an_unfinished_run_is_only_resumed_and_only_by_its_own_settings) {
  TempFolder folder;
  Trial run;
  run.stop->stop = true;
  ASSERT_TRUE(run.go(folder / "a", OpenMode::fresh));
  EXPECT_THAT(Trial().go(folder / "a", OpenMode::fresh).error().public_text, HasSubstr("--resume"));
  EXPECT_THAT(Trial().go(folder / "b", OpenMode::resume).error().public_text, HasSubstr("no run"));
  Trial other;
  other.options.seed = 9;
  EXPECT_THAT(other.go(folder / "a", OpenMode::resume).error().public_text, HasSubstr("other questions, systems or settings"));
}

TEST(RunFolder, is_written_by_one_process_at_a_time) {
  TempFolder folder;
  const auto first = RunFolder::open(folder / "a", "m", OpenMode::fresh);
  ASSERT_TRUE(first);
  const auto second = RunFolder::open(folder / "a", "m", OpenMode::resume);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().public_text, HasSubstr("another process"));
}

}  // namespace
}  // namespace xrouter::eval
