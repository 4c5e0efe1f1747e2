#include "xrouter/chat_format/chat_format.hpp"

namespace xrouter::chat_format {
namespace {

// Text between two special tokens is encoded as one piece wherever it comes from: a line break of the template
// and one of the user may be one token, and the model has learnt it so.
class Encoder {
 public:
  explicit Encoder(const tokenizer::Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  void add(const Span& span) {
    if (!span.trusted) {
      plain_ += span.text;
      return;
    }
    for (const TokenId id : tokenizer_.encode(span.text, tokenizer::SpecialTokens::parse)) {
      if (!tokenizer_.is_special(id)) {
        plain_ += tokenizer_.bytes_of(id);
        continue;
      }
      flush();
      ids_.push_back(id);
    }
  }

  std::vector<TokenId> take() {
    flush();
    return std::move(ids_);
  }

 private:
  void flush() {
    if (plain_.empty()) return;
    const std::vector<TokenId> ids = tokenizer_.encode(plain_, tokenizer::SpecialTokens::as_text);
    ids_.insert(ids_.end(), ids.begin(), ids.end());
    plain_.clear();
  }

  const tokenizer::Tokenizer& tokenizer_;
  std::string plain_;
  std::vector<TokenId> ids_;
};

}  // namespace

std::vector<TokenId> encode(const std::vector<Span>& spans, const tokenizer::Tokenizer& tokenizer) {
  Encoder encoder(tokenizer);
  for (const Span& span : spans) encoder.add(span);
  return encoder.take();
}

}  // namespace xrouter::chat_format
