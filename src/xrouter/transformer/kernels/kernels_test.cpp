// Goal: the kernels compute what the plain operations compute. Method: random inputs through both; the plain ones in float32, so
// that the difference is what the kernels' bf16 costs. On processors without AVX-512 most of this is skipped, and says so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrouter/transformer/kernels/cpu_ops.hpp"
#include "xrouter/transformer/test_models.hpp"

namespace xrouter::transformer::kernels {
namespace {

/// bf16 keeps 8 bits: a rounded value is off by up to 2^-9 of itself, sums of rounded values by less than this.
constexpr double kRelative = 0.01;

double relative_error(const Tensor& got, const Tensor& expected) {
  const Tensor wide = expected.to(at::kFloat);
  return ((got.to(at::kFloat) - wide).norm() / wide.norm()).item<double>();
}

Tensor random(at::IntArrayRef shape) { return at::randn(shape).to(at::kBFloat16); }

class Bf16Kernels : public testing::Test {
 protected:
  void SetUp() override {
    at::manual_seed(5);
    if (ops == nullptr) GTEST_SKIP() << "this processor or build has no bf16 kernels";
  }
  std::shared_ptr<const Ops> ops = make_cpu_bf16_ops();
  Ops plain;
};

TEST_F(Bf16Kernels, products_with_packed_weights_are_those_of_float32) {
  for (const std::int64_t rows : {1, 2, 5, 31, 64, 370}) {
    const Tensor x = random({rows, 576}), weight = random({960, 576}), bias = random({960});
    for (const bool biased : {false, true}) {
      Linear layer{weight, biased ? bias : Tensor(), {}, nullptr};
      ops->prepare(layer, false);
      EXPECT_FALSE(layer.weight.defined()) << "held twice";
      const Tensor expected = biased ? at::linear(x.to(at::kFloat), weight.to(at::kFloat), bias.to(at::kFloat)) : at::linear(x.to(at::kFloat), weight.to(at::kFloat));
      EXPECT_LT(relative_error(ops->linear(x, layer), expected), kRelative) << rows << " rows";
    }
  }
}

TEST_F(Bf16Kernels, a_row_of_a_product_does_not_depend_on_the_other_rows) {
  for (const auto& [in, out] : {std::pair{576, 3072}, {576, 960}, {1536, 576}, {192, 320}, {192, 192}, {384, 192}, {64, 96}}) {
    const Tensor x = random({200, in}), weight = random({out, in});
    Linear layer{weight, Tensor(), {}, nullptr}, head{weight, Tensor(), {}, nullptr};
    ops->prepare(layer, false);
    ops->prepare(head, true);
    const Tensor all = ops->linear(x, layer), all_logits = ops->logits(x, head);
    for (const std::int64_t rows : {1, 3, 8, 32, 33, 100}) {
      EXPECT_TRUE(at::equal(ops->linear(x.narrow(0, 7, rows), layer), all.narrow(0, 7, rows))) << rows << " rows of " << in;
      EXPECT_TRUE(at::equal(ops->logits(x.narrow(0, 7, rows), head), all_logits.narrow(0, 7, rows))) << rows << " rows of logits of " << in;
    }
  }
}

TEST_F(Bf16Kernels, low_rank_updates_are_added_to_packed_products) {
  const Tensor x = random({9, 64}), weight = random({96, 64}), a = random({4, 64}), b = random({32, 4});
  Linear layer{weight, Tensor(), {{a, b, 0.5, 32}}, nullptr};
  Linear wide{weight.to(at::kFloat), Tensor(), {{a.to(at::kFloat), b.to(at::kFloat), 0.5, 32}}, nullptr};
  ops->prepare(layer, false);
  EXPECT_LT(relative_error(ops->linear(x, layer), plain.linear(x.to(at::kFloat), wide)), kRelative);
}

TEST_F(Bf16Kernels, logits_are_not_rounded_to_bf16) {
  const Tensor x = random({3, 64}), table = random({1000, 64});
  Linear head{table, Tensor(), {}, nullptr};
  ops->prepare(head, true);
  EXPECT_TRUE(head.weight.defined()) << "the embedding still needs it";
  const Tensor logits = ops->logits(x, head);
  EXPECT_EQ(logits.scalar_type(), at::kFloat);
  EXPECT_LT(relative_error(logits, at::linear(x.to(at::kFloat), table.to(at::kFloat))), 1e-6);
}

TEST_F(Bf16Kernels, norms_rotation_and_activation_are_those_of_float32) {
  for (const std::int64_t rows : {1, 3, 170}) {
    const Tensor weight = random({64 * 9});
    const Tensor residual = at::randn({rows, 64 * 9}), delta = random({rows, 64 * 9});
    EXPECT_LT(relative_error(ops->rms_norm(residual, weight, 1e-5), plain.rms_norm(residual, weight, 1e-5)), kRelative);
    Tensor sum = residual.clone(), expected_sum = residual.clone();
    const Tensor normed = ops->add_rms_norm(sum, delta, weight, 1e-5);
    EXPECT_LT(relative_error(normed, plain.add_rms_norm(expected_sum, delta.to(at::kFloat), weight, 1e-5)), kRelative);
    EXPECT_TRUE(at::equal(sum, expected_sum));
    const Tensor gate_up = random({rows, 2 * 1536}) * 8;
    EXPECT_LT(relative_error(ops->silu_mul(gate_up), plain.silu_mul(gate_up.to(at::kFloat))), kRelative);
    const HeadShape shape{5, 2, 64};
    const Tensor qkv = random({rows, 9 * 64}), angles = at::rand({rows, 32}) * 6;
    for (const bool normed_heads : {false, true}) {
      HeadNorms norms;
      if (normed_heads) norms = {random({64}), random({64}), 1e-6};
      const Rotary rotary{at::cos(angles), at::sin(angles)};
      const Heads got = ops->split_heads(qkv, shape, norms, rotary), expected = plain.split_heads(qkv.to(at::kFloat), shape, norms, rotary);
      EXPECT_LT(relative_error(got.q, expected.q), kRelative);
      EXPECT_LT(relative_error(got.k, expected.k), kRelative);
      EXPECT_TRUE(at::equal(got.v.to(at::kFloat), expected.v));
    }
  }
}

TEST_F(Bf16Kernels, extreme_gates_give_no_nan) {
  const Tensor gates = at::tensor({-1e30F, -300.0F, -88.0F, 0.0F, 88.0F, 300.0F, 1e30F, -1e-30F, 1.0F, -1.0F, 2.0F, -2.0F, 3.0F, 4.0F, 5.0F, 6.0F}).to(at::kBFloat16);
  const Tensor got = ops->silu_mul(at::cat({gates, at::ones(16).to(at::kBFloat16)}).unsqueeze(0)).to(at::kFloat);
  EXPECT_TRUE(at::isfinite(got).all().item<bool>());
  EXPECT_TRUE(at::allclose(got[0], at::silu(gates.to(at::kFloat)), 0.01, 1e-30));
}

/// Sequences that share prefixes, grow trees and have lengths around the kernel's tiles, through attention alone.
struct AttentionCase {
  std::vector<std::unique_ptr<KvSegment>> segments;
  AttentionPlan plan;
  Heads heads;
};

constexpr std::int64_t kDim = 64;

AttentionCase random_case(const HeadShape& shape, Rng& rng) {
  AttentionCase made;
  const KvLayout layout{2, shape.kv_heads, shape.head_dim, at::kBFloat16, at::kCPU};
  const auto new_segment = [&](std::int64_t capacity) {
    made.segments.push_back(std::make_unique<KvSegment>(layout, capacity));
    made.segments.back()->data().copy_(at::randn(made.segments.back()->data().sizes()));
    return made.segments.back().get();
  };
  const auto sequences = 1 + rng.below(4);
  std::int64_t tokens = 0;
  for (std::uint64_t i = 0; i < sequences; ++i) {
    FreshKeys fresh;
    fresh.count = static_cast<std::int64_t>(rng.below(3) == 0 ? 1 : 1 + rng.below(150));
    fresh.own = static_cast<std::int64_t>(rng.below(2) == 0 ? 0 : rng.below(200));
    fresh.segment = new_segment(fresh.own + fresh.count + static_cast<std::int64_t>(rng.below(5)));
    fresh.first_token = tokens;
    fresh.first_query = made.plan.queries;
    fresh.chain = rng.below(2) == 0 ? fresh.count : static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(fresh.count)));
    if (fresh.chain < fresh.count)
      for (std::int64_t token = 0; token < fresh.count; ++token)
        fresh.parents.push_back(token < fresh.chain ? static_cast<int>(token) - 1 : static_cast<int>(rng.below(static_cast<std::uint64_t>(token) + 1)) - 1);
    const bool some = rng.below(3) == 0;
    for (std::int64_t token = 0; token < fresh.count; ++token)
      if (!some || token + 1 == fresh.count || rng.below(4) == 0) fresh.query_tokens.push_back(token);
    tokens += fresh.count;
    made.plan.queries += static_cast<std::int64_t>(fresh.query_tokens.size());
    made.plan.fresh.push_back(std::move(fresh));
  }
  for (std::uint64_t shared = rng.below(4); shared > 0; --shared) {
    SharedKeys keys{new_segment(300), 0, 0, {}};
    keys.begin = static_cast<std::int64_t>(rng.below(100));
    keys.end = keys.begin + 1 + static_cast<std::int64_t>(rng.below(200));
    const auto readers = 1 + rng.below(sequences);
    for (std::uint64_t i = 0; i < readers; ++i)
      for (std::size_t row = 0; row < made.plan.fresh[i].query_tokens.size(); ++row) keys.queries.push_back(made.plan.fresh[i].first_query + static_cast<std::int64_t>(row));
    made.plan.shared.push_back(std::move(keys));
  }
  made.heads = {random({made.plan.queries, shape.heads, shape.head_dim}) * 2, random({tokens, shape.kv_heads, shape.head_dim}), random({tokens, shape.kv_heads, shape.head_dim})};
  return made;
}

TEST_F(Bf16Kernels, attention_over_any_plan_is_that_of_the_plain_operations) {
  Rng rng(4);
  for (int round = 0; round < 60; ++round) {
    const std::int64_t kv_heads = 1 + static_cast<std::int64_t>(rng.below(3)), group = 1 + static_cast<std::int64_t>(rng.below(8));
    const HeadShape shape{kv_heads * group, kv_heads, round % 3 == 0 ? 128 : round % 3 == 1 ? kDim : 32};
    const AttentionCase made = random_case(shape, rng);
    ops->store(made.heads, made.plan, 1);
    const Tensor got = ops->attention(made.heads, made.plan, 1);
    EXPECT_NE(made.plan.kernel, nullptr) << "the kernel was not used";
    EXPECT_LT(relative_error(got, plain.attention(made.heads, made.plan, 1)), kRelative) << "round " << round;
  }
}

TEST_F(Bf16Kernels, store_writes_what_the_plain_operation_writes) {
  Rng rng(9);
  const HeadShape shape{6, 2, kDim};
  AttentionCase made = random_case(shape, rng);
  made.heads.v = random({made.heads.v.size(0), 3 * 2, kDim}).narrow(1, 2, 2);  // as a view of [q, k, v]
  plain.store(made.heads, made.plan, 0);
  ops->store(made.heads, made.plan, 1);
  for (const FreshKeys& fresh : made.plan.fresh) {
    const auto rows = [&fresh](const Tensor& x) { return x.narrow(1, fresh.own, fresh.count); };
    EXPECT_TRUE(at::equal(rows(fresh.segment->keys(0)), rows(fresh.segment->keys(1))));
    EXPECT_TRUE(at::equal(rows(fresh.segment->values(0)), rows(fresh.segment->values(1))));
  }
}

/// As SmolLM2-135M but for fewer and narrower layers.
weights::ModelConfig middle_config() {
  weights::ModelConfig config = small_config();
  config.vocab_size = 512;
  config.hidden_size = 192;
  config.intermediate_size = 384;
  config.heads = 3;
  config.kv_heads = 1;
  config.head_dim = 64;
  return config;
}

TEST_F(Bf16Kernels, a_model_in_bf16_kernels_stays_as_close_to_float32_as_one_in_plain_bf16) {
  const auto config = middle_config();
  const auto tokens = some_tokens(200, 3, 512);
  const auto logits_of = [&](at::ScalarType type, bool is_plain) {
    TorchLanguageModel model(small_decoder(config, type, is_plain), 2);
    const auto sequence = model.new_sequence();
    run(model, *sequence, std::span(tokens).first(150));
    return run(model, *sequence, std::span(tokens).last(50));
  };
  const Rows exact = logits_of(at::kFloat, true);
  const double of_kernels = largest_difference(logits_of(at::kBFloat16, false), exact);
  const double of_plain = largest_difference(logits_of(at::kBFloat16, true), exact);
  RecordProperty("kernels", std::to_string(of_kernels));
  RecordProperty("plain", std::to_string(of_plain));
  EXPECT_LT(of_kernels, 1.2 * of_plain + 1e-3);
}

TEST_F(Bf16Kernels, a_sequence_gets_the_same_logits_alone_and_in_a_batch) {
  TorchLanguageModel model(small_decoder(middle_config(), at::kBFloat16, false), 2);
  const auto prefix = some_tokens(130, 3, 512);  // even: see RowBlock
  const auto root = model.new_sequence();
  run(model, *root, prefix);
  std::vector<Rows> alone;
  std::vector<std::unique_ptr<lm::KvSequence>> sequences;
  std::vector<std::vector<lm::TokenId>> tokens;
  const auto every = every_index(64);
  std::vector<lm::ForwardInput> inputs;
  for (std::size_t i = 0; i < 6; ++i) {
    tokens.push_back(some_tokens(1 + 7 * i, 20 + i, 512));
    alone.push_back(run(model, *root->fork(130), tokens[i]));
    sequences.push_back(root->fork(130));
  }
  for (std::size_t i = 0; i < 6; ++i) inputs.push_back({sequences[i].get(), tokens[i], {}, std::span(every).first(tokens[i].size())});
  lm::Logits logits;
  model.forward(inputs, logits);
  std::size_t row = 0;
  double largest = 0;
  for (std::size_t i = 0; i < 6; row += tokens[i++].size()) largest = std::max(largest, largest_difference(rows_of(logits, row, tokens[i].size()), alone[i]));
  EXPECT_EQ(largest, 0);
}

TEST(F32Kernels, products_with_packed_weights_are_those_of_the_plain_operations) {
  const auto ops = make_cpu_f32_ops();
  if (ops == nullptr) GTEST_SKIP() << "this build has no oneDNN";
  at::manual_seed(5);
  for (const std::int64_t rows : {1, 2, 31, 370}) {
    const Tensor x = at::randn({rows, 576}), weight = at::randn({960, 576}), bias = at::randn({960});
    Linear layer{weight, bias, {}, nullptr};
    ops->prepare(layer, false);
    EXPECT_LT(relative_error(ops->linear(x, layer), at::linear(x, weight, bias)), 1e-5);
  }
}

}  // namespace
}  // namespace xrouter::transformer::kernels
