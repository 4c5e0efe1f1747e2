// A response ready to be played: bytes in pieces, how they are paced, how it ends, what it charges.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "xrouter/chat/types.hpp"
#include "xrouter/mock/behaviour.hpp"
#include "xrouter/mock/request.hpp"

namespace xrouter::mock {

struct Plan {
  enum class Ending { finish, reset, close, half_close, stall };

  std::string model;
  std::string rule = {};  ///< for the counters
  bool stream = false;
  bool framed = false;  ///< sent in chunks; otherwise one response with its length
  int status = 200;
  net::Headers headers = {};
  std::vector<std::string> pieces = {};
  std::optional<std::string> raw_http = {};  ///< instead of all above
  Delay delay = {};
  Delay ttft = {};
  Delay gap = {};
  Ending ending = Ending::finish;
  bool cut_before_head = false;
  /// What the client is told to have used; absent when this response tells nothing. Counts only
  /// when the response was sent to its end.
  std::optional<Usage> usage = {};
};

/// Renders what `behaviour` says to `request`. Pure: the same arguments give the same plan.
Plan make_plan(const MockRequest& request, const Behaviour& behaviour);

/// The body and status of an error as OpenAI words it.
std::string error_body(int status, const MockError& error);

/// `text` in at most `count` pieces of about equal length, never inside a UTF-8 character.
std::vector<std::string> cut_text(std::string_view text, std::size_t count);

}  // namespace xrouter::mock
