#include "xrouter/tokenizer/added_tokens.hpp"

#include <utf8proc.h>

#include <algorithm>

#include "xrouter/tokenizer/unicode_version.hpp"
#include "xrouter/tokenizer/utf8.hpp"

namespace xrouter::tokenizer {
namespace {

bool is_space(char32_t code) {
  return (code >= 0x09 && code <= 0x0D) || code == ' ' || code == 0x85 || code == 0xA0 || code == 0x1680 ||
         (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

// \w of Unicode's technical standard 18: alphabetic, marks, decimal digits, connectors, joiners.
bool is_word(char32_t code) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(stand_in_of(code)))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC:
      return true;
    case UTF8PROC_CATEGORY_SO:  // letters in circles and squares are alphabetic
      return (code >= 0x24B6 && code <= 0x24E9) || (code >= 0x1F130 && code <= 0x1F149) || (code >= 0x1F150 && code <= 0x1F169) ||
             (code >= 0x1F170 && code <= 0x1F189);
    default:
      return code == 0x200C || code == 0x200D;
  }
}

// Where the character that ends at `end` begins.
std::size_t previous(std::string_view text, std::size_t end) {
  std::size_t at = end - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

bool stands_alone(std::string_view text, Range range) {
  const bool word_before = range.begin > 0 && is_word(valid_utf8_at(text, previous(text, range.begin)).code);
  const bool word_behind = range.end < text.size() && is_word(valid_utf8_at(text, range.end).code);
  return !word_before && !word_behind;
}

std::size_t skip_spaces_back(std::string_view text, std::size_t end, std::size_t stop) {
  while (end > stop) {
    const std::size_t at = previous(text, end);
    if (at < stop || !is_space(valid_utf8_at(text, at).code)) break;
    end = at;
  }
  return end;
}

std::size_t skip_spaces(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const Utf8Char next = valid_utf8_at(text, at);
    if (!is_space(next.code)) break;
    at += next.bytes;
  }
  return at;
}

}  // namespace

Result<AddedTokenFinder> AddedTokenFinder::make(std::vector<AddedToken> tokens) {
  AddedTokenFinder finder;
  finder.tokens_ = std::move(tokens);
  for (std::size_t i = 0; i < finder.tokens_.size(); ++i) {
    const std::string& content = finder.tokens_[i].content;
    std::uint32_t node = 0;
    for (const char byte : content) {
      std::uint32_t next = finder.child(node, byte);
      if (next == 0) {
        next = static_cast<std::uint32_t>(finder.nodes_.size());
        finder.nodes_.emplace_back();
        auto& edges = finder.nodes_[node].edges;
        edges.insert(std::ranges::upper_bound(edges, byte, {}, &Edge::byte), Edge{byte, next});
      }
      node = next;
    }
    if (finder.nodes_[node].token >= 0)
      return fail(ErrorKind::config, "Two added tokens, " +
                                         std::to_string(finder.tokens_[static_cast<std::size_t>(finder.nodes_[node].token)].id) + " and " +
                                         std::to_string(finder.tokens_[i].id) + ", have the same text.");
    finder.nodes_[node].token = static_cast<int>(i);
    finder.begins_[static_cast<unsigned char>(content.front())] = true;
  }
  return finder;
}

std::uint32_t AddedTokenFinder::child(std::uint32_t node, char byte) const {
  const auto& edges = nodes_[node].edges;
  const auto edge = std::ranges::lower_bound(edges, byte, {}, &Edge::byte);
  return edge != edges.end() && edge->byte == byte ? edge->node : 0;
}

AddedTokenFinder::Match AddedTokenFinder::longest_at(std::string_view text, std::size_t at) const {
  Match best;
  std::uint32_t node = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    node = child(node, text[i]);
    if (node == 0) break;
    if (nodes_[node].token >= 0) best = {nodes_[node].token, i + 1};
  }
  return best;
}

void AddedTokenFinder::split(std::string_view text, SpecialTokens special, std::vector<AddedSplit>& out) const {
  std::size_t done = 0;  // everything in front is in `out`
  for (std::size_t at = 0; at < text.size() && !empty();) {
    const Match match = begins_[static_cast<unsigned char>(text[at])] ? longest_at(text, at) : Match{};
    if (match.token < 0) {
      ++at;
      continue;
    }
    Range range{at, match.end};
    at = match.end;  // also behind a match that is then discarded
    const AddedToken& token = tokens_[static_cast<std::size_t>(match.token)];
    if (token.special && special == SpecialTokens::as_text) continue;
    if (token.single_word && !stands_alone(text, range)) continue;
    if (token.lstrip) range.begin = done > range.begin ? done : skip_spaces_back(text, range.begin, done);
    if (token.rstrip) range.end = skip_spaces(text, range.end);
    if (range.begin >= range.end) continue;  // all of it went with the white space of the one in front
    if (done < range.begin) out.push_back({{done, range.begin}});
    out.push_back({range, token.id});
    done = range.end;
  }
  if (done < text.size()) out.push_back({{done, text.size()}});
}

}  // namespace xrouter::tokenizer
