#include "xrouter/eval/short_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xrouter::eval {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> names(const std::vector<std::string>& paths) {
  constexpr std::string_view kMeaningless[] = {"checkpoints", "model"};
  return short_names(paths, kMeaningless);
}

TEST(ShortNames, are_the_ends_of_paths) {
  EXPECT_THAT(names({"/data/models/router-small"}), ElementsAre("router-small"));
  EXPECT_THAT(names({"runs/a/", "./runs/b"}), ElementsAre("a", "b"));
  EXPECT_THAT(names({"x/SmolLM2 135M.Q4_1.gguf"}), ElementsAre("SmolLM2-135M.Q4_1"));
}

TEST(ShortNames, are_as_long_as_it_takes_to_differ) {
  EXPECT_THAT(names({"runs/a/checkpoints/step-000100", "runs/b/checkpoints/step-000100"}), ElementsAre("a.step-000100", "b.step-000100"));
  EXPECT_THAT(names({"one/runs/a", "two/runs/a"}), ElementsAre("one.runs.a", "two.runs.a"));
}

TEST(ShortNames, leave_out_what_says_nothing_unless_nothing_else_is_there) {
  EXPECT_THAT(names({"runs/small/model"}), ElementsAre("small"));
  EXPECT_THAT(names({"model"}), ElementsAre("model"));
  EXPECT_THAT(names({"."}), ElementsAre("here"));
}

TEST(ShortNames, of_the_same_path_are_the_same) { EXPECT_THAT(names({"a/b", "a/./b"}), ElementsAre("a.b", "a.b")); }

}  // namespace
}  // namespace xrouter::eval
