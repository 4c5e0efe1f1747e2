#include "xrouter/learner/toy_learner.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <sstream>

#include "xrouter/base/assert.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/lm/toy_model.hpp"

namespace xrouter::learner {
namespace {

std::size_t at(std::int64_t index) { return static_cast<std::size_t>(index); }

/// The rows of weights that a context reads, with their factors.
struct Row {
  std::size_t begin = 0;
  double factor = 1;
};

}  // namespace

struct ToyLearner::Weights {
  ToyLearnerOptions options;
  std::vector<float> values;  // bias, then hashed rows, then the bag's rows

  explicit Weights(const ToyLearnerOptions& of) : options(of) {
    values.resize(at(of.vocab) * at(1 + of.buckets + (of.bag ? of.vocab : 0)));
    Rng rng(of.seed);
    for (float& value : values) value = static_cast<float>((2 * rng.uniform() - 1) * 0.01);
  }

  std::vector<Row> rows_of(std::span<const TokenId> context) const {
    const std::size_t width = at(options.vocab);
    std::uint64_t pair = static_cast<std::uint64_t>(context.back()) + 1;
    if (context.size() > 1) pair += (static_cast<std::uint64_t>(context[context.size() - 2]) + 1) << 32;
    const std::uint64_t bucket = lm::ToyNode::mix(pair * 0x9e3779b97f4a7c15ULL) % static_cast<std::uint64_t>(options.buckets);
    std::vector<Row> rows = {{.begin = 0}, {.begin = width * (1 + bucket)}};
    if (!options.bag) return rows;
    std::vector<TokenId> distinct(context.begin(), context.end());
    std::sort(distinct.begin(), distinct.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    const double factor = 1 / static_cast<double>(distinct.size());
    for (const TokenId token : distinct) rows.push_back({.begin = width * (1 + at(options.buckets) + at(token)), .factor = factor});
    return rows;
  }

  double logit(std::span<const Row> rows, TokenId token) const {
    double sum = 0;
    for (const Row& row : rows) sum += row.factor * static_cast<double>(values[row.begin + at(token)]);
    return sum;
  }
};

namespace {

/// A softmax over the tokens that a target was chosen from.
struct Distribution {
  std::vector<TokenId> among;
  std::vector<double> logprobs;
  std::size_t chosen = 0;
  double entropy = 0;
};

template <class Logit>
Distribution distribution_of(const TokenTree& tree, const TokenTree::Target& target, int vocab, const Logit& logit) {
  Distribution made;
  made.among = target.among;
  for (TokenId token = 0; target.among.empty() && token < vocab; ++token) made.among.push_back(token);
  double largest = -INFINITY, sum = 0;
  for (const TokenId token : made.among) {
    made.logprobs.push_back(logit(token));
    largest = std::max(largest, made.logprobs.back());
  }
  for (const double value : made.logprobs) sum += std::exp(value - largest);
  for (double& value : made.logprobs) {
    value -= largest + std::log(sum);
    made.entropy -= value * std::exp(value);
  }
  const auto place = std::lower_bound(made.among.begin(), made.among.end(), tree.tokens[at(target.node)]);
  made.chosen = static_cast<std::size_t>(place - made.among.begin());
  return made;
}

/// Calls each(target index, rows of its context, distribution).
template <class Weights, class Each>
void each_target(const Weights& weights, const TokenTree& tree, const Each& each) {
  for (std::size_t i = 0; i < tree.targets.size(); ++i) {
    const TokenTree::Target& target = tree.targets[i];
    const std::vector<TokenId> context = tokens_to(tree, tree.parents[at(target.node)]);
    const std::vector<Row> rows = weights.rows_of(context);
    each(i, rows, distribution_of(tree, target, weights.options.vocab, [&](TokenId token) { return weights.logit(rows, token); }));
  }
}

template <class Weights>
Scores scores_with(const Weights& weights, const TokenTree& tree) {
  Scores scores;
  each_target(weights, tree, [&](std::size_t, const std::vector<Row>&, const Distribution& distribution) {
    scores.logprobs.push_back(distribution.logprobs[distribution.chosen]);
    scores.entropies.push_back(distribution.entropy);
  });
  return scores;
}

constexpr std::string_view kFile = "toy.bin";

Result<void> write_synced(const std::filesystem::path& file, const std::string& bytes) {
  const auto refuse = [&](int error) {
    return fail(ErrorKind::io, fmt::format("{} cannot be written: {}", file.filename().string(), std::strerror(error)), file.string());
  };
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) return refuse(errno);
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t wrote = ::write(descriptor, bytes.data() + done, bytes.size() - done);
    if (wrote <= 0) break;
    done += static_cast<std::size_t>(wrote);
  }
  const bool synced = done == bytes.size() && ::fsync(descriptor) == 0;
  const int error = errno;
  ::close(descriptor);
  if (!synced) return refuse(error);
  return {};
}

template <class Number>
void append(std::string& bytes, std::span<const Number> numbers) {
  bytes.append(reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes());
}

template <class Number>
void take(std::string_view& bytes, std::span<Number> numbers) {
  std::memcpy(numbers.data(), bytes.data(), numbers.size_bytes());
  bytes.remove_prefix(numbers.size_bytes());
}

}  // namespace

ToyLearner::ToyLearner(ToyLearnerOptions options) : options_(options), weights_(std::make_shared<Weights>(options)) {
  XROUTER_ASSERT(options.vocab > 0 && options.buckets > 0, "a toy has a vocabulary");
  const std::size_t count = weights_->values.size();
  shape_ = {.vocab = options.vocab,
            .max_positions = options.max_positions,
            .parameters = static_cast<std::int64_t>(count),
            .kv_bytes_per_token = 16};
  if (options.reference) reference_ = std::make_shared<Weights>(*weights_);
  gradients_.resize(count);
  first_moments_.resize(count);
  second_moments_.resize(count);
}

ToyLearner::~ToyLearner() = default;

Scores ToyLearner::score(const TokenTree& tree) { return scores_with(*weights_, tree); }

Scores ToyLearner::score_reference(const TokenTree& tree) {
  XROUTER_ASSERT(reference_ != nullptr, "the reference was asked for when the learner was made");
  return scores_with(*reference_, tree);
}

Scores ToyLearner::accumulate(const TokenTree& tree, const LossGradient& loss) {
  const Scores scores = score(tree);
  const Gradients by = loss(scores);
  XROUTER_ASSERT(by.by_logprob.size() == scores.logprobs.size(), "a gradient for each target");
  XROUTER_ASSERT(by.by_entropy.empty() || by.by_entropy.size() == scores.logprobs.size(), "a gradient for each target");
  std::vector<double> added(gradients_.size());
  each_target(*weights_, tree, [&](std::size_t i, const std::vector<Row>& rows, const Distribution& distribution) {
    const double by_entropy = by.by_entropy.empty() ? 0 : by.by_entropy[i];
    for (std::size_t j = 0; j < distribution.among.size(); ++j) {
      const double logprob = distribution.logprobs[j], probability = std::exp(logprob);
      const double by_logit = by.by_logprob[i] * ((j == distribution.chosen ? 1 : 0) - probability) -
                              by_entropy * probability * (logprob + distribution.entropy);
      for (const Row& row : rows) added[row.begin + at(distribution.among[j])] += row.factor * by_logit;
    }
  });
  for (std::size_t i = 0; i < added.size(); ++i) gradients_[i] += static_cast<float>(added[i]);
  return scores;
}

StepReport ToyLearner::step(const StepOptions& options) {
  double squares = 0;
  for (const float gradient : gradients_) squares += static_cast<double>(gradient) * static_cast<double>(gradient);
  StepReport report{.grad_norm = std::sqrt(squares)};
  report.applied = std::isfinite(report.grad_norm);
  if (report.applied) {
    const bool clipped = options.max_grad_norm > 0 && report.grad_norm > options.max_grad_norm;
    const double factor = clipped ? options.max_grad_norm / report.grad_norm : 1;
    ++steps_;
    const double first_share = 1 - std::pow(options.beta1, static_cast<double>(steps_));
    const double second_share = 1 - std::pow(options.beta2, static_cast<double>(steps_));
    for (std::size_t i = 0; i < gradients_.size(); ++i) {
      const double gradient = factor * static_cast<double>(gradients_[i]);
      first_moments_[i] = options.beta1 * first_moments_[i] + (1 - options.beta1) * gradient;
      second_moments_[i] = options.beta2 * second_moments_[i] + (1 - options.beta2) * gradient * gradient;
      const bool bias = i < at(options_.vocab);
      double weight = static_cast<double>(weights_->values[i]) * (bias ? 1 : 1 - options.learning_rate * options.weight_decay);
      weight -=
          options.learning_rate * (first_moments_[i] / first_share) / (std::sqrt(second_moments_[i] / second_share) + options.epsilon);
      weights_->values[i] = static_cast<float>(weight);
    }
  }
  clear_gradients();
  return report;
}

void ToyLearner::clear_gradients() { std::fill(gradients_.begin(), gradients_.end(), 0.0F); }

Result<std::shared_ptr<lm::LanguageModel>> ToyLearner::language_model() {
  const auto copy = std::make_shared<const Weights>(*weights_);
  lm::ToyModelOptions toy{.vocab = options_.vocab, .max_positions = options_.max_positions, .spread = 0};
  toy.say = [copy](std::span<const TokenId> read, std::span<float> row) {
    const std::vector<Row> rows = copy->rows_of(read);
    for (std::size_t token = 0; token < row.size(); ++token)
      row[token] = static_cast<float>(copy->logit(rows, static_cast<TokenId>(token)));
  };
  return std::make_shared<lm::ToyModel>(std::move(toy));
}

Result<void> ToyLearner::save(const std::filesystem::path& folder) {
  std::string bytes;
  append(bytes, std::span<const std::int64_t>(&steps_, 1));
  append(bytes, std::span<const float>(weights_->values));
  if (reference_) append(bytes, std::span<const float>(reference_->values));
  append(bytes, std::span<const double>(first_moments_));
  append(bytes, std::span<const double>(second_moments_));
  return write_synced(folder / kFile, bytes);
}

Result<void> ToyLearner::load(const std::filesystem::path& folder) {
  std::ifstream in(folder / kFile, std::ios::binary);
  if (!in) return fail(ErrorKind::io, "toy.bin cannot be opened", (folder / kFile).string());
  const std::string file{std::istreambuf_iterator<char>(in), {}};
  const std::size_t count = gradients_.size();
  const std::size_t expected = sizeof(steps_) + count * (sizeof(float) * (reference_ ? 2 : 1) + 2 * sizeof(double));
  if (file.size() != expected)
    return fail(ErrorKind::config, fmt::format("toy.bin has {} bytes, a model of this shape needs {}", file.size(), expected));
  std::string_view bytes = file;
  take(bytes, std::span(&steps_, 1));
  take(bytes, std::span(weights_->values));
  if (reference_) {
    auto reference = std::make_shared<Weights>(*weights_);
    take(bytes, std::span(reference->values));
    reference_ = std::move(reference);
  }
  take(bytes, std::span(first_moments_));
  take(bytes, std::span(second_moments_));
  clear_gradients();
  return {};
}

Result<void> ToyLearner::export_to(const std::filesystem::path& folder) {
  std::string bytes;
  append(bytes, std::span<const float>(weights_->values));
  return write_synced(folder / kFile, bytes);
}

std::span<float> ToyLearner::weights_for_test() { return weights_->values; }

}  // namespace xrouter::learner
