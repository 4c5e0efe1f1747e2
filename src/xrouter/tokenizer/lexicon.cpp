#include "xrouter/tokenizer/lexicon.hpp"

#include <algorithm>
#include <unordered_map>

#include "xrouter/tokenizer/byte_alphabet.hpp"

namespace xrouter::tokenizer {
namespace {

constexpr std::size_t kMaxAddedBytes = 4 * 1024;
constexpr std::size_t kMaxAllBytes = std::size_t{256} << 20;
constexpr std::size_t kMaxMerges = std::size_t{1} << 23;
constexpr std::size_t kShown = 40;  // bytes of a token in an error

// Tokens of hostile files do not belong into a terminal as they are.
std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kShown)) out += c >= 0x20 && c < 0x7F ? c : '?';
  if (text.size() > kShown) out += "...";
  return "'" + out + "'";
}

std::string too_large(std::string what, std::size_t has, std::size_t most) {
  return what + " has " + std::to_string(has) + " bytes; at most " + std::to_string(most) + " are accepted.";
}

class Builder {
 public:
  explicit Builder(TokenizerParts& parts) : parts_(parts) {}

  Result<Lexicon> run() {
    for (auto step : {&Builder::check_texts, &Builder::check_ids, &Builder::add_tokens, &Builder::add_merges})
      if (auto done = (this->*step)(); !done) return fail(std::move(done.error()));
    lexicon_.added = std::move(parts_.added);
    return std::move(lexicon_);
  }

 private:
  static tl::unexpected<Error> refuse(std::string what) { return fail(ErrorKind::config, std::move(what)); }

  Result<void> check_texts() {
    std::size_t all_bytes = 0;
    for (const auto& [id, text] : parts_.vocabulary) {
      if (text.size() > kMaxTokenBytes) return refuse(too_large("Token " + std::to_string(id), text.size(), kMaxTokenBytes));
      if (!id_of_.emplace(text, id).second)
        return refuse("The tokens " + std::to_string(id_of_[text]) + " and " + std::to_string(id) + " are both " + shown(text) + ".");
      all_bytes += text.size();
    }
    for (const AddedToken& token : parts_.added) {
      const std::string number = std::to_string(token.id);
      if (token.content.size() > kMaxAddedBytes)
        return refuse(too_large("The added token " + number, token.content.size(), kMaxAddedBytes));
      const auto same = id_of_.find(token.content);
      if (same != id_of_.end() && same->second != token.id)
        return refuse("The added token " + shown(token.content) + " has the id " + number + ", but the vocabulary gives it " +
                      std::to_string(same->second) + ".");
      all_bytes += token.content.size();
    }
    if (all_bytes > kMaxAllBytes) return refuse(too_large("The text of all tokens", all_bytes, kMaxAllBytes));
    return {};
  }

  Result<void> check_ids() {
    list_entries();
    if (entries_.empty()) return refuse("The vocabulary has no tokens.");
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const auto& [id, text, added, special] = entries_[i];
      if (id < 0 || static_cast<std::size_t>(id) >= kMaxTokens)
        return refuse("Token " + shown(text) + " has the id " + std::to_string(id) + "; ids go from 0 to " +
                      std::to_string(kMaxTokens - 1) + ".");
      if (i > 0 && id == entries_[i - 1].id)
        return refuse("The tokens " + shown(entries_[i - 1].text) + " and " + shown(text) + " share the id " + std::to_string(id) + ".");
    }
    const std::size_t holes = static_cast<std::size_t>(entries_.back().id) + 1 - entries_.size();
    if (holes <= kMaxHoles) return {};
    return refuse(std::to_string(holes) + " ids below " + std::to_string(entries_.back().id) + " have no token; at most " +
                  std::to_string(kMaxHoles) + " are accepted.");
  }

  // By id. An added token that is of the vocabulary, too, is one entry.
  void list_entries() {
    for (const auto& token : parts_.vocabulary) entries_.push_back({token.id, token.text});
    for (const AddedToken& token : parts_.added) {
      if (id_of_.contains(token.content))
        in_both_[token.id] = &token;
      else
        entries_.push_back({token.id, token.content, true, token.special});
    }
    for (Entry& entry : entries_) {
      const auto both = in_both_.find(entry.id);
      if (both == in_both_.end()) continue;
      entry.added = true;
      entry.special = both->second->special;
    }
    std::ranges::sort(entries_, [](const Entry& a, const Entry& b) { return a.id != b.id ? a.id < b.id : a.text < b.text; });
  }

  Result<void> add_tokens() {
    std::vector<TokenId> strange;
    lexicon_.special.resize(static_cast<std::size_t>(entries_.back().id) + 1);
    for (const Entry& entry : entries_) {
      const bool of_vocabulary = !entry.added || in_both_.contains(entry.id);
      const auto bytes = of_vocabulary ? bytes_of_alphabet(entry.text) : std::nullopt;
      lexicon_.table.append(entry.id, bytes ? std::string_view(*bytes) : entry.text);
      lexicon_.special[static_cast<std::size_t>(entry.id)] = entry.special;
      if (entry.added)
        lexicon_.other_ids.push_back(entry.id);
      else if (!bytes)
        strange.push_back(entry.id);
      if (bytes && !bytes->empty()) lexicon_.words.push_back(entry.id);
    }
    lexicon_.other_ids.insert(lexicon_.other_ids.end(), strange.begin(), strange.end());
    return {};
  }

  Result<void> add_merges() {
    BpeRules& rules = lexicon_.rules;
    rules.ignore_merges = parts_.ignore_merges;
    rules.unknown = parts_.unknown;
    rules.fuse_unknown = parts_.fuse_unknown;
    if (parts_.merges.size() > kMaxMerges)
      return refuse("There are " + std::to_string(parts_.merges.size()) + " merges; at most " + std::to_string(kMaxMerges) +
                    " are accepted.");
    rules.merges.reserve(parts_.merges.size());
    for (std::size_t i = 0; i < parts_.merges.size(); ++i) {
      const auto& [left, right] = parts_.merges[i];
      Merge merge;
      for (const auto& [text, id] :
           {std::pair(left, &merge.left), std::pair(right, &merge.right), std::pair(left + right, &merge.result)}) {
        const auto found = id_of_.find(text);
        if (found == id_of_.end())
          return refuse("Merge " + std::to_string(i) + " needs the token " + shown(text) + ", which the vocabulary lacks.");
        *id = found->second;
      }
      rules.merges.push_back(merge);
    }
    return {};
  }

  struct Entry {
    TokenId id = 0;
    std::string_view text;
    bool added = false, special = false;
  };

  TokenizerParts& parts_;
  Lexicon lexicon_;
  std::vector<Entry> entries_;
  std::unordered_map<std::string_view, TokenId> id_of_;
  std::unordered_map<TokenId, const AddedToken*> in_both_;
};

}  // namespace

Result<MergedTexts> parse_merge(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos)
    return fail(ErrorKind::config, "The merge " + shown(line) + " is not two tokens with a space between them.");
  return MergedTexts{.left = std::string(line.substr(0, space)), .right = std::string(line.substr(space + 1))};
}

Result<Lexicon> make_lexicon(TokenizerParts& parts) { return Builder(parts).run(); }

}  // namespace xrouter::tokenizer
