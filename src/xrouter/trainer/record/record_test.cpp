// Checkpoints, metrics and settings of a run folder.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>

#include "xrouter/trainer/record/crc32c.hpp"
#include "xrouter/trainer/record/run_folder.hpp"
#include "xrouter/trainer/record/validation.hpp"
#include "xrouter/weights/atomic_write.hpp"

namespace xrouter::trainer {
namespace {

namespace fs = std::filesystem;

class StoppedClock final : public Clock {
 public:
  TimePoint now() const override { return {}; }
  WallTime wall_now() const override { return WallTime(std::chrono::milliseconds(1'700'000'000'000)); }
};

const StoppedClock kClock;
const RunConfig kConfig{.text = "seed: 7\n", .settings = {{"seed", "7"}, {"dapo.group_size", "8"}, {"threads", "2", true}}};

// A folder of its own for each test.
class RunFolderTest : public testing::Test {
 protected:
  RunFolderTest()
      : root_(fs::temp_directory_path() / ("xrouter-record-" + std::to_string(::getpid()) + "-" + name())), run_(root_ / "run") {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~RunFolderTest() override { fs::remove_all(root_); }

  static std::string name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }
  std::unique_ptr<RunFolder> open(RunMode mode, int keep = 3) {
    auto folder = RunFolder::open(run_, kConfig, mode, {.keep_checkpoints = keep}, kClock);
    EXPECT_TRUE(folder) << folder.error().describe();
    return folder ? std::move(*folder) : nullptr;
  }
  std::string error_of_opening(const RunConfig& config, RunMode mode) {
    auto folder = RunFolder::open(run_, config, mode, {}, kClock);
    return folder ? "" : folder.error().public_text;
  }
  static Result<void> weights_into(const fs::path& folder) { return weights::write_file(folder / "weights.bin", std::string(1000, 'w')); }
  static void save(RunFolder& folder, std::int64_t step, std::optional<double> score = {}) {
    auto saved = folder.save_checkpoint(step, "state of " + std::to_string(step), score, weights_into);
    ASSERT_TRUE(saved) << saved.error().describe();
  }
  static void append(RunFolder& folder, std::int64_t from, std::int64_t to) {
    for (std::int64_t step = from; step <= to; ++step) {
      auto appended = folder.append(StepMetrics("dapo", step).set("reward/total", static_cast<double>(step) / 10));
      ASSERT_TRUE(appended) << appended.error().describe();
    }
  }
  static std::vector<std::int64_t> steps_of(const std::vector<Checkpoint>& checkpoints) {
    std::vector<std::int64_t> steps;
    for (const Checkpoint& checkpoint : checkpoints) steps.push_back(checkpoint.step);
    return steps;
  }

  fs::path root_, run_;
};

TEST(Crc32c, gives_the_values_of_rfc_3720) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(crc32c("6789", crc32c("12345")), 0xe3069283U);
}

TEST(StepMetrics, a_line_reads_back_as_it_was) {
  StepMetrics metrics("dapo", 12);
  metrics.set("reward/total", 0.1).set("call_share", "gpt-4o", 0.25).set("policy/kl", std::numeric_limits<double>::quiet_NaN());
  metrics.set("seconds/step", 3).set("seconds", "rollout", 2);
  EXPECT_EQ(
      metrics_line(metrics),
      R"({"step":12,"stage":"dapo","reward/total":0.1,"call_share/gpt-4o":0.25,"policy/kl":null,"seconds/step":3,"seconds/rollout":2})");
  auto read = parse_metrics_line(metrics_line(metrics));
  ASSERT_TRUE(read) << read.error().describe();
  EXPECT_EQ(*read, metrics);
  EXPECT_EQ(read->not_finite(), 1U);
  EXPECT_EQ(read->find("policy/kl"), std::nullopt);
  EXPECT_EQ(read->find("call_share", "gpt-4o"), 0.25);
}

TEST(StepMetrics, a_later_value_replaces_an_earlier_one) {
  StepMetrics metrics("dapo", 1);
  metrics.set("loss/total", 1).set("loss/total", 2);
  EXPECT_EQ(metrics.entries().size(), 1U);
  EXPECT_EQ(metrics.find("loss/total"), 2);
}

TEST(StepMetrics, members_of_a_family_leave_out_metrics_of_their_own) {
  StepMetrics metrics("dapo", 1);
  metrics.set("seconds/step", 3).set("seconds", "rollout", 2).set("seconds", "update", 1);
  const auto members = metrics.members("seconds/*");
  ASSERT_EQ(members.size(), 2U);
  EXPECT_EQ(members[0].first, "rollout");
  EXPECT_EQ(members[1].second, 1);
}

TEST(MetricTable, declares_each_name_once_with_a_meaning) {
  for (const MetricDeclaration& metric : kMetrics) {
    EXPECT_FALSE(metric.meaning.empty()) << metric.name;
    EXPECT_NE(metric.name.find('/'), std::string_view::npos) << metric.name;
    EXPECT_EQ(find_metric(metric.name), &metric) << metric.name;
  }
}

TEST(MetricTable, is_the_one_in_the_documents) {
  auto page = read_text(fs::path(XROUTER_SOURCE_DIR) / "docs/training-runs.md", 1 << 20);
  ASSERT_TRUE(page) << page.error().describe();
  EXPECT_NE(page->find(metrics_markdown()), std::string::npos) << metrics_markdown();
}

TEST(Validation, reads_back_what_was_set_by_cost_weight) {
  StepMetrics metrics("dapo", 1);
  set_validation(metrics,
                 {{.cost_weight = 2, .accuracy = 0.7, .usd_per_1000 = 0.1, .cost_ratio = 0.2, .reward = 0.5, .hull_margin = 0.01},
                  {.cost_weight = 0.5, .accuracy = 0.8, .usd_per_1000 = 0.3, .cost_ratio = 0.6, .reward = 0.6, .hull_margin = -0.01}},
                 0.55);
  const auto points = validation_of(metrics);
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[0].cost_weight, 0.5);
  EXPECT_EQ(points[0].hull_margin, -0.01);
  EXPECT_EQ(points[1].usd_per_1000, 0.1);
  EXPECT_EQ(metrics.find("validation/score"), 0.55);
}

TEST(Validation, baselines_read_back) {
  const std::vector<ValidationBaseline> baselines = {{.name = "a \"model\"", .single_model = true, .accuracy = 0.5, .usd_per_1000 = 1.5},
                                                     {.name = "cascade", .accuracy = 0.75}};
  auto read = parse_baselines(baselines_json(baselines));
  ASSERT_TRUE(read) << read.error().describe();
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[0].name, "a \"model\"");
  EXPECT_TRUE((*read)[0].single_model);
  EXPECT_EQ((*read)[1].accuracy, 0.75);
  EXPECT_FALSE(parse_baselines("{}"));
}

TEST_F(RunFolderTest, a_checkpoint_holds_files_state_and_score) {
  auto folder = open(RunMode::fresh);
  save(*folder, 5, 0.25);
  const auto latest = folder->latest();
  ASSERT_TRUE(latest);
  EXPECT_EQ(latest->folder, run_ / "checkpoints" / "step-000005");
  EXPECT_EQ(latest->validation_score, 0.25);
  EXPECT_EQ(read_trainer_state(*latest), "state of 5");
  EXPECT_EQ(fs::file_size(latest->folder / "weights.bin"), 1000U);
  EXPECT_TRUE(verify_checkpoint(*latest));
}

TEST_F(RunFolderTest, keeps_the_newest_and_the_best_checkpoint) {
  auto folder = open(RunMode::fresh, 2);
  save(*folder, 1, 0.1);
  save(*folder, 2, 0.9);
  save(*folder, 3, 0.9);
  for (std::int64_t step = 4; step <= 7; ++step) save(*folder, step, 0.3);
  EXPECT_EQ(steps_of(folder->checkpoints()), (std::vector<std::int64_t>{2, 6, 7}));
  EXPECT_EQ(folder->best()->step, 2) << "the earlier of two alike";
}

TEST_F(RunFolderTest, without_scores_only_the_newest_are_kept) {
  auto folder = open(RunMode::fresh, 1);
  for (std::int64_t step = 1; step <= 4; ++step) save(*folder, step);
  EXPECT_EQ(steps_of(folder->checkpoints()), (std::vector<std::int64_t>{4}));
  EXPECT_FALSE(folder->best());
}

TEST_F(RunFolderTest, a_failed_checkpoint_leaves_the_earlier_ones_and_nothing_else) {
  auto folder = open(RunMode::fresh, 1);
  save(*folder, 1);
  auto failed = folder->save_checkpoint(2, "state", {}, [](const fs::path& into) -> Result<void> {
    (void)weights::write_file(into / "half.bin", "half");
    return fail(ErrorKind::io, "the learner could not");
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().public_text, "the learner could not");
  EXPECT_EQ(steps_of(folder->checkpoints()), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(std::distance(fs::directory_iterator(run_ / "checkpoints"), {}), 1);
}

TEST_F(RunFolderTest, a_full_disk_is_an_error_that_leaves_the_last_checkpoint) {
  auto folder = open(RunMode::fresh, 1);
  save(*folder, 1);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit little = before;
  little.rlim_cur = 500;  // bytes a file may have: the write fails as on a full disk, with another word for it
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &little);
  auto failed = folder->save_checkpoint(2, std::string(10'000, 's'), {}, weights_into);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::io);
  EXPECT_EQ(read_trainer_state(*folder->latest()), "state of 1");
  save(*folder, 2);
  EXPECT_EQ(steps_of(folder->checkpoints()), (std::vector<std::int64_t>{2})) << "the run goes on once there is room";
}

TEST_F(RunFolderTest, a_line_that_does_not_fit_leaves_no_torn_half) {
  auto folder = open(RunMode::fresh);
  append(*folder, 1, 2);
  const auto size = fs::file_size(run_ / "metrics.jsonl");
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit little = before;
  little.rlim_cur = size + 5;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &little);
  auto failed = folder->append(StepMetrics("dapo", 3));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(failed);
  EXPECT_EQ(fs::file_size(run_ / "metrics.jsonl"), size);
}

TEST_F(RunFolderTest, resume_removes_unfinished_checkpoints_and_sets_damaged_ones_aside) {
  {
    auto folder = open(RunMode::fresh);
    for (std::int64_t step = 1; step <= 3; ++step) save(*folder, step);
  }
  const fs::path checkpoints = run_ / "checkpoints";
  fs::create_directories(checkpoints / ".step-000009.partial-abc123");
  fs::copy(checkpoints / "step-000001", checkpoints / "step-000004");
  fs::remove(checkpoints / "step-000004" / "DONE");
  fs::resize_file(checkpoints / "step-000003" / "weights.bin", 10);
  std::fstream(checkpoints / "step-000002" / "weights.bin", std::ios::in | std::ios::out).seekp(500).put('X');

  auto folder = open(RunMode::resume);
  EXPECT_EQ(steps_of(folder->checkpoints()), (std::vector<std::int64_t>{1}));
  ASSERT_EQ(folder->remarks().size(), 4U);
  EXPECT_EQ(folder->remarks()[0], "removed the unfinished checkpoint .step-000009.partial-abc123");
  EXPECT_NE(folder->remarks()[3].find("weights.bin: is damaged"), std::string::npos) << folder->remarks()[3];
  EXPECT_TRUE(fs::exists(checkpoints / "step-000002.damaged"));
  EXPECT_FALSE(fs::exists(checkpoints / "step-000003"));
}

TEST_F(RunFolderTest, resume_cuts_metrics_and_events_behind_the_checkpoint) {
  {
    auto folder = open(RunMode::fresh);
    append(*folder, 1, 4);
    save(*folder, 4);
    append(*folder, 5, 7);
  }
  const auto events_of_seven = fs::file_size(run_ / "events.out.tfevents.run");
  std::ofstream(run_ / "metrics.jsonl", std::ios::app) << "{\"step\":8,\"sta";
  std::ofstream(run_ / "events.out.tfevents.run", std::ios::app) << "torn";
  auto folder = open(RunMode::resume);
  ASSERT_EQ(read_metrics(run_ / "metrics.jsonl")->size(), 4U);
  EXPECT_EQ(folder->remarks(), (std::vector<std::string>{"cut 3 steps behind step 4: they will be made again"}));
  append(*folder, 5, 7);
  EXPECT_EQ(fs::file_size(run_ / "events.out.tfevents.run"), events_of_seven);
  EXPECT_EQ(read_metrics(run_ / "metrics.jsonl")->back().step(), 7);
}

TEST_F(RunFolderTest, resume_without_a_checkpoint_begins_anew) {
  {
    auto folder = open(RunMode::fresh);
    append(*folder, 1, 2);
  }
  auto folder = open(RunMode::resume);
  EXPECT_FALSE(folder->latest());
  EXPECT_TRUE(read_metrics(run_ / "metrics.jsonl")->empty());
}

TEST_F(RunFolderTest, going_back_keeps_the_best_checkpoint_but_not_as_the_one_to_go_on_from) {
  auto folder = open(RunMode::fresh);
  append(*folder, 1, 6);
  save(*folder, 2, 0.1);
  save(*folder, 4, 0.8);
  save(*folder, 6, 0.2);
  ASSERT_TRUE(folder->roll_back_to(2));
  EXPECT_EQ(folder->latest()->step, 2);
  EXPECT_EQ(folder->best()->step, 4);
  EXPECT_TRUE(folder->best()->left);
  EXPECT_EQ(read_metrics(run_ / "metrics.jsonl")->back().step(), 2);
  save(*folder, 4, 0.9);
  EXPECT_FALSE(folder->best()->left) << "a better one took its place, and it is gone";
  EXPECT_EQ(std::distance(fs::directory_iterator(run_ / "checkpoints"), {}), 2);
}

TEST_F(RunFolderTest, other_settings_are_refused_by_name) {
  open(RunMode::fresh);
  RunConfig other = kConfig;
  other.settings[1].value = "16";
  other.settings.push_back({"reward.kappa", "0.1"});
  const std::string error = error_of_opening(other, RunMode::resume);
  EXPECT_NE(error.find("dapo.group_size: the run has 8, the configuration 16"), std::string::npos) << error;
  EXPECT_NE(error.find("reward.kappa: the run has none, the configuration 0.1"), std::string::npos) << error;
  EXPECT_EQ(error.find("threads"), std::string::npos) << error;
}

TEST_F(RunFolderTest, settings_of_the_machine_may_change) {
  open(RunMode::fresh);
  RunConfig other = kConfig;
  other.settings[2].value = "8";
  EXPECT_EQ(error_of_opening(other, RunMode::resume), "");
  EXPECT_EQ(settings_hash(other.settings), settings_hash(kConfig.settings));
  EXPECT_EQ(error_of_opening(other, RunMode::resume), "") << "the folder has the new settings now";
}

TEST_F(RunFolderTest, one_process_writes_at_a_time) {
  auto first = open(RunMode::fresh);
  EXPECT_NE(error_of_opening(kConfig, RunMode::resume).find("another process"), std::string::npos);
}

TEST_F(RunFolderTest, a_fresh_run_neither_mixes_with_a_run_nor_with_other_files) {
  EXPECT_NE(error_of_opening(kConfig, RunMode::resume).find("holds no training run"), std::string::npos);
  { auto folder = open(RunMode::fresh); }
  EXPECT_NE(error_of_opening(kConfig, RunMode::fresh).find("already holds"), std::string::npos);
  fs::remove_all(run_);
  fs::create_directories(run_);
  std::ofstream(run_ / "thesis.tex") << "years of work";
  EXPECT_NE(error_of_opening(kConfig, RunMode::fresh).find("is not empty"), std::string::npos);
}

TEST_F(RunFolderTest, a_folder_that_cannot_be_made_is_an_io_error) {
  std::ofstream(root_ / "run") << "a file stands in the way";
  auto folder = RunFolder::open(run_, kConfig, RunMode::fresh, {}, kClock);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().kind, ErrorKind::io);
}

TEST_F(RunFolderTest, sessions_add_up_over_processes) {
  const RunRecord record{.data = {{.name = "corpus", .hash = "fnv1a64:1"}}, .seeds = {{"run", 0xffffffffffffffffULL}}, .parameters = 7};
  {
    auto folder = open(RunMode::fresh);
    ASSERT_TRUE(folder->begin_session(record, {.command = "xrouter train -c a.yaml", .program = "xrouter", .hardware = "here"}));
    save(*folder, 3);
  }
  RunConfig same = kConfig;
  same.data = record.data;
  auto folder = RunFolder::open(run_, same, RunMode::resume, {}, kClock).value();
  ASSERT_TRUE(folder->begin_session(record, {.command = "xrouter train --resume", .program = "xrouter", .hardware = "there"}));
  save(*folder, 9);
  auto text = read_text(run_ / kRecordFile, 1 << 20);
  auto read = parse_record(*text);
  ASSERT_TRUE(read) << read.error().describe();
  EXPECT_EQ(read->seeds, record.seeds);
  ASSERT_EQ(read->sessions.size(), 2U);
  EXPECT_EQ(read->sessions[0].to_step, 3);
  EXPECT_EQ(read->sessions[1].from_step, 3);
  EXPECT_EQ(read->sessions[1].to_step, 9);
  EXPECT_EQ(read->sessions[1].hardware, "there");
  EXPECT_EQ(read->sessions[0].started, "2023-11-14T22:13:20Z");
}

TEST_F(RunFolderTest, other_data_are_refused_by_name_before_anything_is_changed) {
  {
    auto folder = open(RunMode::fresh);
    ASSERT_TRUE(folder->begin_session({.data = {{.name = "corpus", .hash = "1"}}}, {}));
    save(*folder, 1);
    append(*folder, 1, 3);
  }
  RunConfig other = kConfig;
  other.text = "seed: 7\nthreads: 8\n";
  other.settings[2].value = "8";
  other.data = {{.name = "corpus", .hash = "2"}};
  EXPECT_NE(error_of_opening(other, RunMode::resume).find("corpus"), std::string::npos);
  EXPECT_EQ(read_metrics(run_ / "metrics.jsonl")->size(), 3U);
  EXPECT_EQ(read_text(run_ / "config.yaml", 1 << 20), kConfig.text);
}

}  // namespace
}  // namespace xrouter::trainer
