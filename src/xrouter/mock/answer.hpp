// The content of an answer, and its JSON in both shapes: one object, or the chunks of a stream.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "xrouter/mock/behaviour.hpp"
#include "xrouter/mock/request.hpp"

namespace xrouter::mock {

struct Answer {
  std::string id;  ///< of request and answer: the same exchange has the same id
  std::string text;
  std::vector<MockToolCall> tool_calls;  ///< names and ids resolved
  std::string finish_reason;
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
};

Answer make_answer(const MockRequest& request, const Behaviour& behaviour);
std::string answer_body(const MockRequest& request, const Behaviour& behaviour, const Answer& answer);
/// Chunk objects in order, [DONE] excluded.
std::vector<std::string> answer_chunks(const MockRequest& request, const Behaviour& behaviour, const Answer& answer);

}  // namespace xrouter::mock
