// Event files, byte for byte as TensorBoard's own writer makes them (tests/golden/train/event_files.py).
#include "xrouter/trainer/record/tensorboard.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>

namespace xrouter::trainer {
namespace {

namespace fs = std::filesystem;

constexpr WallTime kNow(std::chrono::milliseconds(1'700'000'000'250));

class TensorBoardTest : public testing::Test {
 protected:
  TensorBoardTest() : path_(fs::temp_directory_path() / ("xrouter-events-" + std::to_string(::getpid()))) { fs::remove(path_); }
  ~TensorBoardTest() override { fs::remove(path_); }

  std::string bytes() const { return *read_text(path_, 1 << 20); }
  TensorBoardFile open(std::int64_t last_step) {
    auto file = TensorBoardFile::open(path_, last_step, kNow);
    EXPECT_TRUE(file) << file.error().describe();
    return std::move(*file);
  }
  static void append(TensorBoardFile& file, const StepMetrics& metrics) { ASSERT_TRUE(file.append(metrics, kNow)); }

  fs::path path_;
};

StepMetrics first_step() { return StepMetrics("dapo", 1).set("reward/total", 0.1).set("call_share", "gpt-4o", 0.25); }
StepMetrics second_step() { return StepMetrics("dapo", 300).set("reward/total", -1.5).set("loss/total", 1e-8); }

TEST_F(TensorBoardTest, writes_the_bytes_of_the_reference) {
  auto file = open(0);
  append(file, first_step());
  append(file, second_step().set("policy/kl", std::numeric_limits<double>::infinity()));
  auto golden = read_text(fs::path(XROUTER_SOURCE_DIR) / "tests/golden/train/event_files.bin", 1 << 20);
  ASSERT_TRUE(golden) << golden.error().describe();
  EXPECT_EQ(bytes(), *golden);
}

TEST_F(TensorBoardTest, goes_on_behind_the_last_step_and_cuts_what_is_torn_at_any_byte) {
  {
    auto file = open(0);
    append(file, first_step());
    append(file, second_step());
  }
  const std::string whole = bytes();
  const std::size_t until_first = events_until(whole, 299);
  ASSERT_GT(until_first, 0U);
  ASSERT_EQ(events_until(whole, 300), whole.size());
  for (std::size_t size = until_first; size < whole.size(); ++size)
    EXPECT_EQ(events_until(whole.substr(0, size), 300), until_first) << size;
  auto file = open(1);
  EXPECT_EQ(bytes(), whole.substr(0, until_first));
  append(file, second_step());
  EXPECT_EQ(bytes(), whole);
}

TEST_F(TensorBoardTest, a_damaged_frame_ends_the_good_part) {
  {
    auto file = open(0);
    append(file, first_step());
    append(file, second_step());
  }
  std::string damaged = bytes();
  const std::size_t until_first = events_until(damaged, 1);
  damaged[until_first + 20] ^= 1;
  EXPECT_EQ(events_until(damaged, 300), until_first);
  EXPECT_EQ(events_until(std::string(40, '\xff'), 300), 0U);
}

}  // namespace
}  // namespace xrouter::trainer
