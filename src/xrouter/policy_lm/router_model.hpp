// A language model that decides, as all workers of the process share it.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "xrouter/chat_format/chat_format.hpp"
#include "xrouter/grammar/matcher.hpp"
#include "xrouter/lm/generator.hpp"

namespace xrouter::policy_lm {

/// Grammars of decisions, kept because making one takes far longer than finding it. Thread-safe.
class GrammarCache {
 public:
  using GrammarPtr = std::shared_ptr<const grammar::Grammar>;
  explicit GrammarCache(std::size_t capacity = 64) : capacity_(capacity) {}
  /// Errors: those of ChatFormat::decision_grammar.
  Result<GrammarPtr> get(const chat_format::ChatFormat& format, const std::vector<ToolSpec>& tools, const chat_format::DecisionRules& rules,
                         const tokenizer::Tokenizer& tokenizer);

 private:
  struct Entry {
    std::string key;
    GrammarPtr grammar;
  };
  std::mutex mutex_;
  std::size_t capacity_;
  std::list<Entry> entries_;  ///< latest used first
  std::map<std::string, std::list<Entry>::iterator> index_;
};

/// Everything that is loaded once. Thread-safe; the generator runs its own thread.
struct RouterModel {
  std::string name;     ///< for people and ledgers: "smollm2-135m"
  std::string version;  ///< of the weights, the adapter included: traces of one version can be continued
  std::shared_ptr<const chat_format::ChatFormat> format;
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer;
  std::shared_ptr<const grammar::Vocabulary> vocabulary;  ///< of the tokenizer and the end tokens
  int max_positions = 0;  ///< context length in tokens
  std::shared_ptr<lm::Generator> generator;
  std::shared_ptr<GrammarCache> grammars = std::make_shared<GrammarCache>();
};

}  // namespace xrouter::policy_lm
