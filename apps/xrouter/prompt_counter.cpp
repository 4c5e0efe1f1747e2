#include "prompt_counter.hpp"

#include "xrouter/policy_lm/prompt_tokens.hpp"
#include "xrouter/samples/episode_spec.hpp"
#include "xrouter/weights/model_files.hpp"

namespace xrouter::app {

Result<samples::CountTokens> prompt_counter(const std::string& model_folder, std::shared_ptr<const ModelCatalog> catalog) {
  const auto files = weights::open_untrained(model_folder);
  if (!files) return fail(files.error());
  auto format = chat_format::ChatFormat::of_template((*files)->chat_template());
  if (!format) return fail(format.error());
  auto model = std::make_shared<policy_lm::RouterModel>();
  model->name = (*files)->name();
  model->format = std::move(*format);
  model->tokenizer = (*files)->tokenizer();
  return [model, catalog](const samples::RouterSample& sample, const corpus::Question& question) -> Result<std::int64_t> {
    auto shown = samples::catalog_of(sample, *catalog);
    if (!shown) return fail(shown.error());
    const EpisodeSpec spec = samples::episode_spec(sample, question, std::move(*shown), sample.cost_weight.value_or(1));
    const Transcript nothing_yet;
    const DecisionPrompt prompt{.spec = spec, .transcript = nothing_yet};
    const auto tokens = policy_lm::prompt_tokens(*model, prompt, chat_format::Thinking::off);
    if (!tokens) return fail(tokens.error());
    return static_cast<std::int64_t>(tokens->size());
  };
}

}  // namespace xrouter::app
