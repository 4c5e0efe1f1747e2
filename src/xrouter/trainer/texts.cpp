#include "xrouter/trainer/texts.hpp"

#include <fmt/format.h>

#include "xrouter/base/rng.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/rollout/texts.hpp"
#include "xrouter/trainer/config/load.hpp"

namespace xrouter::trainer {
namespace {

constexpr std::size_t kMaxTextFile = std::size_t{1} << 30;

class RunTexts final : public Texts {
 public:
  RunTexts(std::optional<rollout::TextSet> recorded, std::vector<learner::TokenSequence> own) : recorded_(std::move(recorded)), own_(std::move(own)) {}
  std::size_t size() const override { return recorded_size() + own_.size(); }
  Result<learner::TokenSequence> text(std::size_t index) const override {
    if (index < recorded_size()) return recorded_->text(index);
    return own_[index - recorded_size()];
  }

 private:
  std::size_t recorded_size() const { return recorded_ ? recorded_->size() : 0; }
  std::optional<rollout::TextSet> recorded_;
  std::vector<learner::TokenSequence> own_;
};

Result<void> read_file(const std::string& path, const RouterParts& router, int max_tokens, std::vector<learner::TokenSequence>& own,
                       std::vector<DataFile>& data) {
  const auto bytes = corpus::read_file(path, kMaxTextFile);
  if (!bytes) return fail(bytes.error());
  std::size_t number = 0;
  for (const std::string_view line : corpus::lines_of(*bytes)) {
    ++number;
    if (line.empty()) continue;
    const auto value = json::parse(line);
    const bool has_text = value && value->is_object() && value->as_object().contains("text") && value->at("text").is_string();
    if (!has_text) return fail(ErrorKind::config, path + ":" + std::to_string(number) + ": must be an object with a text in its member `text`");
    learner::TokenSequence sequence = text_sequence(std::string_view(value->at("text").as_string()), router, max_tokens);
    if (!sequence.choices.empty()) own.push_back(std::move(sequence));
  }
  data.push_back({.name = "texts " + path.substr(path.find_last_of('/') + 1), .hash = fmt::format("fnv1a64:{:016x}", fnv1a64(*bytes))});
  return {};
}

}  // namespace

learner::TokenSequence text_sequence(std::string_view text, const RouterParts& router, int max_tokens) {
  learner::TokenSequence sequence;
  sequence.tokens = chat_format::encode({{.text = std::string(text)}}, *router.tokenizer);
  const auto most = static_cast<std::size_t>(max_tokens);
  if (sequence.tokens.size() < most) sequence.tokens.push_back(router.end_tokens.front());
  sequence.tokens.resize(std::min(sequence.tokens.size(), most));
  for (int i = 1; i < static_cast<int>(sequence.tokens.size()); ++i) sequence.choices.push_back({.at = i});
  return sequence;
}

Result<std::unique_ptr<Texts>> open_texts(const TrainConfig& config, const std::shared_ptr<const corpus::Corpus>& corpus,
                                          const std::shared_ptr<const ModelCatalog>& catalog, const RouterParts& router, std::vector<DataFile>& data) {
  std::optional<rollout::TextSet> recorded;
  if (config.data.recorded_texts) {
    auto unpacked = corpus->unpacked();
    if (!unpacked) return fail(unpacked.error());
    rollout::TextOptions options;
    options.max_tokens = config.data.text_tokens;
    options.answers = config.data.text_answers;
    options.verdicts = config.data.text_verdicts;
    options.rankings = config.data.text_rankings;
    options.ranking = {.cost_weights = config.cost_weight.values, .penalty = config.reward.options.cost_weight};
    options.seed = config.seed;
    recorded.emplace(*unpacked, catalog, router.format, router.tokenizer, router.end_tokens.front(), options);
  }
  std::vector<learner::TokenSequence> own;
  for (const std::string& path : config.data.texts)
    if (auto read = read_file(path_of(config, path), router, config.data.text_tokens, own, data); !read) return fail(read.error());
  auto texts = std::make_unique<RunTexts>(std::move(recorded), std::move(own));
  if (texts->size() == 0) return fail(ErrorKind::config, "data: there is no text to learn");
  return texts;
}

}  // namespace xrouter::trainer
