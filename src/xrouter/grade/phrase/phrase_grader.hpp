// Short free answers: right when the reply says one of the accepted phrases, in few words.
#pragma once

#include <memory>

#include "xrouter/grade/grader.hpp"

namespace xrouter::grade::phrase {

/// A longer reply is `answer_limit`: among enough words every phrase occurs.
inline constexpr std::size_t kMaxReplyBytes = 400;

/// Ground truth is a phrase or a list of accepted ones. Case and blanks say nothing. A phrase of words must occur as whole
/// words; a phrase that is a number must be the last number of the reply.
std::unique_ptr<Grader> make_phrase(const Dialect& dialect);

}  // namespace xrouter::grade::phrase
