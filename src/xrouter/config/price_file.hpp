// LiteLLM's model_prices_and_context_window.json: reading it with suspicion, comparing it with the
// catalogue, taking prices over.
//
// The file gives US dollars per token as JSON numbers. A double keeps 15 significant digits of a
// decimal, so rounding it to 15 digits gives the literal back exactly, a last-bit slip of the JSON
// parser included; no price has more digits. Keys for characters, seconds, images, batches,
// priorities and long-context tiers are left alone: they are other units or other products.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/catalog/catalog.hpp"

namespace xrouter::config {

struct PriceEntry {
  std::string key;       ///< "together_ai/openai/gpt-oss-120b"
  std::string provider;  ///< litellm_provider
  std::string mode;      ///< chat, completion, responses, embedding ...
  Price price;           ///< untrusted figures are left out: they are unknown
};

/// Something a person should look at.
struct PriceFinding {
  enum class Kind {
    out_of_range,  ///< not 0.001 to 1,000 USD per million; the figure is not taken
    zero,          ///< a price of 0, which means "not stated" more often than "free"; not taken
    inexact,       ///< finer than a pico-dollar per token; not taken, because money is never rounded silently
    missing,       ///< no price per token at all
    inverted,      ///< output cheaper than input
    mixed_units,   ///< the price per token contradicts the one per character
    inconsistent,  ///< far from entries of nearly the same name
    differs,       ///< the catalogue says something else
    absent,        ///< the catalogue names a key that the file has not
  };
  Kind kind;
  std::string key;
  std::string text;
};
std::string_view to_text(PriceFinding::Kind kind);

struct PriceFile {
  std::vector<PriceEntry> entries;  ///< in the order of the file; only modes that make text
  std::vector<PriceFinding> findings;
  const PriceEntry* find(std::string_view key) const;
};

/// Errors: ErrorKind::config when it is not a JSON object of entries.
Result<PriceFile> read_price_file(std::string_view json);

/// The key of `price_source: LiteLLM <key>`, or "".
std::string price_key_of(const ModelSpec& model);

/// Kinds differs and absent, for the models whose source is the file.
std::vector<PriceFinding> compare_prices(const ModelCatalog& catalog, const PriceFile& file);

/// The catalogue's models whose source is the file, with its figures of now and `date`; only what
/// belongs into an overlay (id and price). Models whose figures are not to be trusted are left out.
std::vector<ModelSpec> imported_prices(const ModelCatalog& catalog, const PriceFile& file, const std::string& date);

}  // namespace xrouter::config
