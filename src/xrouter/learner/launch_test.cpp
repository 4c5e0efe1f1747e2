#include "xrouter/learner/launch.hpp"

#include <gtest/gtest.h>

#include <map>

namespace xrouter::learner {
namespace {

Result<std::optional<CollectiveOptions>> with(const std::map<std::string, std::string>& variables) {
  return launched_as([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

TEST(Launch, nobody_launched_several_processes) {
  const auto alone = with({{"PATH", "/bin"}, {"MASTER_ADDR", "left-over"}});
  ASSERT_TRUE(alone);
  EXPECT_FALSE(alone->has_value());
}

TEST(Launch, reads_what_torchrun_sets) {
  const auto made =
      with({{"RANK", "5"}, {"WORLD_SIZE", "8"}, {"LOCAL_RANK", "1"}, {"MASTER_ADDR", "node0"}, {"MASTER_PORT", "29400"}}).value().value();
  EXPECT_EQ(made.rank, 5);
  EXPECT_EQ(made.size, 8);
  EXPECT_EQ(made.local_rank, 1);
  EXPECT_EQ(made.address, "node0");
  EXPECT_EQ(made.port, 29400);
}

TEST(Launch, reads_what_mpirun_sets_on_one_machine) {
  const auto made = with({{"OMPI_COMM_WORLD_RANK", "1"},
                          {"OMPI_COMM_WORLD_SIZE", "2"},
                          {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                          {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}})
                        .value()
                        .value();
  EXPECT_EQ(made.rank, 1);
  EXPECT_EQ(made.size, 2);
  EXPECT_EQ(made.address, "127.0.0.1");
}

TEST(Launch, mpirun_across_machines_needs_an_address) {
  const std::map<std::string, std::string> two_machines = {
      {"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "4"}, {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}};
  EXPECT_NE(with(two_machines).error().public_text.find("MASTER_ADDR"), std::string::npos);
  auto addressed = two_machines;
  addressed["MASTER_ADDR"] = "10.0.0.7";
  EXPECT_EQ(with(addressed).value().value().address, "10.0.0.7");
}

TEST(Launch, keeps_off_the_port_where_torchrun_itself_listens) {
  std::map<std::string, std::string> variables = {
      {"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_PORT", "29400"}, {"TORCHELASTIC_USE_AGENT_STORE", "True"}};
  EXPECT_EQ(with(variables).value().value().port, 29401);
  variables["MASTER_PORT"] = "65535";
  EXPECT_EQ(with(variables).value().value().port, 65534);
  variables["TORCHELASTIC_USE_AGENT_STORE"] = "False";
  EXPECT_EQ(with(variables).value().value().port, 65535);
}

TEST(Launch, torchrun_wins_where_both_are_set) {
  EXPECT_EQ(with({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"OMPI_COMM_WORLD_RANK", "3"}, {"OMPI_COMM_WORLD_SIZE", "4"}}).value().value().size,
            2);
}

TEST(Launch, refuses_what_cannot_be_and_names_it) {
  EXPECT_EQ(with({{"RANK", "1"}}).error().public_text, "WORLD_SIZE is not set, but the other variables of its launcher are");
  EXPECT_EQ(with({{"RANK", "2"}, {"WORLD_SIZE", "2"}}).error().public_text, "RANK must be a whole number from 0 to 1");
  EXPECT_EQ(with({{"RANK", "0x"}, {"WORLD_SIZE", "2"}}).error().public_text, "RANK must be a whole number from 0 to 1");
  EXPECT_FALSE(with({{"RANK", "0"}, {"WORLD_SIZE", "0"}}));
  EXPECT_FALSE(with({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_PORT", "99999"}}));
  EXPECT_FALSE(with({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", ""}}));
}

}  // namespace
}  // namespace xrouter::learner
