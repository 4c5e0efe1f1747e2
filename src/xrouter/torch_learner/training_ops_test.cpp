// Goal: the kernels compute what the plain operations compute. Method: each operation of make_training_ops() beside that of
// TrainingOps, on random values; float32 within its rounding, bf16 within that of its results.
#include "xrouter/torch_learner/training_ops.hpp"

#include <gtest/gtest.h>

#include "xrouter/torch_learner/test_trees.hpp"

namespace xrouter::torch_learner {
namespace {

class Kernels : public testing::TestWithParam<at::ScalarType> {
 protected:
  Tensor narrow(std::initializer_list<std::int64_t> shape, double scale = 1) { return wide(shape, scale).to(GetParam()); }
  Tensor wide(std::initializer_list<std::int64_t> shape, double scale = 1) {
    return at::randn(at::IntArrayRef(shape.begin(), shape.size()), generator_, at::kFloat) * scale;
  }
  /// The length of the difference over the length.
  void expect_close(const Tensor& found, const Tensor& expected, double float_limit = 1e-6) {
    ASSERT_EQ(found.sizes(), expected.sizes());
    ASSERT_EQ(found.scalar_type(), expected.scalar_type());
    const double limit = GetParam() == at::kBFloat16 ? 4e-3 : float_limit;
    const Tensor difference = found.to(at::kDouble) - expected.to(at::kDouble);
    EXPECT_LT(difference.norm().item<double>(), limit * expected.to(at::kDouble).norm().item<double>() + 1e-12);
  }

  at::Generator generator_ = at::detail::createCPUGenerator(3);
  TrainingOps plain_;
  std::shared_ptr<const TrainingOps> fast_ = make_training_ops(GetParam(), at::kCPU);
};

TEST_P(Kernels, products) {
  const Tensor x = narrow({70, 48}), w = narrow({32, 48}), dy = narrow({70, 32});
  expect_close(fast_->product(x, w), plain_.product(x, w));
  expect_close(fast_->wide_product(x, w), plain_.wide_product(x, w));
  expect_close(fast_->input_gradient(dy, w), plain_.input_gradient(dy, w));
  Tensor sum = wide({70, 64}), same = sum.clone();
  fast_->add_product(sum.narrow(1, 16, 32), x, w, 0.5);
  plain_.add_product(same.narrow(1, 16, 32), x, w, 0.5);
  expect_close(sum, same);
  Tensor dw = wide({32, 48}), same_dw = dw.clone();
  fast_->add_weight_gradient(dw, dy, x, 2);
  plain_.add_weight_gradient(same_dw, dy, x, 2);
  expect_close(dw, same_dw);
}

TEST_P(Kernels, norms) {
  const Tensor x = wide({130, 64}), weight = narrow({64}), dy = wide({130, 64});
  const Normed fast = fast_->rms_norm(x, weight, 1e-5), plain = plain_.rms_norm(x, weight, 1e-5);
  expect_close(fast.values, plain.values);
  expect_close(fast.inverse, plain.inverse);
  Tensor dx = wide({130, 64}), same = dx.clone(), dweight = wide({64}), same_dweight = dweight.clone();
  fast_->rms_norm_backward(dy, x, fast.inverse, weight, dx, dweight);
  plain_.rms_norm_backward(dy, x, fast.inverse, weight, same, same_dweight);
  expect_close(dx, same);
  expect_close(dweight, same_dweight);
}

TEST_P(Kernels, activations) {
  Tensor gate_up = narrow({37, 96}, 3);
  gate_up[0][0] = 100;
  gate_up[0][1] = -100;
  const Tensor dy = wide({37, 48});
  expect_close(fast_->silu_mul(gate_up), plain_.silu_mul(gate_up));
  expect_close(fast_->silu_mul_backward(dy, gate_up), plain_.silu_mul_backward(dy, gate_up));
}

TEST_P(Kernels, rotations) {
  const HeadShape shape{4, 2, 32};
  const Tensor qkv = narrow({33, 256}), dy = wide({33, 256}), angles = wide({33, 16});
  const Rotary rotary{angles.cos(), angles.sin()};
  expect_close(fast_->rotate_heads(qkv, shape, {}, rotary), plain_.rotate_heads(qkv, shape, {}, rotary));
  expect_close(fast_->rotate_heads_backward(dy, qkv, shape, {}, {}, rotary), plain_.rotate_heads_backward(dy, qkv, shape, {}, {}, rotary));
}

TEST_P(Kernels, rows_that_are_added_to_twice) {
  const Tensor ids = at::tensor(std::vector<std::int64_t>{3, 0, 3, 3}, at::kLong), values = wide({4, 200});
  Tensor sums = wide({5, 200}), same = sums.clone();
  fast_->add_rows(sums, ids, values);
  plain_.add_rows(same, ids, values);
  expect_close(sums, same);
}

TEST_P(Kernels, scores_of_rows) {
  Tensor logits = wide({9, 50}, 4);
  logits.narrow(1, 20, 17).fill_(-std::numeric_limits<double>::infinity());
  const Tensor chosen = at::tensor(std::vector<std::int64_t>{0, 1, 2, 3, 19, 37, 49, 40, 5}, at::kLong);
  const RowScores fast = fast_->score_rows(logits, chosen), plain = plain_.score_rows(logits, chosen);
  expect_close(fast.lse, plain.lse);
  expect_close(fast.logprob, plain.logprob);
  expect_close(fast.entropy, plain.entropy);
  const Tensor by_logprob = wide({9}), by_entropy = wide({9});
  expect_close(fast_->score_rows_backward(logits, plain, chosen, by_logprob, by_entropy, GetParam()),
               plain_.score_rows_backward(logits, plain, chosen, by_logprob, by_entropy, GetParam()));
}

TEST_P(Kernels, attention_over_trees) {
  for (const HeadShape shape : {HeadShape{4, 4, 32}, HeadShape{6, 2, 64}}) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      auto group = random_group(seed, 24, 1 + seed * 37 % 200, 6, 30);
      const auto other = random_group(seed + 100, 24, 20, 3, 5);
      group.insert(group.end(), other.begin(), other.end());
      const TreePass pass = make_tree_pass(learner::make_tree(group), at::kCPU);
      const auto rows = pass.ids.size(0), width = (shape.heads + 2 * shape.kv_heads) * shape.head_dim;
      const Tensor qkv = narrow({rows, width}, 1.5);
      for (const TreeAttention* plan : {&pass.attention, &pass.last_attention}) {
        const Attended fast = fast_->attend(qkv, shape, *plan), plain = plain_.attend(qkv, shape, *plan);
        expect_close(fast.values, plain.values, 3e-6);
        expect_close(fast.lse, plain.lse, 3e-6);
        Tensor dy = wide({plan->padded_queries, shape.heads * shape.head_dim});
        const auto real = static_cast<std::int64_t>(plan->query_rows.size());
        dy.narrow(0, real, plan->padded_queries - real).zero_();
        expect_close(fast_->attend_backward(dy, plain, qkv, shape, *plan), plain_.attend_backward(dy, plain, qkv, shape, *plan), 3e-6);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, Kernels, testing::Values(at::kFloat, at::kBFloat16),
                         [](const auto& about) { return about.param == at::kFloat ? "f32" : "bf16"; });

}  // namespace
}  // namespace xrouter::torch_learner
