#include "xrouter/policy_lm/router_model.hpp"

namespace xrouter::policy_lm {
namespace {

// No byte below the blank occurs in names, and schemas are JSON texts: the parts cannot run into one another.
std::string key_of(const std::vector<ToolSpec>& tools, const chat_format::DecisionRules& rules) {
  std::string key = std::to_string(rules.may_answer) + ' ' + std::to_string(rules.min_calls) + ' ' + std::to_string(rules.max_calls) + ' ' +
                    std::to_string(static_cast<int>(rules.thinking)) + ' ' + std::to_string(rules.max_text_bytes);
  for (const ToolSpec& tool : tools) key.append("\n").append(tool.name).append("\t").append(tool.parameters.text);
  return key;
}

}  // namespace

Result<GrammarCache::GrammarPtr> GrammarCache::get(const chat_format::ChatFormat& format, const std::vector<ToolSpec>& tools,
                                                   const chat_format::DecisionRules& rules, const tokenizer::Tokenizer& tokenizer) {
  std::string key = key_of(tools, rules);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = index_.find(key); found != index_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->grammar;
    }
  }
  // Made outside the lock: two workers may make the same one, the first stays.
  auto made = format.decision_grammar(tools, rules, tokenizer);
  if (!made) return fail(made.error());
  const std::lock_guard lock(mutex_);
  if (const auto found = index_.find(key); found != index_.end()) return found->second->grammar;
  entries_.push_front({key, *made});
  index_.emplace(std::move(key), entries_.begin());
  if (entries_.size() > capacity_) {
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }
  return *made;
}

}  // namespace xrouter::policy_lm
