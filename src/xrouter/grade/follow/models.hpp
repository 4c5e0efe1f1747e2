// The language models of data/language, compiled into the program: a grader opens no files.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace xrouter::grade::follow {

/// How often each language's texts hold each run of one to three characters.
class LanguageModel {
 public:
  struct Entry {
    std::uint8_t language;
    double probability;  ///< of the run among the language's runs of that length
  };

  const std::vector<std::string>& languages() const { return languages_; }
  /// The place of a run; nullopt when no language holds it. Precondition: one to three characters.
  std::optional<std::uint32_t> find(std::u32string_view run) const;
  std::span<const Entry> entries(std::uint32_t place) const;
  /// Chinese characters of like frequency share one representative.
  char32_t representative(char32_t c) const;

 private:
  friend const LanguageModel& language_model();
  static LanguageModel read(std::string_view bytes);

  std::vector<std::string> languages_;
  std::vector<std::uint32_t> kanji_;
  std::vector<std::uint32_t> representatives_;
  std::vector<std::uint64_t> keys_;   // sorted
  std::vector<std::uint32_t> first_;  // of keys_[i] in entries_; one more at the end
  std::vector<Entry> entries_;
};

/// What Punkt learned about English. The words are UTF-8, lower case, without a final period.
struct SentenceModel {
  std::unordered_set<std::string> abbreviations;
  std::unordered_set<std::string> collocations;  ///< "word TAB next word"
  std::unordered_set<std::string> starters;
  std::unordered_map<std::string, int> contexts;  ///< bits, see punkt.cpp
};

/// Unpacked at the first call; immutable and thread-safe afterwards.
const LanguageModel& language_model();
const SentenceModel& sentence_model();

}  // namespace xrouter::grade::follow
