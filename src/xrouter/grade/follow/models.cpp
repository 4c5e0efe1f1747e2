#include "xrouter/grade/follow/models.hpp"

#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "xrouter/base/assert.hpp"

// The assembler copies the files into the program's constants.
#define XROUTER_EMBED(symbol, path)                                                                              \
  __asm__(".pushsection .rodata\n.balign 16\n.hidden " #symbol "_begin\n.hidden " #symbol                        \
          "_end\n"                                                                                               \
          ".globl " #symbol "_begin\n.globl " #symbol "_end\n" #symbol "_begin:\n.incbin \"" path "\"\n" #symbol \
          "_end:\n.byte 0\n.popsection\n");                                                                      \
  extern "C" const char symbol##_begin[];                                                                        \
  extern "C" const char symbol##_end[]

XROUTER_EMBED(xrouter_languages, XROUTER_SOURCE_DIR "/data/language/languages.bin.zst");
XROUTER_EMBED(xrouter_sentences, XROUTER_SOURCE_DIR "/data/language/sentences_english.tsv.zst");

namespace xrouter::grade::follow {
namespace {

std::string unpacked(const char* begin, const char* end) {
  const auto packed = static_cast<std::size_t>(end - begin);
  std::string out(ZSTD_getFrameContentSize(begin, packed), '\0');
  const std::size_t size = ZSTD_decompress(out.data(), out.size(), begin, packed);
  XROUTER_ASSERT(size == out.size(), "the compiled-in models are whole");
  return out;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  std::vector<T> column(std::size_t count) {
    XROUTER_ASSERT(rest_.size() >= count * sizeof(T), "the compiled-in model is not cut");
    std::vector<T> out(count);
    std::memcpy(out.data(), rest_.data(), count * sizeof(T));
    rest_.remove_prefix(count * sizeof(T));
    return out;
  }

 private:
  std::string_view rest_;
};

std::uint64_t key_of(std::u32string_view run) {
  std::uint64_t key = 0;
  for (const char32_t c : run) key = key << 21 | c;
  return key;
}

int length_of(std::uint64_t key) { return key >> 42 != 0 ? 3 : key >> 21 != 0 ? 2 : 1; }

struct Profile {
  char name[8];
  std::uint32_t totals[3];  // runs of one, two and three characters
};

std::string_view next_field(std::string_view& line) {
  const std::size_t tab = line.find('\t');
  const std::string_view field = line.substr(0, tab);
  line = tab == std::string_view::npos ? std::string_view() : line.substr(tab + 1);
  return field;
}

void take(SentenceModel& model, std::string_view line) {
  const std::string_view kind = next_field(line);
  if (kind == "abbreviation") {
    model.abbreviations.emplace(line);
  } else if (kind == "collocation") {
    model.collocations.emplace(line);
  } else if (kind == "starter") {
    model.starters.emplace(line);
  } else {
    std::string word(next_field(line));
    model.contexts.emplace(std::move(word), std::stoi(std::string(line)));
  }
}

SentenceModel read_sentence_model(std::string_view text) {
  SentenceModel model;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    take(model, text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return model;
}

}  // namespace

LanguageModel LanguageModel::read(std::string_view bytes) {
  constexpr std::string_view kMagic("XLANG1\0\0", 8);
  XROUTER_ASSERT(bytes.starts_with(kMagic), "the compiled-in model is of this version");
  Reader reader(bytes.substr(kMagic.size()));
  LanguageModel model;
  const auto counts = reader.column<std::uint32_t>(4);
  const auto profiles = reader.column<Profile>(counts[0]);
  for (const Profile& profile : profiles) model.languages_.emplace_back(profile.name, strnlen(profile.name, sizeof profile.name));
  model.kanji_ = reader.column<std::uint32_t>(counts[1]);
  model.representatives_ = reader.column<std::uint32_t>(counts[1]);
  model.keys_ = reader.column<std::uint64_t>(counts[2]);
  const auto sizes = reader.column<std::uint8_t>(counts[2]);
  const auto languages = reader.column<std::uint8_t>(counts[3]);
  const auto frequencies = reader.column<std::uint32_t>(counts[3]);
  model.first_.reserve(sizes.size() + 1);
  model.entries_.reserve(counts[3]);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto first = static_cast<std::uint32_t>(model.entries_.size());
    model.first_.push_back(first);
    for (std::uint32_t at = first; at < first + sizes[i]; ++at) {
      const double total = profiles[languages[at]].totals[length_of(model.keys_[i]) - 1];
      model.entries_.push_back({languages[at], static_cast<double>(frequencies[at]) / total});
    }
  }
  model.first_.push_back(counts[3]);
  return model;
}

std::optional<std::uint32_t> LanguageModel::find(std::u32string_view run) const {
  const std::uint64_t key = key_of(run);
  const auto found = std::ranges::lower_bound(keys_, key);
  if (found == keys_.end() || *found != key) return std::nullopt;
  return static_cast<std::uint32_t>(found - keys_.begin());
}

std::span<const LanguageModel::Entry> LanguageModel::entries(std::uint32_t place) const {
  return std::span(entries_).subspan(first_[place], first_[place + 1] - first_[place]);
}

char32_t LanguageModel::representative(char32_t c) const {
  const auto found = std::ranges::lower_bound(kanji_, static_cast<std::uint32_t>(c));
  if (found == kanji_.end() || *found != c) return c;
  return representatives_[static_cast<std::size_t>(found - kanji_.begin())];
}

const LanguageModel& language_model() {
  static const LanguageModel model = LanguageModel::read(unpacked(xrouter_languages_begin, xrouter_languages_end));
  return model;
}

const SentenceModel& sentence_model() {
  static const SentenceModel model = read_sentence_model(unpacked(xrouter_sentences_begin, xrouter_sentences_end));
  return model;
}

}  // namespace xrouter::grade::follow
