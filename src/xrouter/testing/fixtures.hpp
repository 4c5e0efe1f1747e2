// A small catalogue and requests for tests.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "xrouter/engine/spec.hpp"

namespace xrouter {

/// Prices in pico-dollars per token.
inline ModelSpec priced_model(std::string id, std::int64_t in_pico = 1'000'000, std::int64_t out_pico = 4'000'000) {
  ModelSpec model;
  model.id = ModelId(std::move(id));
  model.price = {.input = Usd::from_pico(in_pico), .output = Usd::from_pico(out_pico), .source = "test", .date = "2026-01-01"};
  model.upstream = "mock";
  model.upstream_model = model.id.value;
  return model;
}

/// "cheap" at 0.1 / 0.4 and "strong" at 3 / 15 USD per million tokens.
inline std::shared_ptr<const ModelCatalog> two_model_catalog() {
  return *ModelCatalog::make({priced_model("cheap", 100'000, 400'000), priced_model("strong", 3'000'000, 15'000'000)});
}

inline ChatRequest user_request(std::string text) {
  ChatRequest request;
  request.model = "xrouter";
  request.messages.push_back({.role = Role::user, .content = std::move(text)});
  return request;
}

inline EpisodeSpec two_model_spec(std::string question = "What is 2+2?") {
  EpisodeSpec spec;
  spec.request = user_request(std::move(question));
  spec.catalog = two_model_catalog();
  spec.offered = offer_all(*spec.catalog);
  return spec;
}

}  // namespace xrouter
