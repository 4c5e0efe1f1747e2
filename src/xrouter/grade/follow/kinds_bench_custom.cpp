// IFBench 2025: kinds made for one prompt each.
#include <algorithm>
#include <array>

#include "xrouter/grade/follow/bench_text.hpp"
#include "xrouter/grade/follow/csv.hpp"
#include "xrouter/grade/follow/kind.hpp"
#include "xrouter/grade/follow/punkt.hpp"

namespace xrouter::grade::follow {
namespace {

bool multiples(const Subject& subject, const Args&) {
  static constexpr std::array<TextView, 6> kMultiples{U"14", U"21", U"28", U"35", U"42", U"49"};
  return std::ranges::equal(digit_runs(subject.text), kMultiples);
}

// Length of "Question 1:" at `at`; 0 when there is none.
std::size_t question_label(TextView text, std::size_t at) {
  constexpr TextView kLabel = U"Question ";
  if (!text.substr(at).starts_with(kLabel)) return 0;
  std::size_t end = at + kLabel.size();
  const std::size_t digits = end;
  while (end < text.size() && is_digit(text[end])) ++end;
  if (end == digits) return 0;
  if (end < text.size() && TextView(U".|):;").find(text[end]) != TextView::npos) ++end;
  return end - at;
}

std::vector<TextView> questions(TextView text) {
  std::vector<TextView> out;
  std::size_t begin = 0;
  const auto close = [&](std::size_t end) {
    const TextView question = stripped(text.substr(begin, end - begin));
    if (!question.empty()) out.push_back(question);
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t label = text[at] == 'Q' ? question_label(text, at) : 0;
    if (label > 0) {
      close(at);
      begin = at + label;
    }
    at += std::max<std::size_t>(label, 1);
  }
  close(text.size());
  return out;
}

// "a) word" or "A. word".
bool is_choice(TextView line) {
  if (line.size() < 3 || TextView(U"ABCDEabcde").find(line[0]) == TextView::npos) return false;
  if (line[1] != '.' && line[1] != '|' && line[1] != ')') return false;
  const TextView rest = left_stripped(line.substr(2));
  return !rest.empty() && is_word(rest[0]);
}

// Length of the question's own text when it offers five choices, otherwise nullopt.
std::optional<std::size_t> question_length(TextView question) {
  std::size_t choices = 0;
  Text asked;
  for (const TextView line : split(question, U"\n")) {
    if (is_choice(stripped(line))) {
      ++choices;
    } else if (choices == 0) {
      asked.append(U" ").append(stripped(line));
    }
  }
  if (choices != 5) return std::nullopt;
  return stripped(asked).size();
}

bool mcq_count_length(const Subject& subject, const Args&) {
  if (!TextView(subject.text).starts_with(U"Question")) return false;
  const auto asked = questions(subject.text);
  if (asked.size() != 4) return false;
  std::optional<std::size_t> previous;
  for (const TextView question : asked) {
    const auto length = question_length(question);
    if (!length || (previous && *length <= *previous)) return false;
    previous = length;
  }
  return true;
}

bool reverse_newline(const Subject& subject, const Args&) {
  constexpr std::size_t kCountries = 52;
  std::vector<std::string> lines;
  for (const TextView line : split(subject.text, U"\n")) {
    const TextView name = stripped(line, punctuation_and_space());
    if (name.empty() || (lines.empty() && !contains(name, U"Zimbabwe"))) continue;
    lines.push_back(ascii_only(name));
  }
  return lines.size() >= kCountries && std::ranges::is_sorted(lines, std::ranges::greater{});
}

bool word_reverse(const Subject& subject, const Args&) {
  const Text plain = without_punctuation(lowered(subject.text));
  const auto words = blank_separated(plain);
  Text turned;
  for (auto word = words.rbegin(); word != words.rend(); ++word) turned.append(turned.empty() ? U"" : U" ").append(*word);
  const auto sentences = punkt_sentences(turned);
  return contains(turned, U"bald eagle") && std::ranges::find(sentences, TextView(turned)) != sentences.end();
}

bool character_reverse(const Subject& subject, const Args&) { return contains(lowered(subject.text), U"elgae dlab"); }

bool sentence_alphabet(const Subject& subject, const Args&) {
  const auto sentences = punkt_sentences(subject.text);
  if (sentences.size() != 26) return false;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    const Text first = lowered(left_stripped(sentences[i]).substr(0, 1));
    if (first.empty() || first[0] != U'a' + i) return false;
  }
  return true;
}

// Those north of 45 degrees, from north to south, as the data set has them.
bool european_capitals_sort(const Subject& subject, const Args&) {
  static constexpr std::array<std::string_view, 27> kCapitals{
      "Reykjavik", "Helsinki", "Oslo",       "Tallinn",   "Stockholm", "Riga",     "Moscow",   "Copenhagen", "Vilnius",
      "Minsk",     "Dublin",   "Berlin",     "Amsterdam", "Warsaw",    "London",   "Brussels", "Prague",     "Luxembourg",
      "Paris",     "Vienna",   "Bratislava", "Budapest",  "Vaduz",     "Chisinau", "Bern",     "Ljubljana",  "Zagreb"};
  std::vector<std::string> given;
  const Text plain = decode(ascii_only(subject.text));
  for (const TextView capital : split(plain, U","))
    if (!is_blank(capital)) given.push_back(encode(stripped(capital)));
  return std::ranges::equal(given, kCapitals);
}

bool have_size(std::span<const CsvRow> rows, std::size_t fields) {
  return std::ranges::all_of(rows, [fields](const CsvRow& row) { return row.size() == fields; });
}

bool csv_city(const Subject& subject, const Args&) {
  static const CsvRow kHeader{U"ID", U"Country", U"City", U"Year", U"Count"};
  const auto rows = read_csv(subject.text, U',');
  return rows && rows->size() == 8 && rows->front() == kHeader && have_size(*rows, 5);
}

// Whether the first line holds these names, quoted or not, with blanks after the delimiters.
bool has_header(TextView text, std::span<const TextView> names, char32_t delimiter, TextView blanks) {
  const auto cells = split(stripped(text.substr(0, text.find(U'\n'))), TextView(&delimiter, 1));
  if (cells.size() != names.size()) return false;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const TextView cell = i == 0 ? cells[i] : left_stripped(cells[i], blanks);
    if (cell != names[i] && cell != U"\"" + Text(names[i]) + U"\"") return false;
  }
  return true;
}

// With quotes that stay in the fields: every quote is written three times before reading.
std::optional<std::vector<CsvRow>> read_with_quotes(TextView text, char32_t delimiter) {
  return read_csv(replaced(text, U"\"", U"\"\"\""), delimiter);
}

// Begins with a quoted part that holds a sign.
bool has_quoted_sign(TextView field) {
  if (field.empty() || field[0] != '"') return false;
  const TextView line = field.substr(0, field.find(U'\n'));
  const std::size_t close = line.rfind(U'"');
  if (close == 0) return false;
  return std::ranges::any_of(line.substr(1, close - 1), [](char32_t c) { return !is_word(c) && !is_space(c); });
}

bool csv_special_character(const Subject& subject, const Args&) {
  static constexpr std::array<TextView, 5> kNames{U"ProductID", U"Category", U"Brand", U"Price", U"Stock"};
  if (!has_header(subject.text, kNames, U',', U" \t")) return false;
  const auto rows = read_with_quotes(subject.text, U',');
  if (!rows || rows->size() != 15) return false;
  for (const CsvRow& row : std::span(*rows).subspan(1)) {
    if (row.size() != 5) return false;
    if (std::ranges::any_of(row, has_quoted_sign)) return true;
  }
  return false;
}

bool is_quoted(const Text& field) {
  const TextView text = stripped(field);
  return !text.empty() && text.front() == '"' && text.back() == '"';
}

bool csv_quotes(const Subject& subject, const Args&) {
  static constexpr std::array<TextView, 5> kNames{U"StudentID", U"Subject", U"Grade", U"Semester", U"Score"};
  if (!has_header(subject.text, kNames, U'\t', U" ")) return false;
  const auto rows = read_with_quotes(subject.text, U'\t');
  return rows && rows->size() == 4 && have_size(*rows, 5) &&
         std::ranges::all_of(*rows, [](const CsvRow& row) { return std::ranges::all_of(row, is_quoted); });
}

std::optional<int> number_of(TextView digits, std::size_t length) {
  if (digits.size() != length) return std::nullopt;
  int number = 0;
  for (const char32_t c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<int>(c - '0');
  }
  return number;
}

// 1769-08-15, in Napoleon's lifetime.
bool is_date(TextView text) {
  const auto parts = split(stripped(text), U"-");
  if (parts.size() != 3) return false;
  const auto year = number_of(parts[0], 4);
  const auto month = number_of(parts[1], 2);
  const auto day = number_of(parts[2], 2);
  if (!year || !month || !day || *year < 1769 || *year > 1821 || *month > 12) return false;
  static constexpr std::array<int, 13> kDays{99, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};  // month 0 passes: as published
  return *day <= kDays[static_cast<std::size_t>(*month)];
}

bool date_format_list(const Subject& subject, const Args&) { return std::ranges::all_of(split(stripped(subject.text), U","), is_date); }

constexpr Kind kKinds[] = {
    {.id = "custom:multiples", .check = plain<multiples>},
    {.id = "custom:mcq_count_length", .check = plain<mcq_count_length>},
    {.id = "custom:reverse_newline", .check = plain<reverse_newline>},
    {.id = "custom:word_reverse", .check = plain<word_reverse>},
    {.id = "custom:character_reverse", .check = plain<character_reverse>},
    {.id = "custom:sentence_alphabet", .check = plain<sentence_alphabet>},
    {.id = "custom:european_capitals_sort", .check = plain<european_capitals_sort>},
    {.id = "custom:csv_city", .check = plain<csv_city>},
    {.id = "custom:csv_special_character", .check = plain<csv_special_character>},
    {.id = "custom:csv_quotes", .check = plain<csv_quotes>},
    {.id = "custom:date_format_list", .check = plain<date_format_list>},
};

}  // namespace

std::span<const Kind> bench_custom_kinds() { return kKinds; }

}  // namespace xrouter::grade::follow
