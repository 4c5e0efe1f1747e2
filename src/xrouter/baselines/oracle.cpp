#include "xrouter/baselines/oracle.hpp"

#include <algorithm>

#include "xrouter/corpus/text_key.hpp"

namespace xrouter::baselines {
namespace {

using ByText = std::unordered_map<std::uint64_t, const train::Example*>;

// As the recorded pool finds a question: by its prompt, else by its bare text; the first of equals.
struct Lookup {
  std::shared_ptr<const train::OutcomeData> data;
  ByText by_prompt;
  ByText by_question;

  const train::Example* find(std::string_view text) const {
    const std::uint64_t key = corpus::text_key(text);
    if (const auto it = by_prompt.find(key); it != by_prompt.end()) return it->second;
    const auto it = by_question.find(key);
    return it == by_question.end() ? nullptr : it->second;
  }
};

Lookup lookup_of(std::shared_ptr<const train::OutcomeData> data) {
  Lookup out;
  for (const train::Example& example : data->examples) {
    out.by_prompt.emplace(corpus::text_key(example.prompt), &example);
    out.by_question.emplace(corpus::text_key(example.bare), &example);
  }
  out.data = std::move(data);
  return out;
}

const train::OutcomeRow* row_of(const Lookup& lookup, const train::Example* example, const ModelSpec* model) {
  if (example == nullptr) return nullptr;
  for (const train::OutcomeRow& row : example->rows)
    if (lookup.data->models[row.model]->id == model->id) return &row;
  return nullptr;
}

}  // namespace

Ranking oracle_ranking(std::shared_ptr<const train::OutcomeData> data) {
  auto lookup = std::make_shared<const Lookup>(lookup_of(std::move(data)));
  return [lookup](const RankingInput& input) {
    struct Known {
      RankedModel ranked;
      bool wrong = true;
      Usd cost;
    };
    const train::Example* example = lookup->find(input.text);
    std::vector<Known> known;
    std::vector<RankedModel> rest;
    for (const ModelSpec* model : input.offered) {
      const train::OutcomeRow* row = row_of(*lookup, example, model);
      if (row == nullptr || known.size() == kOracleModels)
        rest.push_back({.model = model});
      else
        known.push_back({.ranked = {.model = model, .success = row->correct ? 1.0 : 0.0}, .wrong = !row->correct, .cost = row->cost});
    }
    std::stable_sort(known.begin(), known.end(), [](const Known& a, const Known& b) { return std::pair(a.wrong, a.cost) < std::pair(b.wrong, b.cost); });
    std::vector<RankedModel> out;
    for (const Known& one : known) out.push_back(one.ranked);
    out.insert(out.end(), rest.begin(), rest.end());
    return out;
  };
}

}  // namespace xrouter::baselines
