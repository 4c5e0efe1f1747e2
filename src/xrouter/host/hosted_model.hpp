// The model that is served and the rules it is served by.
#pragma once

#include <memory>
#include <string>

#include "xrouter/chat_format/chat_format.hpp"
#include "xrouter/lm/generator.hpp"
#include "xrouter/tokenizer/tokenizer.hpp"

namespace xrouter::host {

/// Thread-safe: shared by all workers.
struct HostedModel {
  std::string name;  ///< what clients call it
  std::shared_ptr<const chat_format::ChatFormat> format;
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer;
  std::shared_ptr<lm::Generator> generator;
  int context_tokens = 0;
};

/// What holds where a request does not say, and how much it may ask for.
struct HostRules {
  double temperature = 1;
  int max_output_tokens = 4096;  ///< of a request that names no limit; the context is always one
  int max_choices = 8;           ///< `n`
  int max_calls = 16;            ///< tool calls of one reply
  chat_format::Thinking thinking = chat_format::Thinking::off;
};

}  // namespace xrouter::host
