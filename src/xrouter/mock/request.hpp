// What the mock needs to know of a chat request. Read apart from wire/openai, so that a fault of
// that codec cannot hide from the tests that use the mock.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

#include "xrouter/base/result.hpp"

namespace xrouter::mock {

struct MockRequest {
  std::string model;
  std::string last_user_text;
  std::string all_text;                   ///< of every message, in order
  std::vector<std::string> tool_names;    ///< offered, in order
  std::size_t messages = 0;
  int turn = 1;                           ///< 1 + assistant messages after the last user message
  bool stream = false;
  bool include_usage = false;
  bool logprobs = false;
  std::int64_t top_logprobs = 0;
  std::int64_t n = 1;
};

/// Errors: invalid_request with the field that an OpenAI-compatible server would refuse.
Result<MockRequest> read_request(std::string_view body);

}  // namespace xrouter::mock
