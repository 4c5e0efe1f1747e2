// Goal: real processes sum, gather, and notice when one is gone. Method: this program starts itself again, once for each
// process; the disabled test at the end is what they run.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "xrouter/base/rng.hpp"
#include "xrouter/learner/launch.hpp"
#include "xrouter/learner/toy_learner.hpp"
#include "xrouter/torch_learner/c10d_collective.hpp"

extern char** environ;

namespace xrouter::torch_learner {
namespace {

/// Long where nobody has to wait it out: a busy machine takes its time to start three processes.
constexpr int kPatience = 120, kShort = 10, kVeryShort = 2;

/// A port of this machine that nobody has right now.
int free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ::bind(listener, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(listener);
  return ntohs(address.sin_port);
}

/// The processes of one run, and what each has written.
class Processes {
 public:
  Processes(std::string job, int size, int started, int timeout_seconds = kPatience)
      : folder_(std::filesystem::temp_directory_path() / ("collective_" + std::to_string(::getpid()) + job)) {
    std::filesystem::create_directories(folder_);
    const std::string port = std::to_string(free_port());
    for (int rank = 0; rank < started; ++rank) {
      start({{"RANK", std::to_string(rank)},
             {"WORLD_SIZE", std::to_string(size)},
             {"MASTER_ADDR", "127.0.0.1"},
             {"MASTER_PORT", port},
             {"COLLECTIVE_JOB", job},
             {"COLLECTIVE_FILE", file(rank)},
             {"COLLECTIVE_TIMEOUT", std::to_string(timeout_seconds)}});
    }
    for (const pid_t process : processes_) statuses_.push_back(wait_for(process));
  }
  ~Processes() { std::filesystem::remove_all(folder_); }

  std::string said(int rank) const {
    std::ifstream in(file(rank), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  int status(int rank) const { return statuses_[static_cast<std::size_t>(rank)]; }

 private:
  std::string file(int rank) const { return folder_ / std::to_string(rank); }

  void start(const std::vector<std::pair<std::string, std::string>>& variables) {
    std::vector<std::string> environment;
    for (char** each = environ; *each != nullptr; ++each) environment.emplace_back(*each);
    for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);
    std::vector<char*> pointers;
    for (std::string& each : environment) pointers.push_back(each.data());
    pointers.push_back(nullptr);
    std::string program = std::filesystem::read_symlink("/proc/self/exe");
    std::string filter = "--gtest_filter=CollectiveProcess.DISABLED_of_a_run", also = "--gtest_also_run_disabled_tests",
                brief = "--gtest_brief=1";
    char* arguments[] = {program.data(), filter.data(), also.data(), brief.data(), nullptr};
    pid_t process = 0;
    posix_spawn_file_actions_t quiet;
    ::posix_spawn_file_actions_init(&quiet);
    ::posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ASSERT_EQ(::posix_spawn(&process, program.c_str(), &quiet, nullptr, arguments, pointers.data()), 0);
    ::posix_spawn_file_actions_destroy(&quiet);
    processes_.push_back(process);
  }

  static int wait_for(pid_t process) {
    int status = 0;
    ::waitpid(process, &status, 0);
    return status;
  }

  std::filesystem::path folder_;
  std::vector<pid_t> processes_;
  std::vector<int> statuses_;
};

/// Values whose sum depends on the order of additions.
std::vector<float> values_of(int rank) {
  Rng rng(static_cast<std::uint64_t>(rank) + 1);
  std::vector<float> values(10'007);
  for (float& value : values) value = static_cast<float>((rng.uniform() - 0.5) * std::exp(20 * rng.uniform()));
  return values;
}

std::string bytes_of(int rank) {
  std::string bytes(static_cast<std::size_t>(rank) * 70'000, static_cast<char>('a' + rank));
  bytes += '\0';
  return rank == 1 ? "" : bytes;
}

template <class Number>
std::string raw(const std::vector<Number>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}

std::string lost(int timeout_seconds, int rank, int size) {
  return "Another process of this run failed, left, or did not answer within " + std::to_string(timeout_seconds) + " s (process " +
         std::to_string(rank) + " of " + std::to_string(size) + " waited in a sum).";
}

TEST(Collective, sums_have_the_same_bits_in_every_process) {
  for (const int size : {2, 3}) {
    const Processes processes("sum", size, size);
    ASSERT_EQ(processes.said(0).size(), 10'007 * (sizeof(float) + sizeof(double)));
    for (int rank = 1; rank < size; ++rank) EXPECT_EQ(processes.said(rank), processes.said(0)) << rank << " of " << size;

    std::vector<double> expected(10'007), magnitude(10'007);
    for (int rank = 0; rank < size; ++rank) {
      const std::vector<float> values = values_of(rank);
      for (std::size_t i = 0; i < values.size(); ++i)
        expected[i] += static_cast<double>(values[i]), magnitude[i] += std::abs(static_cast<double>(values[i]));
    }
    const std::string said = processes.said(0);
    const auto* floats = reinterpret_cast<const float*>(said.data());
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(static_cast<double>(floats[i]), expected[i], 2e-7 * magnitude[i]);
  }
}

TEST(Collective, everybody_gathers_what_everybody_gave) {
  for (const int size : {2, 3}) {
    const Processes processes("gather", size, size);
    std::string expected;
    for (int rank = 0; rank < size; ++rank) expected += std::to_string(bytes_of(rank).size()) + ":" + bytes_of(rank);
    for (int rank = 0; rank < size; ++rank) EXPECT_EQ(processes.said(rank), expected) << rank << " of " << size;
  }
}

/// The weights after some steps on a batch whose trees are dealt out to the processes.
std::vector<float> learned_weights(learner::Collective& group) {
  learner::ToyLearner learner({.vocab = 20, .buckets = 11});
  Rng rng(5);
  for (int step = 0; step < 20; ++step) {
    for (int i = 0; i < 7; ++i) {
      learner::TokenSequence sequence;
      for (int at = 0; at < 9; ++at) sequence.tokens.push_back(static_cast<learner::TokenId>(rng.below(20)));
      for (int at = 1; at < 9; ++at) sequence.choices.push_back({.at = at});
      if (i % group.size() != group.rank()) continue;
      learner.accumulate(learner::make_tree(std::span(&sequence, 1)), [](const learner::Scores& scores) {
        return learner::Gradients{.by_logprob = std::vector<double>(scores.logprobs.size(), -1.0 / 56)};
      });
    }
    for (const std::span<float> gradients : learner.gradients()) {
      if (!group.sum(gradients)) return {};
    }
    learner.step({.learning_rate = 0.01, .epsilon = 1e-3});
  }
  const std::span<float> weights = learner.weights_for_test();
  return {weights.begin(), weights.end()};
}

TEST(Collective, training_does_not_depend_on_the_number_of_processes) {
  learner::Alone alone;
  const std::vector<float> expected = learned_weights(alone);
  for (const int size : {2, 3}) {
    const Processes processes("learn", size, size);
    for (int rank = 1; rank < size; ++rank) EXPECT_EQ(processes.said(rank), processes.said(0)) << "bit for bit in every process";
    const std::string said = processes.said(0);
    ASSERT_EQ(said.size(), expected.size() * sizeof(float));
    const auto* weights = reinterpret_cast<const float*>(said.data());
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(weights[i], expected[i], 1e-6) << "rounding of the sums of float32";
  }
}

TEST(Collective, a_process_that_dies_is_an_error_of_the_others) {
  for (const int size : {2, 3}) {
    const auto begin = std::chrono::steady_clock::now();
    const Processes processes("die", size, size);
    EXPECT_TRUE(WIFSIGNALED(processes.status(size - 1)));
    for (int rank = 0; rank + 1 < size; ++rank) {
      EXPECT_EQ(processes.said(rank), lost(kPatience, rank, size));
      EXPECT_EQ(processes.status(rank), 0);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(kPatience)) << "nobody waits for the dead";
  }
}

TEST(Collective, a_process_that_hangs_is_an_error_of_the_others) {
  const Processes processes("hang", 2, 2, kShort);
  EXPECT_EQ(processes.said(0), lost(kShort, 0, 2));
}

TEST(Collective, a_process_that_never_starts_is_an_error_of_the_others) {
  const Processes processes("sum", 2, 1, kVeryShort);
  EXPECT_NE(processes.said(0).find("did not meet at 127.0.0.1"), std::string::npos) << processes.said(0);
}

TEST(Collective, one_process_needs_nobody) {
  const auto alone = make_collective({}).value();
  std::vector<float> values = {1, 2};
  EXPECT_TRUE(alone->sum(values));
  EXPECT_EQ(values, (std::vector<float>{1, 2}));
  EXPECT_EQ(alone->gather("x").value(), std::vector<std::string>{"x"});
}

TEST(Collective, refuses_what_cannot_be) {
  EXPECT_EQ(make_collective({.rank = 2, .size = 2}).error().kind, ErrorKind::config);
  EXPECT_EQ(make_collective({.rank = 0, .size = 2, .timeout_seconds = 0}).error().kind, ErrorKind::config);
}

// What the processes do.

std::string sum_job(learner::Collective& group) {
  std::vector<float> floats = values_of(group.rank());
  std::vector<double> doubles(floats.begin(), floats.end());
  const auto first = group.sum(floats);
  const auto second = group.sum(doubles);
  if (!first || !second) return (first ? second : first).error().public_text;
  return raw(floats) + raw(doubles);
}

std::string gather_job(learner::Collective& group) {
  const auto gathered = group.gather(bytes_of(group.rank()));
  if (!gathered) return gathered.error().public_text;
  std::string said;
  for (const std::string& each : *gathered) said += std::to_string(each.size()) + ":" + each;
  return said;
}

/// One good sum, then the last process is gone; the error stays.
std::string loss_job(learner::Collective& group, bool hangs) {
  std::vector<float> values = values_of(group.rank());
  if (!group.sum(values)) return "the first sum failed";
  if (group.rank() + 1 == group.size()) {
    if (!hangs) ::kill(::getpid(), SIGKILL);
    ::sleep(kShort + 2);
    return "";
  }
  const auto lost = group.sum(values);
  const auto again = group.gather("x");
  if (lost || again || again.error().public_text != lost.error().public_text) return "the loss went unnoticed";
  return lost.error().public_text;
}

TEST(CollectiveProcess, DISABLED_of_a_run) {
  const char* file = std::getenv("COLLECTIVE_FILE");
  if (file == nullptr) GTEST_SKIP() << "started by the tests above";
  const std::string job = std::getenv("COLLECTIVE_JOB");
  auto options = learner::launched_as([](const char* name) { return std::getenv(name); }).value().value();
  options.timeout_seconds = std::atoi(std::getenv("COLLECTIVE_TIMEOUT"));
  const auto group = make_collective(options);
  std::ofstream out(file, std::ios::binary);
  if (!group) {
    out << group.error().public_text;
  } else {
    if (job == "sum") out << sum_job(**group);
    if (job == "gather") out << gather_job(**group);
    if (job == "learn") out << raw(learned_weights(**group));
    if (job == "die" || job == "hang") out << loss_job(**group, job == "hang");
  }
}

}  // namespace
}  // namespace xrouter::torch_learner
