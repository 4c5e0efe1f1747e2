// Goal: the optimizer is PyTorch's. Method: what tests/golden/train/adamw.py wrote, number by number.
#include "xrouter/torch_learner/adamw.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace xrouter::torch_learner {
namespace {

std::vector<float> numbers_of(std::istream& line) {
  std::vector<float> values;
  for (float value = 0; line >> value;) values.push_back(value);
  return values;
}

/// A matrix that decays and a vector that does not, with the gap that flat buffers have between them.
Parameters two_tensors() {
  const auto zeros = [] { return at::zeros({32}, at::kFloat); };
  return {zeros(), zeros(), zeros(), zeros(), {{"matrix", {3, 4}, 0, 12, true}, {"vector", {4}, 16, 4, false}}, 0};
}

void put(const Tensor& flat, const std::vector<float>& values) {
  ASSERT_EQ(values.size(), 16U);
  for (int i = 0; i < 16; ++i) flat[i < 12 ? i : i + 4] = values[static_cast<std::size_t>(i)];
}

TEST(AdamW, steps_and_clips_as_pytorch_does) {
  Parameters parameters = two_tensors();
  std::ifstream golden(std::filesystem::path(XROUTER_SOURCE_DIR) / "tests/golden/train/adamw.txt");
  int steps = 0;
  for (std::string text; std::getline(golden, text);) {
    std::istringstream line(text);
    std::string word;
    line >> word;
    if (word == "start") put(parameters.values, numbers_of(line));
    if (word == "gradient") put(parameters.gradients, numbers_of(line));
    if (word != "step") continue;
    learner::StepOptions options;
    double norm = 0;
    line >> options.learning_rate >> options.weight_decay >> options.max_grad_norm >> norm;
    const auto report = adamw_step(parameters, options);
    EXPECT_TRUE(report.applied);
    EXPECT_NEAR(report.grad_norm, norm, 1e-6 * norm);
    const auto expected = numbers_of(line);
    ASSERT_EQ(expected.size(), 16U);
    for (int i = 0; i < 16; ++i) {
      const float found = parameters.values[i < 12 ? i : i + 4].item<float>();
      EXPECT_NEAR(found, expected[static_cast<std::size_t>(i)], 1e-6 * std::max(1.0F, std::abs(found)))
          << "step " << steps << ", number " << i;
    }
    ++steps;
  }
  EXPECT_EQ(steps, 6);
  EXPECT_EQ(parameters.steps, 6);
}

TEST(AdamW, gaps_stay_empty_and_gradients_are_used_up) {
  Parameters parameters = two_tensors();
  put(parameters.values, std::vector<float>(16, 1));
  put(parameters.gradients, std::vector<float>(16, 1));
  adamw_step(parameters, {.learning_rate = 0.1, .weight_decay = 0.1});
  EXPECT_EQ(parameters.gradients.abs().max().item<float>(), 0);
  EXPECT_EQ(parameters.values.narrow(0, 12, 4).abs().max().item<float>(), 0);
  EXPECT_LT(parameters.values[0].item<float>(), parameters.values[16].item<float>()) << "the vector does not decay";
}

}  // namespace
}  // namespace xrouter::torch_learner
