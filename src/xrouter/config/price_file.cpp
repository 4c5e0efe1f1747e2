#include "xrouter/config/price_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <tuple>

#include "xrouter/json/parse.hpp"

namespace xrouter::config {
namespace {

using Kind = PriceFinding::Kind;

constexpr std::size_t kMaxFileBytes = std::size_t{32} << 20;
constexpr std::string_view kSampleKey = "sample_spec";  // documents the fields; its figures are not prices
constexpr std::string_view kSourcePrefix = "LiteLLM ";
constexpr std::array<std::string_view, 4> kTextModes{"chat", "completion", "responses", ""};
// Prices of one model vary between hosts by less; a slip of the decimal point or of the unit by more.
constexpr std::int64_t kSuspiciousFactor = 8;
constexpr std::size_t kSmallestGroup = 3;

std::string per_million(Usd per_token) { return per_token.checked_mul(1'000'000).value_or(Usd::max()).to_decimal(); }

/// The decimal text of a JSON number; nullopt for anything else. See the header for why it is exact.
std::optional<std::string> decimal_text(const boost::json::value* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_int64()) return std::to_string(value->get_int64());
  if (value->is_uint64()) return std::to_string(value->get_uint64());
  if (!value->is_double()) return std::nullopt;
  std::array<char, 40> buffer{};
  constexpr int kDecimals = 14;  // 15 significant digits
  auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value->get_double(), std::chars_format::scientific, kDecimals);
  return std::string(buffer.data(), end);
}

struct Amount {
  Usd value;
  bool rounded = false;  // finer than a pico-dollar
};

std::optional<Amount> amount_at(const boost::json::object& fields, std::string_view name) {
  auto text = decimal_text(fields.if_contains(name));
  if (!text) return std::nullopt;
  bool rounded = false;
  auto amount = Usd::parse(*text, &rounded);
  if (!amount) return std::nullopt;
  return Amount{.value = *amount, .rounded = rounded};
}

std::string text_at(const boost::json::object& fields, std::string_view name) {
  const auto* value = fields.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// Reads one entry and notes what is odd about it.
class EntryReader {
 public:
  EntryReader(std::string key, const boost::json::object& fields, std::vector<PriceFinding>& findings)
      : fields_(fields), findings_(findings) {
    entry_.key = std::move(key);
    entry_.provider = text_at(fields, "litellm_provider");
    entry_.mode = text_at(fields, "mode");
  }

  PriceEntry read() {
    Price& price = entry_.price;
    price.input = rate("input", "input_cost_per_token", "input_cost_per_character");
    price.output = rate("output", "output_cost_per_token", "output_cost_per_character");
    price.cached_input = special_rate("cached_input", "cache_read_input_token_cost");
    price.cache_write = special_rate("cache_write", "cache_creation_input_token_cost");
    price.reasoning = special_rate("reasoning", "output_cost_per_reasoning_token");
    price.input_audio = special_rate("input_audio", "input_cost_per_audio_token");
    price.output_audio = special_rate("output_audio", "output_cost_per_audio_token");
    if (price.input && price.output && *price.output < *price.input)
      note(Kind::inverted,
           fmt::format("output {} is cheaper than input {} USD per million", per_million(*price.output), per_million(*price.input)));
    return std::move(entry_);
  }

 private:
  void note(Kind kind, std::string text) { findings_.push_back({kind, entry_.key, std::move(text)}); }

  std::optional<Usd> rate(std::string_view name, std::string_view per_token, std::string_view per_character) {
    const auto amount = amount_at(fields_, per_token);
    if (!amount) {
      note(Kind::missing, fmt::format("no {} price per token", name));
      return std::nullopt;
    }
    // A token is at least one character, so it cannot be cheaper.
    const auto character = amount_at(fields_, per_character);
    if (character && amount->value > Usd::zero() && amount->value < character->value) {
      note(Kind::mixed_units, fmt::format("{} {} USD per million tokens, but {} per million characters", name, per_million(amount->value),
                                          per_million(character->value)));
      return std::nullopt;
    }
    return trusted(name, *amount);
  }

  std::optional<Usd> special_rate(std::string_view name, std::string_view key) {
    const auto amount = amount_at(fields_, key);
    return amount ? trusted(name, *amount) : std::nullopt;
  }

  std::optional<Usd> trusted(std::string_view name, const Amount& read) {
    const Usd amount = read.value;
    if (amount == Usd::zero()) {
      note(Kind::zero, fmt::format("{} price of 0", name));
      return std::nullopt;
    }
    if (amount.pico() < kMinPicoPerToken || amount.pico() > kMaxPicoPerToken) {
      note(Kind::out_of_range, fmt::format("{} {} USD per million tokens", name, per_million(amount)));
      return std::nullopt;
    }
    if (read.rounded) {
      note(Kind::inexact, fmt::format("{} about {} USD per million tokens, finer than a pico-dollar per token", name, per_million(amount)));
      return std::nullopt;
    }
    return amount;
  }

  const boost::json::object& fields_;
  std::vector<PriceFinding>& findings_;
  PriceEntry entry_;
};

bool is_number(std::string_view word) {
  if (word.starts_with('v')) word.remove_prefix(1);
  return !word.empty() && word.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// The name without host, date and release words: "gemini-1.5-pro-preview-0514" -> "gemini-1.5-pro".
std::string family_of(std::string_view key) {
  key = key.substr(key.rfind('/') + 1);
  if (key.starts_with("ft:")) key.remove_prefix(3);  // a fine-tuned model has its own price, but not a far one
  key = key.substr(0, key.find_first_of("@:"));
  const auto is_release = [](std::string_view word) { return is_number(word) || word == "preview" || word == "exp" || word == "latest"; };
  while (true) {
    const std::size_t dash = key.rfind('-');
    const bool two_words_left = dash != std::string_view::npos && key.substr(0, dash).find('-') != std::string_view::npos;
    if (!two_words_left || !is_release(key.substr(dash + 1))) return std::string(key);
    key = key.substr(0, dash);
  }
}

void find_outliers(PriceFile& file) {
  std::map<std::string, std::vector<const PriceEntry*>> families;
  for (const PriceEntry& entry : file.entries)
    if (entry.price.known()) families[family_of(entry.key)].push_back(&entry);
  for (const auto& [family, members] : families) {
    if (members.size() < kSmallestGroup) continue;
    std::vector<Usd> prices;
    for (const PriceEntry* member : members) prices.push_back(*member->price.input);
    std::nth_element(prices.begin(), prices.begin() + static_cast<std::ptrdiff_t>(prices.size() / 2), prices.end());
    const Usd median = prices[prices.size() / 2];
    for (const PriceEntry* member : members) {
      const std::int64_t price = member->price.input->pico();
      if (price * kSuspiciousFactor > median.pico() && median.pico() * kSuspiciousFactor > price) continue;
      file.findings.push_back({Kind::inconsistent, member->key,
                               fmt::format("input {} USD per million, while the median of {} entries of '{}' is {}",
                                           per_million(*member->price.input), members.size(), family, per_million(median))});
    }
  }
}

/// "deepseek-chat" beside "deepseek/deepseek-chat": two prices for one name at one provider.
void find_contradictions(PriceFile& file) {
  for (const PriceEntry& entry : file.entries) {
    if (entry.key.find('/') != std::string::npos || entry.provider.empty()) continue;
    const PriceEntry* twin = file.find(entry.provider + "/" + entry.key);
    if (twin == nullptr || !twin->price.known() || !entry.price.known()) continue;
    if (twin->price.input == entry.price.input && twin->price.output == entry.price.output) continue;
    file.findings.push_back(
        {Kind::inconsistent, entry.key,
         fmt::format("{} in, {} out, but {} says {} in, {} out", per_million(*entry.price.input), per_million(*entry.price.output),
                     twin->key, per_million(*twin->price.input), per_million(*twin->price.output))});
  }
}

struct Rate {
  std::string_view name;
  std::optional<Usd> Price::*member;
};
constexpr std::array<Rate, 4> kCompared{
    {{"input", &Price::input}, {"output", &Price::output}, {"cached_input", &Price::cached_input}, {"cache_write", &Price::cache_write}}};

}  // namespace

std::string_view to_text(Kind kind) {
  switch (kind) {
    case Kind::out_of_range:
      return "out of range";
    case Kind::zero:
      return "zero";
    case Kind::inexact:
      return "inexact";
    case Kind::missing:
      return "missing";
    case Kind::inverted:
      return "inverted";
    case Kind::mixed_units:
      return "mixed units";
    case Kind::inconsistent:
      return "inconsistent";
    case Kind::differs:
      return "differs";
    case Kind::absent:
      return "absent";
  }
  return "";
}

const PriceEntry* PriceFile::find(std::string_view key) const {
  auto it = std::find_if(entries.begin(), entries.end(), [&](const PriceEntry& entry) { return entry.key == key; });
  return it == entries.end() ? nullptr : &*it;
}

Result<PriceFile> read_price_file(std::string_view text) {
  auto root = json::parse(text, {.max_bytes = kMaxFileBytes});
  if (!root) return fail(ErrorKind::config, "the price file is not JSON: " + root.error().public_text);
  if (!root->is_object()) return fail(ErrorKind::config, "the price file must be a JSON object with one entry per model");
  PriceFile file;
  for (const auto& field : root->get_object()) {
    if (!field.value().is_object() || field.key() == kSampleKey) continue;
    const boost::json::object& fields = field.value().get_object();
    if (std::find(kTextModes.begin(), kTextModes.end(), text_at(fields, "mode")) == kTextModes.end()) continue;
    file.entries.push_back(EntryReader(field.key(), fields, file.findings).read());
  }
  if (file.entries.empty()) return fail(ErrorKind::config, "the price file holds no model that makes text");
  find_outliers(file);
  find_contradictions(file);
  return file;
}

std::string price_key_of(const ModelSpec& model) {
  const std::string& source = model.price.source;
  return source.starts_with(kSourcePrefix) ? source.substr(kSourcePrefix.size()) : std::string();
}

std::vector<PriceFinding> compare_prices(const ModelCatalog& catalog, const PriceFile& file) {
  std::vector<PriceFinding> findings;
  for (const ModelSpec& model : catalog.models()) {
    const std::string key = price_key_of(model);
    if (key.empty()) continue;
    const PriceEntry* entry = file.find(key);
    if (entry == nullptr) {
      findings.push_back({Kind::absent, model.id.value, fmt::format("the file has no key '{}'", key)});
      continue;
    }
    for (const Rate& rate : kCompared) {
      const auto& ours = model.price.*rate.member;
      const auto& theirs = entry->price.*rate.member;
      if (!ours || ours == theirs) continue;
      findings.push_back({Kind::differs, model.id.value,
                          fmt::format("{} is {} here (read {}), {} in the file", rate.name, per_million(*ours), model.price.date,
                                      theirs ? per_million(*theirs) : "not stated or not to be trusted")});
    }
  }
  return findings;
}

std::vector<ModelSpec> imported_prices(const ModelCatalog& catalog, const PriceFile& file, const std::string& date) {
  std::vector<ModelSpec> models;
  for (const ModelSpec& model : catalog.models()) {
    const std::string key = price_key_of(model);
    const PriceEntry* entry = key.empty() ? nullptr : file.find(key);
    if (entry == nullptr || !entry->price.known()) continue;
    ModelSpec updated;
    updated.id = model.id;
    updated.price = entry->price;
    updated.price.source = model.price.source;
    updated.price.date = date;
    models.push_back(std::move(updated));
  }
  return models;
}

}  // namespace xrouter::config
