#include "xrouter/tokenizer/byte_level.hpp"

#include <algorithm>

#include "xrouter/tokenizer/lexicon.hpp"
#include "xrouter/tokenizer/normalizer.hpp"
#include "xrouter/tokenizer/utf8.hpp"

namespace xrouter::tokenizer {
namespace {

class ByteLevelTokenizer final : public Tokenizer {
 public:
  ByteLevelTokenizer(Lexicon lexicon, AddedTokenFinder raw, AddedTokenFinder normalized, PreTokenizer pre_tokenizer, bool nfc)
      : table_(std::move(lexicon.table)),
        special_(std::move(lexicon.special)),
        others_(lexicon.other_ids.size()),
        bpe_(table_, lexicon.words, lexicon.rules, special_),
        raw_(std::move(raw)),
        normalized_(std::move(normalized)),
        pre_tokenizer_(std::move(pre_tokenizer)),
        nfc_(nfc) {
    for (const TokenId id : lexicon.other_ids) others_.insert(id, table_);
  }

  std::vector<TokenId> encode(std::string_view text, SpecialTokens special) const override {
    std::vector<TokenId> ids;
    std::string repaired;
    if (valid_prefix(text) != text.size()) {
      append_valid(text, false, repaired);
      text = repaired;
    }
    ids.reserve(text.size() / 3 + 1);
    Pattern::Scratch scratch;
    std::vector<AddedSplit> pieces;
    raw_.split(text, special, pieces);
    for (const AddedSplit& piece : pieces) {
      if (piece.token >= 0)
        ids.push_back(piece.token);
      else
        encode_raw(piece.range.of(text), special, scratch, ids);
    }
    return ids;
  }

  std::string decode(std::span<const TokenId> ids, bool skip_special) const override {
    std::string text;
    for (const TokenId id : ids)
      if (!skip_special || !is_special(id)) text += bytes_of(id);
    return text;
  }

  std::string_view bytes_of(TokenId id) const override { return table_.bytes_of(id); }
  bool is_special(TokenId id) const override {
    return id >= 0 && static_cast<std::size_t>(id) < special_.size() && special_[static_cast<std::size_t>(id)];
  }
  std::size_t size() const override { return table_.size(); }

  std::optional<TokenId> id_of(std::string_view text) const override {
    TokenId id = others_.find(text, table_);
    if (id < 0) id = bpe_.token_of(text);
    return id < 0 ? std::nullopt : std::optional(id);
  }

 private:
  // Between added tokens that are looked for in the text as it came.
  void encode_raw(std::string_view text, SpecialTokens special, Pattern::Scratch& scratch, std::vector<TokenId>& ids) const {
    std::optional<std::string> composed;
    if (nfc_) composed = nfc(text);
    if (composed) text = *composed;
    if (normalized_.empty()) return encode_plain(text, special, scratch, ids);
    std::vector<AddedSplit> pieces;
    normalized_.split(text, special, pieces);
    for (const AddedSplit& piece : pieces) {
      if (piece.token >= 0)
        ids.push_back(piece.token);
      else
        encode_plain(piece.range.of(text), special, scratch, ids);
    }
  }

  void encode_plain(std::string_view text, SpecialTokens special, Pattern::Scratch& scratch, std::vector<TokenId>& ids) const {
    const PreTokenizer::Result split = pre_tokenizer_.split(text, scratch);
    if (split.spaced) text = *split.spaced;
    for (const Range& word : split.words) bpe_.encode(word.of(text), special, ids);
  }

  TokenTable table_;
  std::vector<bool> special_;
  TokenIndex others_;
  Bpe bpe_;
  AddedTokenFinder raw_, normalized_;
  PreTokenizer pre_tokenizer_;
  bool nfc_;
};

}  // namespace

Result<std::shared_ptr<const Tokenizer>> assemble(TokenizerParts parts) {
  auto lexicon = make_lexicon(parts);
  if (!lexicon) return fail(std::move(lexicon.error()));
  std::vector<AddedToken> raw, normalized;
  for (AddedToken& token : lexicon->added) {
    if (token.content.empty()) continue;
    if (token.normalized && parts.nfc) token.content = nfc(token.content).value_or(token.content);
    (token.normalized ? normalized : raw).push_back(std::move(token));
  }
  auto raw_finder = AddedTokenFinder::make(std::move(raw));
  if (!raw_finder) return fail(std::move(raw_finder.error()));
  auto normalized_finder = AddedTokenFinder::make(std::move(normalized));
  if (!normalized_finder) return fail(std::move(normalized_finder.error()));
  return std::make_shared<const ByteLevelTokenizer>(std::move(*lexicon), std::move(*raw_finder), std::move(*normalized_finder),
                                                    std::move(parts.pre_tokenizer), parts.nfc);
}

}  // namespace xrouter::tokenizer
