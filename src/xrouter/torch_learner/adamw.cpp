#include "xrouter/torch_learner/adamw.hpp"

#include <algorithm>
#include <cmath>

namespace xrouter::torch_learner {

namespace {

/// Numbers that one task takes: the sums do not depend on the number of threads.
constexpr std::int64_t kPiece = 1 << 15;

double squared_norm(const float* values, std::int64_t size) {
  const std::int64_t pieces = (size + kPiece - 1) / kPiece;
  std::vector<double> sums(static_cast<std::size_t>(pieces), 0);
  at::parallel_for(0, pieces, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t piece = begin; piece < end; ++piece) {
      constexpr int kLanes = 8;
      double lanes[kLanes] = {};
      const std::int64_t first = piece * kPiece, last = std::min(size, first + kPiece);
      std::int64_t i = first;
      for (; i + kLanes <= last; i += kLanes)
        for (int lane = 0; lane < kLanes; ++lane)
          lanes[lane] += static_cast<double>(values[i + lane]) * static_cast<double>(values[i + lane]);
      for (; i < last; ++i) lanes[0] += static_cast<double>(values[i]) * static_cast<double>(values[i]);
      for (const double lane : lanes) sums[static_cast<std::size_t>(piece)] += lane;
    }
  });
  double sum = 0;
  for (const double part : sums) sum += part;
  return sum;
}

/// What is the same for all numbers of a step.
struct Factors {
  float clip, beta1, beta2, rest1, rest2, second_correction, epsilon, step;
};

void update(float* __restrict value, const float* __restrict gradient, float* __restrict first, float* __restrict second, std::int64_t size,
            const Factors& by, float kept) {
  for (std::int64_t i = 0; i < size; ++i) {
    const float g = gradient[i] * by.clip;
    const float m = first[i] * by.beta1 + g * by.rest1;
    const float v = second[i] * by.beta2 + g * g * by.rest2;
    first[i] = m;
    second[i] = v;
    value[i] = value[i] * kept - by.step * (m / (std::sqrt(v) * by.second_correction + by.epsilon));
  }
}

void update_all(Parameters& parameters, const Factors& by, double decay) {
  float* values = parameters.values.data_ptr<float>();
  const float* gradients = parameters.gradients.data_ptr<float>();
  float *first = parameters.first_moment.data_ptr<float>(), *second = parameters.second_moment.data_ptr<float>();
  for (const Parameter& parameter : parameters.list) {
    const auto kept = static_cast<float>(parameter.decays ? 1 - decay : 1);
    at::parallel_for(0, parameter.size, kPiece, [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t at = parameter.begin + begin;
      update(values + at, gradients + at, first + at, second + at, end - begin, by, kept);
    });
  }
}

/// The same in torch operations, for other devices.
void update_on_device(Parameters& parameters, const Factors& by, double decay) {
  const Tensor g = parameters.gradients * by.clip;
  parameters.first_moment.mul_(by.beta1).add_(g, by.rest1);
  parameters.second_moment.mul_(by.beta2).addcmul_(g, g, by.rest2);
  if (decay != 0)
    for (const Parameter& parameter : parameters.list)
      if (parameter.decays) parameters.values.narrow(0, parameter.begin, parameter.size).mul_(1 - decay);
  const Tensor size = parameters.second_moment.sqrt().mul_(by.second_correction).add_(by.epsilon);
  parameters.values.addcdiv_(parameters.first_moment, size, -by.step);
}

}  // namespace

learner::StepReport adamw_step(Parameters& parameters, const learner::StepOptions& options) {
  const bool on_cpu = parameters.values.is_cpu();
  const Tensor gradients = parameters.gradients;
  const double norm = std::sqrt(on_cpu ? squared_norm(gradients.data_ptr<float>(), gradients.numel())
                                       : gradients.to(at::kDouble).square().sum().item<double>());
  learner::StepReport report{norm, std::isfinite(norm)};
  if (report.applied) {
    ++parameters.steps;
    const auto steps = static_cast<double>(parameters.steps);
    constexpr double kNotZero = 1e-6;
    Factors by{};
    by.clip = static_cast<float>(options.max_grad_norm > 0 ? std::min(1.0, options.max_grad_norm / (norm + kNotZero)) : 1.0);
    by.beta1 = static_cast<float>(options.beta1);
    by.beta2 = static_cast<float>(options.beta2);
    by.rest1 = static_cast<float>(1 - options.beta1);
    by.rest2 = static_cast<float>(1 - options.beta2);
    by.second_correction = static_cast<float>(1 / std::sqrt(1 - std::pow(options.beta2, steps)));
    by.epsilon = static_cast<float>(options.epsilon);
    by.step = static_cast<float>(options.learning_rate / (1 - std::pow(options.beta1, steps)));
    const double decay = options.learning_rate * options.weight_decay;
    if (on_cpu) {
      update_all(parameters, by, decay);
    } else {
      update_on_device(parameters, by, decay);
    }
  }
  gradients.zero_();
  return report;
}

}  // namespace xrouter::torch_learner
