// The tokens in which a grammar lets a given text be written.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "xrouter/engine/token_trace.hpp"
#include "xrouter/grammar/matcher.hpp"

namespace xrouter::policy_lm {

/// `wanted` is the text as its tokenizer would cut it. A grammar may want other cuts where names and constants meet what
/// is free, so the bytes are followed, and special tokens by id. The end token comes last. nullopt: the grammar does not
/// allow this text, or finding the cuts takes too long.
std::optional<std::vector<TokenTrace::Token>> path_through(grammar::Matcher matcher, const tokenizer::Tokenizer& tokenizer,
                                                           std::span<const tokenizer::TokenId> end_tokens,
                                                           std::span<const tokenizer::TokenId> wanted);

}  // namespace xrouter::policy_lm
