#include "xrouter/grade/choice/offered.hpp"

#include <algorithm>

#include "xrouter/grade/choice/chosen.hpp"
#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/fold.hpp"
#include "xrouter/grade/extract/scan.hpp"

namespace xrouter::grade::choice {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

Result<Offered> first_letters(std::size_t count) {
  if (count == 0 || count > kAlphabet.size()) return fail(ErrorKind::config, "a question offers 1 to 26 options, not " + std::to_string(count));
  return Offered{.letters = std::string(kAlphabet.substr(0, count)), .options = {}};
}

Result<Offered> from_texts(const Value::List& list) {
  auto offered = first_letters(list.items.size());
  if (!offered) return offered;
  for (const Value& item : list.items) {
    const std::string* text = item.if_string();
    if (!text) return fail(ErrorKind::config, "an option is not a text");
    offered->options.push_back(extract::folded(extract::undecorated(*text)));
  }
  return offered;
}

// "C", "(C)", "C." or "C Cecile": how keys are written, where replies would need more care.
char leading_letter(std::string_view text, const Offered& offered) {
  text = extract::trimmed(text);
  if (text.starts_with('(')) text.remove_prefix(1);
  const bool bordered = text.size() == 1 || (text.size() > 1 && !extract::is_word(text[1]) && text[1] != '\'');
  if (text.empty() || !bordered) return 0;
  const char letter = text.size() == 1 ? extract::to_upper(text[0]) : text[0];
  return offered.letters.find(letter) != std::string::npos ? letter : 0;
}

char key_letter(std::string_view text, const Offered& offered) {
  if (const char letter = leading_letter(text, offered)) return letter;
  if (const char letter = letter_of_text(text, offered)) return letter;
  const auto chosen = chosen_of(text, offered, false);
  return chosen && chosen->letters.size() == 1 ? chosen->letters[0] : 0;
}

Result<Key> key_of_list(const Value::List& list, const Offered& offered) {
  Key key{.letters = {}, .text = {}, .several = true};
  for (const Value& item : list.items) {
    const char letter = item.if_string() ? key_letter(*item.if_string(), offered) : 0;
    if (letter == 0) return fail(ErrorKind::config, "a right letter is not among the options");
    if (key.letters.find(letter) == std::string::npos) key.letters += letter;
  }
  if (key.letters.empty()) return fail(ErrorKind::config, "no letter is right");
  std::ranges::sort(key.letters);
  return key;
}

}  // namespace

Result<Offered> offered_of(const Value& extra, int usual) {
  for (const std::string_view name : {"options", "choices"}) {
    const Value* field = extra.find(name);
    if (!field) continue;
    if (const Value::List* list = field->if_list()) return from_texts(*list);
    if (const std::string* letters = field->if_string()) return first_letters(letters->size());
  }
  const Value* count = extra.find("n_options");
  if (!count || !count->if_number()) return first_letters(static_cast<std::size_t>(usual));
  const std::int64_t number = count->if_number()->to_int64().value_or(0);
  return first_letters(number > 0 && number <= 26 ? static_cast<std::size_t>(number) : 0);
}

char letter_of_text(std::string_view text, const Offered& offered) {
  if (offered.options.empty()) return 0;
  const std::string wanted = extract::folded(extract::undecorated(text));
  if (wanted.empty() || std::ranges::count(offered.options, wanted) != 1) return 0;
  return offered.letters[static_cast<std::size_t>(std::ranges::find(offered.options, wanted) - offered.options.begin())];
}

Result<Key> key_of(const Value& ground_truth, const Offered& offered) {
  if (const Value::List* list = ground_truth.if_list()) return key_of_list(*list, offered);
  const std::string* text = ground_truth.if_string();
  if (!text || extract::trimmed(*text).empty()) return fail(ErrorKind::config, "the ground truth is no letter");
  if (const char letter = key_letter(*text, offered)) return Key{.letters = std::string(1, letter), .text = {}};
  const bool is_letter = extract::trimmed(*text).size() == 1;
  if (!offered.options.empty() || is_letter) return fail(ErrorKind::config, "the right letter or text is not among the options");
  return Key{.letters = {}, .text = extract::folded(extract::undecorated(*text))};
}

}  // namespace xrouter::grade::choice
