// Goal: the numbers of transformers. Method: logits, log-probs and greedy continuations that
// tests/golden/lm/transformer.py wrote, against this library with the plain operations and with those that
// load_model() chooses. float32 is compared value by value. In bf16 no two programs round alike, so the
// measure is float32: our error against it may not exceed what transformers itself has in bf16.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "xrouter/transformer/load.hpp"
#include "xrouter/transformer/lora.hpp"
#include "xrouter/transformer/test_models.hpp"
#include "xrouter/transformer/test_smollm2.hpp"

namespace xrouter::transformer {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(XROUTER_SOURCE_DIR) / "tests/golden/lm/transformer";

struct GoldenRow {
  int at = 0;
  double mean = 0, logsumexp = 0;
  std::vector<int> ids;  ///< empty: all of them
  std::vector<double> logits;
};

struct GoldenNumbers {
  std::vector<double> token_logprobs, greedy_logprobs;
  std::vector<lm::TokenId> greedy;
  std::vector<GoldenRow> rows;
};

struct GoldenCase {
  std::string name;
  std::vector<lm::TokenId> prompt;
  std::map<std::string, GoldenNumbers> in;  ///< f32, bf16
};

template <class T>
std::vector<T> rest_of(std::istream& line) {
  std::vector<T> values;
  for (T value; line >> value;) values.push_back(value);
  return values;
}

std::vector<GoldenCase> read_golden(const std::string& file) {
  std::vector<GoldenCase> cases;
  std::ifstream in(kGolden / file);
  for (std::string text; std::getline(in, text);) {
    std::istringstream line(text);
    std::string word;
    line >> word;
    if (word == "case") {
      line >> cases.emplace_back().name;
      continue;
    }
    GoldenCase& golden = cases.back();
    if (word == "prompt") {
      golden.prompt = rest_of<lm::TokenId>(line);
      continue;
    }
    GoldenNumbers& numbers = golden.in[word];
    line >> word;
    if (word == "token_logprobs") numbers.token_logprobs = rest_of<double>(line);
    if (word == "greedy") numbers.greedy = rest_of<lm::TokenId>(line);
    if (word == "greedy_logprobs") numbers.greedy_logprobs = rest_of<double>(line);
    if (word == "row") {
      GoldenRow& row = numbers.rows.emplace_back();
      line >> row.at >> row.mean >> row.logsumexp;
    }
    if (word == "ids") numbers.rows.back().ids = rest_of<int>(line);
    if (word == "logits") numbers.rows.back().logits = rest_of<double>(line);
  }
  return cases;
}

double logsumexp(std::span<const float> row) {
  const double largest = *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (const float value : row) sum += std::exp(static_cast<double>(value) - largest);
  return largest + std::log(sum);
}

double logprob(std::span<const float> row, lm::TokenId token) { return static_cast<double>(row[static_cast<std::size_t>(token)]) - logsumexp(row); }

lm::TokenId best_of(std::span<const float> row) { return static_cast<lm::TokenId>(std::max_element(row.begin(), row.end()) - row.begin()); }

/// Errors against golden numbers: the largest, and the root of the mean square.
struct Errors {
  double largest = 0, squares = 0;
  std::size_t count = 0;
  void add(double ours, double theirs) {
    const double error = std::abs(ours - theirs);
    largest = std::max(largest, error);
    squares += error * error;
    ++count;
  }
  double rms() const { return count == 0 ? 0 : std::sqrt(squares / static_cast<double>(count)); }
};

struct Comparison {
  Errors logits, logprobs;
  bool same_greedy = true;
  std::vector<lm::TokenId> greedy;
};

/// The prompt in one pass, then token by token through the cache.
Comparison compare(lm::LanguageModel& model, const GoldenCase& golden, const GoldenNumbers& numbers) {
  Comparison found;
  const auto sequence = model.new_sequence();
  const Rows rows = run(model, *sequence, golden.prompt);
  for (std::size_t i = 0; i < numbers.token_logprobs.size(); ++i) found.logprobs.add(logprob(rows[i], golden.prompt[i + 1]), numbers.token_logprobs[i]);
  for (const GoldenRow& row : numbers.rows) {
    const auto& ours = rows[static_cast<std::size_t>(row.at)];
    for (std::size_t i = 0; i < row.logits.size(); ++i) found.logits.add(static_cast<double>(ours[row.ids.empty() ? i : static_cast<std::size_t>(row.ids[i])]), row.logits[i]);
    found.logits.add(logsumexp(ours), row.logsumexp);
    double sum = 0;
    for (const float value : ours) sum += static_cast<double>(value);
    found.logits.add(sum / static_cast<double>(ours.size()), row.mean);
  }
  std::vector<float> last = rows.back();
  for (std::size_t i = 0; i < numbers.greedy.size(); ++i) {
    found.greedy.push_back(best_of(last));
    found.same_greedy = found.same_greedy && found.greedy.back() == numbers.greedy[i];
    // Along the golden continuation, so that one near tie does not hide what comes behind it.
    found.logprobs.add(logprob(last, numbers.greedy[i]), numbers.greedy_logprobs[i]);
    last = run(model, *sequence, std::span(&numbers.greedy[i], 1))[0];
  }
  return found;
}

/// What transformers itself loses in bf16, on the same rows.
Errors bf16_error_of_transformers(const GoldenCase& golden) {
  Errors errors;
  const GoldenNumbers &exact = golden.in.at("f32"), &rounded = golden.in.at("bf16");
  for (std::size_t i = 0; i < exact.token_logprobs.size(); ++i) errors.add(rounded.token_logprobs[i], exact.token_logprobs[i]);
  if (exact.greedy == rounded.greedy)
    for (std::size_t i = 0; i < exact.greedy.size(); ++i) errors.add(rounded.greedy_logprobs[i], exact.greedy_logprobs[i]);
  return errors;
}

void report(const GoldenCase& golden, const char* what, const Comparison& found) {
  std::printf("[ figures  ] %s, %zu tokens, %s: logits differ by at most %.2g (rms %.2g), log-probs by %.2g (rms %.2g), greedy %s\n", golden.name.c_str(),
              golden.prompt.size(), what, found.logits.largest, found.logits.rms(), found.logprobs.largest, found.logprobs.rms(), found.same_greedy ? "equal" : "differs");
}

struct Tolerance {
  double logits, logprobs;
};

void check_f32(lm::LanguageModel& model, const GoldenCase& golden, Tolerance tolerance, const char* ops) {
  const Comparison found = compare(model, golden, golden.in.at("f32"));
  report(golden, (std::string("float32 ") + ops).c_str(), found);
  EXPECT_LE(found.logits.largest, tolerance.logits) << golden.name;
  EXPECT_LE(found.logprobs.largest, tolerance.logprobs) << golden.name;
  EXPECT_TRUE(found.same_greedy) << golden.name;
}

void check_bf16(lm::LanguageModel& model, const GoldenCase& golden, const char* ops) {
  const Comparison found = compare(model, golden, golden.in.at("f32"));
  const Errors theirs = bf16_error_of_transformers(golden);
  report(golden, (std::string("bf16 ") + ops + " against float32").c_str(), found);
  std::printf("[ figures  ] %s, %zu tokens: transformers in bf16 against its float32: log-probs by %.2g (rms %.2g)\n", golden.name.c_str(), golden.prompt.size(),
              theirs.largest, theirs.rms());
  EXPECT_LE(found.logprobs.rms(), 1.5 * theirs.rms()) << golden.name;
  EXPECT_LE(found.logprobs.largest, 2.5 * theirs.largest) << golden.name;
}

std::shared_ptr<const weights::ModelFiles> open(const std::filesystem::path& path) {
  auto files = weights::open_model(path);
  if (!files) throw std::runtime_error(files.error().describe());
  return *files;
}

std::shared_ptr<lm::LanguageModel> with_plain_ops(const weights::ModelFiles& files, at::ScalarType dtype, const std::filesystem::path& adapter = {},
                                                  AdapterPlace place = AdapterPlace::merged) {
  auto weights = load_weights(files, dtype, at::kCPU);
  if (!weights) throw std::runtime_error(weights.error().describe());
  if (!adapter.empty()) {
    const auto added = add_adapter(*weights, weights::read_adapter(adapter).value(), place);
    if (!added) throw std::runtime_error(added.error().describe());
  }
  return std::make_shared<TorchLanguageModel>(Decoder(std::move(*weights), std::make_shared<const Ops>()), 1);
}

std::shared_ptr<lm::LanguageModel> as_loaded(const weights::ModelFiles& files, Precision precision, const std::filesystem::path& adapter = {}, bool apart = false) {
  LoadOptions options;
  options.precision = precision;
  options.threads = 1;  // tests run beside builds, where waiting for a second thread costs most
  options.adapter = adapter.string();
  options.keep_adapter_apart = apart;
  auto model = load_model(files, options);
  if (!model) throw std::runtime_error(model.error().describe());
  return *model;
}

// Logits of up to 15 and log-probs of down to -25: float32 keeps seven digits of them.
constexpr Tolerance kSmall{5e-5, 1e-4};
// 30 layers, logits of up to 40.
constexpr Tolerance kSmolLm2{2e-4, 2e-4};

TEST(Golden, small_models_equal_transformers_in_float32_and_lose_no_more_in_bf16) {
  const auto cases = read_golden("golden.txt");
  ASSERT_EQ(cases.size(), 7U);
  for (const GoldenCase& golden : cases) {
    if (golden.name == "lora") continue;
    const auto files = open(kGolden / golden.name);
    check_f32(*with_plain_ops(*files, at::kFloat), golden, kSmall, "plain");
    check_f32(*as_loaded(*files, Precision::f32), golden, kSmall, "as loaded");
    check_bf16(*with_plain_ops(*files, at::kBFloat16), golden, "plain");
    check_bf16(*as_loaded(*files, Precision::bf16), golden, "as loaded");
  }
}

TEST(Golden, an_adapter_gives_what_peft_gives_merged_and_apart) {
  const auto files = open(kGolden / "llama");
  const auto adapter = kGolden / "lora";
  for (const GoldenCase& golden : read_golden("golden.txt")) {
    if (golden.name != "lora") continue;
    check_f32(*with_plain_ops(*files, at::kFloat, adapter, AdapterPlace::merged), golden, kSmall, "plain, merged");
    check_f32(*with_plain_ops(*files, at::kFloat, adapter, AdapterPlace::apart), golden, kSmall, "plain, apart");
    check_f32(*as_loaded(*files, Precision::f32, adapter, false), golden, kSmall, "as loaded, merged");
    check_f32(*as_loaded(*files, Precision::f32, adapter, true), golden, kSmall, "as loaded, apart");
    check_bf16(*with_plain_ops(*files, at::kBFloat16, adapter, AdapterPlace::apart), golden, "plain, apart");
    check_bf16(*as_loaded(*files, Precision::bf16, adapter, true), golden, "as loaded, apart");
  }
}

TEST(Golden, smollm2_equals_transformers) {
  const auto path = smollm2_path(XROUTER_SOURCE_DIR);
  if (!path) GTEST_SKIP() << path.error().public_text;
  const auto files = open(*path);
  const auto cases = read_golden("smollm2.txt");
  ASSERT_EQ(cases.size(), 3U);
  {
    const auto plain = with_plain_ops(*files, at::kFloat), loaded = as_loaded(*files, Precision::f32);
    for (const GoldenCase& golden : cases) {
      check_f32(*plain, golden, kSmolLm2, "plain");
      check_f32(*loaded, golden, kSmolLm2, "as loaded");
    }
  }
  const auto plain = with_plain_ops(*files, at::kBFloat16), loaded = as_loaded(*files, Precision::bf16);
  for (const GoldenCase& golden : cases) {
    check_bf16(*plain, golden, "plain");
    check_bf16(*loaded, golden, "as loaded");
  }
}

}  // namespace
}  // namespace xrouter::transformer
