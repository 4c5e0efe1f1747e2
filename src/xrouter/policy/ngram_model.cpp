#include "xrouter/policy/ngram_model.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>

#include "xrouter/base/assert.hpp"
#include "xrouter/base/rng.hpp"

namespace xrouter::policy {
namespace {

static_assert(std::endian::native == std::endian::little, "weights files are little-endian");

constexpr std::string_view kMagic = "xrngram1";
constexpr std::size_t kMaxFileBytes = 64U << 20;
constexpr std::uint32_t kMaxModels = 1024;
constexpr std::uint32_t kMaxIdBytes = 256;
constexpr int kMaxBucketBits = 20;
constexpr double kMaxLogOutput = 12;  // e^12 = 160,000 tokens

template <class T>
void put(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Reads fixed-size values; once it ran out, everything is zero and ok() false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  template <class T>
  T get() {
    T value{};
    const std::string_view raw = take(sizeof value);
    if (ok_) std::memcpy(&value, raw.data(), sizeof value);
    return value;
  }
  float number() {
    const auto value = get<float>();
    if (!std::isfinite(value)) ok_ = false;
    return ok_ ? value : 0;
  }
  template <std::size_t N>
  void numbers(std::array<float, N>& out) {
    for (float& value : out) value = number();
  }
  std::string_view take(std::size_t size) {
    if (!ok_ || size > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view out = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return out;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

void put_weights(std::string& out, const LinearWeights& weights) {
  put(out, weights.bias);
  put(out, weights.step);
  out.append(reinterpret_cast<const char*>(weights.units.data()), weights.units.size());
}

LinearWeights get_weights(Reader& in, std::size_t buckets) {
  LinearWeights weights{.bias = in.number(), .step = in.number(), .units = {}};
  const std::string_view raw = in.take(buckets);
  weights.units.resize(raw.size());
  std::memcpy(weights.units.data(), raw.data(), raw.size());
  return weights;
}

tl::unexpected<Error> bad(const std::string& what) { return fail(ErrorKind::config, "Not a usable weights file: " + what + "."); }

}  // namespace

float LinearWeights::at(const TextFeatures& features) const {
  std::int64_t sum = 0;
  for (const std::uint32_t bucket : features.buckets) sum += units[bucket];
  return bias + step * features.scale * static_cast<float>(sum);
}

NgramModel::NgramModel(Parameters parameters) : parameters_(std::move(parameters)) {
  const std::size_t buckets = std::size_t{1} << parameters_.bucket_bits;
  for (std::size_t i = 0; i < parameters_.models.size(); ++i) {
    const ModelWeights& model = parameters_.models[i];
    XROUTER_ASSERT(model.log_odds.units.size() == buckets && model.log_output.units.size() == buckets, "parse() and the trainer make whole vectors");
    index_.emplace(model.id, i);
  }
}

std::string NgramModel::to_bytes() const {
  std::string out(kMagic);
  put(out, static_cast<std::uint32_t>(parameters_.bucket_bits));
  put(out, static_cast<std::uint32_t>(parameters_.models.size()));
  put(out, parameters_.cost_scale);
  put(out, parameters_.tokens_per_byte);
  put(out, parameters_.output_correction);
  const AgreementModel& agreement = parameters_.agreement;
  for (const float value : agreement.agree) put(out, value);
  for (const float value : agreement.right_if_agree) put(out, value);
  for (const float value : agreement.right_if_not) put(out, value);
  for (const float value : agreement.third_if_not) put(out, value);
  for (const ModelWeights& model : parameters_.models) {
    put(out, static_cast<std::uint32_t>(model.id.size()));
    out += model.id;
    put_weights(out, model.log_odds);
    put_weights(out, model.log_output);
  }
  put(out, fnv1a64(out));
  return out;
}

Result<NgramModel> NgramModel::parse(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return bad("it does not begin with " + std::string(kMagic));
  if (bytes.size() < kMagic.size() + sizeof(std::uint64_t)) return bad("it is cut off");
  const std::string_view body = bytes.substr(0, bytes.size() - sizeof(std::uint64_t));
  if (Reader(bytes.substr(body.size())).get<std::uint64_t>() != fnv1a64(body)) return bad("the checksum does not fit, it is damaged or cut off");
  Reader in(body.substr(kMagic.size()));
  Parameters out;
  const auto bits = in.get<std::uint32_t>();
  const auto models = in.get<std::uint32_t>();
  if (bits < 1 || bits > kMaxBucketBits || models > kMaxModels) return bad("its sizes are out of range");
  out.bucket_bits = static_cast<int>(bits);
  out.cost_scale = in.number();
  out.tokens_per_byte = in.number();
  out.output_correction = in.number();
  in.numbers(out.agreement.agree);
  in.numbers(out.agreement.right_if_agree);
  in.numbers(out.agreement.right_if_not);
  in.numbers(out.agreement.third_if_not);
  for (std::uint32_t i = 0; i < models && in.ok(); ++i) {
    const auto length = in.get<std::uint32_t>();
    if (length == 0 || length > kMaxIdBytes) return bad("a model id is out of range");
    ModelWeights model{.id = std::string(in.take(length)), .log_odds = get_weights(in, std::size_t{1} << bits), .log_output = {}};
    model.log_output = get_weights(in, std::size_t{1} << bits);
    if (in.ok()) out.models.push_back(std::move(model));
  }
  if (!in.at_end()) return bad("its length does not fit its header");
  if (out.cost_scale < 0 || out.tokens_per_byte < 0 || out.output_correction < 0) return bad("a scale is negative");
  return NgramModel(std::move(out));
}

Result<NgramModel> NgramModel::load(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(ErrorKind::config, "cannot read the policy's weights " + path);
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  if (bytes.size() > kMaxFileBytes) return fail(ErrorKind::config, path + ": too large for a weights file");
  auto model = parse(bytes);
  if (!model) return fail(ErrorKind::config, path + ": " + model.error().public_text);
  return model;
}

Prediction NgramModel::predict(const TextFeatures& features, const ModelSpec& model) const {
  const auto known = index_.find(model.id.value);
  if (known == index_.end()) return prior_of(model.tier);
  const ModelWeights& weights = parameters_.models[known->second];
  const double log_output = std::clamp<double>(weights.log_output.at(features), 0, kMaxLogOutput);
  return {.log_odds = weights.log_odds.at(features), .output_tokens = std::exp(log_output) * parameters_.output_correction};
}

Prediction prior_of(Tier tier) {
  constexpr double kOutputTokens = 300;
  const auto log_odds = [](double p) { return std::log(p / (1 - p)); };
  switch (tier) {
    case Tier::premium: return {.log_odds = log_odds(0.80), .output_tokens = kOutputTokens};
    case Tier::standard: return {.log_odds = log_odds(0.72), .output_tokens = kOutputTokens};
    case Tier::budget: return {.log_odds = log_odds(0.65), .output_tokens = kOutputTokens};
    case Tier::specialised: return {.log_odds = log_odds(0.55), .output_tokens = kOutputTokens};
  }
  return {};
}

double probability_of(double log_odds) { return 1 / (1 + std::exp(-log_odds)); }

}  // namespace xrouter::policy
