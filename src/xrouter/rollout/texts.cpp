#include "xrouter/rollout/texts.hpp"

#include <algorithm>

#include "xrouter/corpus/text_key.hpp"
#include "xrouter/samples/corpus_names.hpp"

namespace xrouter::rollout {
namespace {

using learner::TokenId;
using learner::TokenSequence;

// More bytes than this are more than a token each, on average, in any text: what is behind them is cut off anyway.
constexpr std::size_t kBytesPerToken = 12;
constexpr std::string_view kRight = " right";
constexpr std::string_view kWrong = " wrong";

std::string_view cut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U; };
  while (bytes > 0 && continues(bytes)) --bytes;
  return text.substr(0, bytes);
}

template <class T>
void shuffle(std::vector<T>& items, Rng& rng) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[rng.below(i)]);
}

/// A model that answered, as a router would name it.
struct Answered {
  const ModelSpec* model = nullptr;
  bool correct = false;
};

std::vector<Answered> answered(const corpus::Record& record, const ModelCatalog& catalog) {
  std::vector<Answered> all;
  for (const ModelSpec& model : catalog.models()) {
    if (!samples::is_recorded(model)) continue;
    if (const corpus::RecordedOutcome* outcome = record.find(samples::corpus_name_of(model))) all.push_back({&model, outcome->correct});
  }
  return all;
}

void append(std::vector<TokenId>& to, const std::vector<TokenId>& more) { to.insert(to.end(), more.begin(), more.end()); }

}  // namespace

TextSet::TextSet(std::shared_ptr<const corpus::Corpus> corpus, std::shared_ptr<const ModelCatalog> catalog,
                 std::shared_ptr<const chat_format::ChatFormat> format, std::shared_ptr<const tokenizer::Tokenizer> tokenizer, TokenId end,
                 TextOptions options)
    : corpus_(std::move(corpus)), catalog_(std::move(catalog)), format_(std::move(format)), tokenizer_(std::move(tokenizer)), end_(end),
      options_(std::move(options)) {
  options_.answers = std::max(options_.answers, 1);
  options_.max_tokens = std::max(options_.max_tokens, 2);
  for (std::size_t i = 0; i < corpus_->size(); ++i) {
    const auto record = corpus_->read(i);
    if (!record || corpus::split_of(record->question.question) == corpus::Split::train) questions_.push_back(static_cast<std::uint32_t>(i));
  }
}

Result<TokenSequence> TextSet::text(std::size_t index) const {
  const auto texts = static_cast<std::size_t>(options_.answers);
  const auto record = corpus_->read(questions_[index / texts]);
  if (!record) return fail(record.error());
  Rng rng = Rng(options_.seed).fork(record->question.qid, index % texts);
  const double kind = rng.uniform();
  if (kind < options_.verdicts) return verdict_text(*record, rng);
  return kind < options_.verdicts + options_.rankings ? ranking_of(*record, rng) : answer_text(*record, rng);
}

TokenSequence TextSet::answer_text(const corpus::Record& record, Rng rng) const {
  const auto most = static_cast<std::size_t>(options_.max_tokens);
  std::string text = record.question.prompt;
  if (!record.outcomes.empty()) text += "\n\n" + record.outcomes[rng.below(record.outcomes.size())].response;
  const std::string_view whole = text;
  const std::string_view begin = cut(whole, most * kBytesPerToken);
  TokenSequence out{.tokens = tokenizer_->encode(begin), .choices = {}};
  if (begin.size() == whole.size() && out.tokens.size() < most) out.tokens.push_back(end_);
  out.tokens.resize(std::min(out.tokens.size(), most));
  for (int at = 1; at < static_cast<int>(out.tokens.size()); ++at) out.choices.push_back({.at = at});
  return out;
}

TokenSequence TextSet::ranking_of(const corpus::Record& record, Rng rng) const {
  std::vector<const ModelSpec*> models;
  for (const Answered& each : answered(record, *catalog_)) models.push_back(each.model);
  TokenSequence ranking =
      ranking_text(models, *catalog_, *format_, *tokenizer_, options_.ranking, static_cast<std::size_t>(options_.max_tokens), rng);
  return ranking.tokens.empty() ? answer_text(record, rng) : ranking;
}

// Each verdict is a choice among the two words where both are single tokens.
TokenSequence TextSet::verdict_text(const corpus::Record& record, Rng rng) const {
  const auto most = static_cast<std::size_t>(options_.max_tokens);
  const std::vector<TokenId> right = tokenizer_->encode(kRight), wrong = tokenizer_->encode(kWrong), line = tokenizer_->encode("\n");
  std::vector<TokenId> both;
  if (right.size() == 1 && wrong.size() == 1) both = {std::min(right[0], wrong[0]), std::max(right[0], wrong[0])};
  TokenSequence out{.tokens = tokenizer_->encode(cut(record.question.prompt, most / 2 * kBytesPerToken)), .choices = {}};
  out.tokens.resize(std::min(out.tokens.size(), most / 2));
  std::vector<Answered> models = answered(record, *catalog_);
  if (models.empty()) return answer_text(record, rng);
  shuffle(models, rng);
  for (const Answered& each : models) {
    std::vector<TokenId> name = line;
    append(name, tokenizer_->encode(tool_name_of(each.model->id)));
    const std::vector<TokenId>& verdict = each.correct ? right : wrong;
    if (out.tokens.size() + name.size() + verdict.size() > most) break;
    append(out.tokens, name);
    for (const TokenId id : verdict) {
      out.choices.push_back({.at = static_cast<int>(out.tokens.size()), .among = both});
      out.tokens.push_back(id);
    }
  }
  return out;
}

}  // namespace xrouter::rollout
