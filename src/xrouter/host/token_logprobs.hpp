// Log-probabilities as the protocol shows them.
#pragma once

#include <span>

#include "xrouter/base/raw_json.hpp"
#include "xrouter/lm/generator.hpp"

namespace xrouter::host {

/// {"content": [{"token", "logprob", "bytes", "top_logprobs"}], "refusal": null}. What is impossible has -9999.
/// At most `top` alternatives of a token.
RawJson render_logprobs(std::span<const lm::GeneratedToken> tokens, const tokenizer::Tokenizer& tokenizer, int top);

}  // namespace xrouter::host
