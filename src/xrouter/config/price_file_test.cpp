#include "xrouter/config/price_file.hpp"

#include <gmock/gmock.h>

#include "xrouter/config/catalog_file.hpp"

namespace xrouter::config {
namespace {

using testing::ElementsAre;
using Kind = PriceFinding::Kind;

PriceFile parse(std::string_view entries) {
  auto file = read_price_file("{" + std::string(entries) + "}");
  EXPECT_TRUE(file) << file.error().describe();
  return file ? std::move(*file) : PriceFile{};
}

std::vector<std::string> lines(const std::vector<PriceFinding>& findings) {
  std::vector<std::string> out;
  for (const PriceFinding& finding : findings) out.push_back(std::string(to_text(finding.kind)) + " " + finding.key + ": " + finding.text);
  return out;
}

TEST(PriceFile, literals_become_the_exact_amount) {
  struct Case {
    const char* literal;
    std::int64_t pico;
  };
  for (const Case& each : {Case{"3e-06", 3'000'000},
                           {"7.5e-08", 75'000},
                           {"3.125e-07", 312'500},
                           {"0.0000011", 1'100'000},
                           {"1.1e-06", 1'100'000},
                           {"1.35e-6", 1'350'000},
                           {"9.54e-07", 954'000},
                           {"3.961e-06", 3'961'000},
                           {"0.000075", 75'000'000},
                           {"1.000001e-06", 1'000'001}}) {
    const PriceFile file =
        parse(R"("m": {"mode": "chat", "input_cost_per_token": )" + std::string(each.literal) + R"(, "output_cost_per_token": 1e-3})");
    EXPECT_EQ(file.entries.at(0).price.input, Usd::from_pico(each.pico)) << each.literal;
  }
}

TEST(PriceFile, every_price_of_the_sane_range_survives_the_way_through_a_double) {
  std::string entries;
  std::vector<Usd> expected;
  for (std::int64_t pico = 1'000; pico <= 1'000'000'000; pico = pico * 3 / 2 + 7) {
    expected.push_back(Usd::from_pico(pico));
    entries += (entries.empty() ? "" : ",") + std::string("\"m") + std::to_string(pico) +
               R"(": {"mode": "chat", "input_cost_per_token": )" + expected.back().to_decimal() + R"(, "output_cost_per_token": 1e-3})";
  }
  const PriceFile file = parse(entries);
  ASSERT_EQ(file.entries.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(file.entries[i].price.input, expected[i]);
}

TEST(PriceFile, untrusted_figures_are_reported_and_left_unknown) {
  const PriceFile file = parse(R"(
    "sample_spec": {"mode": "chat", "input_cost_per_token": 0},
    "picture": {"mode": "image_generation"},
    "free": {"mode": "chat", "input_cost_per_token": 0, "output_cost_per_token": 0.0},
    "huge": {"mode": "chat", "input_cost_per_token": 0.0032, "output_cost_per_token": 1e-6},
    "none": {"mode": "chat", "search_context_cost_per_query": {"low": 1}},
    "text": {"mode": "chat", "input_cost_per_token": "1e-6", "output_cost_per_token": {"a": 1}},
    "odd": {"mode": "chat", "input_cost_per_token": 4.6875e-09, "output_cost_per_token": 1e-6},
    "upside": {"mode": "chat", "input_cost_per_token": 1.1e-06, "output_cost_per_token": 3.7e-07},
    "letters": {"mode": "chat", "input_cost_per_token": 7.8125e-08, "input_cost_per_character": 3.125e-07, "output_cost_per_token": 1e-6})");
  EXPECT_EQ(file.entries.size(), 7u);
  EXPECT_EQ(file.find("huge")->price.input, std::nullopt);
  EXPECT_EQ(file.find("free")->price.output, std::nullopt);
  EXPECT_EQ(file.find("upside")->price.input, Usd::from_pico(1'100'000)) << "odd, but taken";
  EXPECT_THAT(
      lines(file.findings),
      ElementsAre("zero free: input price of 0", "zero free: output price of 0", "out of range huge: input 3200 USD per million tokens",
                  "missing none: no input price per token", "missing none: no output price per token",
                  "missing text: no input price per token", "missing text: no output price per token",
                  "inexact odd: input about 0.004688 USD per million tokens, finer than a pico-dollar per token",
                  "inverted upside: output 0.37 is cheaper than input 1.1 USD per million",
                  "mixed units letters: input 0.078125 USD per million tokens, but 0.3125 per million characters"));
}

TEST(PriceFile, a_slip_of_the_decimal_point_stands_out_among_its_kin) {
  const PriceFile file = parse(R"(
    "claude-instant-1": {"mode": "chat", "input_cost_per_token": 1.63e-6, "output_cost_per_token": 5.51e-6},
    "claude-instant-1.2": {"mode": "chat", "input_cost_per_token": 1.63e-7, "output_cost_per_token": 5.51e-7},
    "openrouter/anthropic/claude-instant-v1": {"mode": "chat", "input_cost_per_token": 1.63e-6, "output_cost_per_token": 5.51e-6})");
  EXPECT_THAT(
      lines(file.findings),
      ElementsAre(
          "inconsistent claude-instant-1.2: input 0.163 USD per million, while the median of 3 entries of 'claude-instant' is 1.63"));
}

TEST(PriceFile, one_name_with_two_prices_at_one_provider_is_reported) {
  const PriceFile file = parse(R"(
    "deepseek-chat": {"mode": "chat", "litellm_provider": "deepseek", "input_cost_per_token": 1.4e-07, "output_cost_per_token": 2.8e-07},
    "deepseek/deepseek-chat": {"mode": "chat", "litellm_provider": "deepseek", "input_cost_per_token": 2.7e-07, "output_cost_per_token": 1.1e-06})");
  EXPECT_THAT(lines(file.findings),
              ElementsAre("inconsistent deepseek-chat: 0.14 in, 0.28 out, but deepseek/deepseek-chat says 0.27 in, 1.1 out"));
}

TEST(PriceFile, refuses_what_is_no_price_file) {
  EXPECT_FALSE(read_price_file("[]"));
  EXPECT_FALSE(read_price_file("{}"));
  EXPECT_FALSE(read_price_file("not json"));
  EXPECT_FALSE(read_price_file(R"({"a": 5})"));
}

class PriceImport : public testing::Test {
 protected:
  PriceImport() {
    Report report;
    overlay_catalog_text(R"(
models:
  m: {tier: premium, usd_per_mtok: {input: "1", output: "2", cached_input: "0.5"}, price_source: LiteLLM host/m, price_date: 2025-01-01}
  gone: {usd_per_mtok: {input: "1", output: "2"}, price_source: LiteLLM gone}
  own: {usd_per_mtok: {input: "1", output: "2"}, price_source: my contract}
)",
                         "models.yaml", drafts_, report);
    EXPECT_TRUE(report.empty());
    catalog_ = make();
  }

  std::shared_ptr<const ModelCatalog> make() const {
    std::vector<ModelSpec> models;
    for (const ModelDraft& draft : drafts_) models.push_back(draft.value);
    return ModelCatalog::make(std::move(models)).value();
  }

  PriceFile file_ = parse(
      R"("host/m": {"mode": "chat", "input_cost_per_token": 1.5e-6, "output_cost_per_token": 2e-6, "cache_read_input_token_cost": 5e-7})");
  std::vector<ModelDraft> drafts_;
  std::shared_ptr<const ModelCatalog> catalog_;
};

TEST_F(PriceImport, comparison_names_what_differs_and_what_is_gone) {
  EXPECT_THAT(lines(compare_prices(*catalog_, file_)),
              ElementsAre("differs m: input is 1 here (read 2025-01-01), 1.5 in the file", "absent gone: the file has no key 'gone'"));
}

TEST_F(PriceImport, an_imported_overlay_changes_prices_and_nothing_else) {
  const std::string text = catalog_yaml(imported_prices(*catalog_, file_, "2025-09-01"), "# imported");
  Report report;
  overlay_catalog_text(text, "mine.yaml", drafts_, report);
  ASSERT_TRUE(report.empty()) << report.error().describe() << text;
  const auto updated = make();
  const ModelSpec* model = updated->find(ModelId("m"));
  EXPECT_EQ(model->price.input, Usd::from_pico(1'500'000));
  EXPECT_EQ(model->price.version(), "2025-09-01 LiteLLM host/m");
  EXPECT_EQ(model->tier, Tier::premium);
  EXPECT_EQ(*updated->find(ModelId("own")), *catalog_->find(ModelId("own")));
  EXPECT_TRUE(lines(compare_prices(*updated, file_)) == std::vector<std::string>{"absent gone: the file has no key 'gone'"});
}

}  // namespace
}  // namespace xrouter::config
