#include "local_router.hpp"

namespace xrouter::app {
namespace {

struct Held {
  std::shared_ptr<const LoadedLanguageModel> model;
  policy_lm::RouterModel router;
};

}  // namespace

LanguageModelOptions router_model_options(const config::Config& config, int request_threads) {
  const config::PolicyConfig& policy = config.policy;
  LanguageModelOptions options{
      .model = policy.model, .data_dir = config.data_dir, .precision = policy.precision, .adapter = policy.adapter};
  options.threads = policy.threads > 0 ? policy.threads : threads_beside(request_threads);
  options.yields = request_threads > 0;
  options.generator.prefix_cache_bytes = policy.prefix_cache_bytes;
  return options;
}

policy_lm::LocalOptions decision_options(const config::PolicyConfig& policy) {
  using chat_format::Thinking;
  return {.timeout = policy.timeout, .temperature = policy.temperature, .thinking = policy.thinking ? Thinking::free : Thinking::off};
}

std::shared_ptr<const policy_lm::RouterModel> as_router(std::shared_ptr<const LoadedLanguageModel> model) {
  const auto held = std::make_shared<Held>();
  held->router.name = model->name;
  held->router.version = model->version;
  held->router.format = model->format;
  held->router.tokenizer = model->tokenizer;
  held->router.vocabulary = model->vocabulary;
  held->router.max_positions = model->shape.max_positions;
  held->router.generator = model->generator;
  held->model = std::move(model);
  return {held, &held->router};
}

}  // namespace xrouter::app
