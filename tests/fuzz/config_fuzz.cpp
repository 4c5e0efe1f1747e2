// xrouter.yaml and models.yaml from anybody: never a crash, never a long time, and what loads can be
// shown and loaded again.
//
// The first byte chooses the reader, so that one corpus serves all three.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "xrouter/config/load.hpp"
#include "xrouter/config/price_file.hpp"

namespace {

using namespace xrouter;

constexpr const char* kCatalog =
    "models:\n"
    "  big: {usd_per_mtok: {input: \"2.50\", output: \"10.00\"}}\n"
    "  tape: {upstream: recorded, usd_per_mtok: {input: \"1\", output: \"1\"}}\n";

config::LoadOptions options(std::string catalog) {
  return {
      .data_dir = {},
      .environment = [](const std::string& name) { return name == "XROUTER_DATA_DIR" ? std::nullopt : std::optional<std::string>("key"); },
      .shipped_catalog = std::move(catalog)};
}

void check(bool holds) {
  if (!holds) std::abort();
}

void read_settings(std::string_view text) {
  auto loaded = config::parse_config(text, "fuzz.yaml", options(kCatalog));
  if (!loaded) {
    check(!loaded.error().public_text.empty());
    return;
  }
  check((*loaded)->catalog != nullptr && (*loaded)->hash == config::hash_of(**loaded));
  check(!config::to_yaml(**loaded).empty());
  config::warnings(**loaded);
}

void read_catalog(std::string_view text) { (void)config::parse_config("", "fuzz.yaml", options(std::string(text))); }

void read_prices(std::string_view text) {
  auto file = config::read_price_file(text);
  if (!file) return;
  for (const config::PriceEntry& entry : file->entries)
    if (entry.price.input) check(entry.price.input->pico() >= kMinPicoPerToken && entry.price.input->pico() <= kMaxPicoPerToken);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'm':
      read_catalog(text);
      break;
    case 'p':
      read_prices(text);
      break;
    default:
      read_settings(text);
      break;
  }
  return 0;
}
