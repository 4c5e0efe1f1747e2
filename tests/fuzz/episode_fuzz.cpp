// Any decisions of a policy, malformed tool arguments included, and any fate of its calls: the episode
// ends within its limits, answers every tool call, and never reserves more than it may spend.
#include <algorithm>
#include <cstdint>

#include "xrouter/base/assert.hpp"
#include "xrouter/engine/episode.hpp"
#include "xrouter/testing/fixtures.hpp"
#include "xrouter/testing/scripted.hpp"

using namespace xrouter;

namespace {

/// Cuts the input into small numbers and texts; zeros and empty texts once it is used up.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}
  std::size_t below(std::size_t bound) {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return byte % bound;
  }
  std::string text(std::size_t longest) {
    const std::string_view taken = rest_.substr(0, below(longest + 1));
    rest_.remove_prefix(taken.size());
    return std::string(taken);
  }

 private:
  std::string_view rest_;
};

EpisodeSpec spec_from(Input& in) {
  EpisodeSpec spec = two_model_spec();
  spec.mode = in.below(2) == 0 ? Mode::agent : Mode::simple;
  spec.on_turn_limit = in.below(2) == 0 ? OnTurnLimit::last_reply : OnTurnLimit::fail;
  spec.limits.max_turns = 1 + static_cast<int>(in.below(4));
  spec.limits.max_calls = static_cast<int>(in.below(6));
  spec.limits.max_calls_per_turn = 1 + static_cast<int>(in.below(3));
  spec.limits.max_tokens = static_cast<std::int64_t>(in.below(256)) * 100;
  if (in.below(2) == 0) spec.limits.max_cost = Usd::from_pico(static_cast<std::int64_t>(in.below(256)) * 10'000'000);
  if (in.below(2) == 0) spec.fallback_model = ModelId("strong");
  if (in.below(3) == 0) spec.router = spec.catalog->find(ModelId("cheap"));
  return spec;
}

AttemptRecord attempt_of(Input& in) {
  AttemptRecord record{.model = ModelId("cheap"), .usage = {.prompt_tokens = static_cast<std::int64_t>(in.below(50))}};
  record.cost = in.below(8) == 0 ? Cost::unknown() : Cost::exactly(Usd::from_pico(static_cast<std::int64_t>(in.below(256)) * 1000));
  return record;
}

PolicyReply decision_from(Input& in) {
  PolicyReply reply;
  if (in.below(4) == 0) reply.text = in.text(20);
  if (in.below(16) == 0) reply.error = Error{.kind = static_cast<ErrorKind>(in.below(kErrorKindCount)), .public_text = "x"};
  reply.commit = in.below(3) == 0;
  if (in.below(2) == 0) reply.attempts.push_back(attempt_of(in));
  const std::size_t calls = in.below(5);
  for (std::size_t i = 0; i < calls; ++i) {
    constexpr const char* names[] = {"call_cheap", "call_strong", "select_response", "call_omega"};
    std::string arguments = "{}";
    if (in.below(2) == 0) arguments = in.text(60);
    if (in.below(3) == 0) arguments = R"({"call_id":"c)" + std::to_string(in.below(12)) + R"("})";
    reply.tool_calls.push_back(tool_call(names[in.below(4)], arguments));
  }
  return reply;
}

std::vector<ModelReply> replies_from(Input& in, const CallModels& action) {
  std::vector<ModelReply> replies;
  for (const ModelCall& call : action.calls) {
    ModelReply reply{.call = call.id};
    if (in.below(2) == 0)
      reply.reply = text_reply(in.text(4));
    else
      reply.reply = fail(static_cast<ErrorKind>(in.below(kErrorKindCount)), "x");
    reply.relayed = action.relay && in.below(4) == 0;
    if (in.below(2) == 0) reply.attempts.push_back(attempt_of(in));
    replies.push_back(std::move(reply));
  }
  if (in.below(2) == 0) std::reverse(replies.begin(), replies.end());
  return replies;
}

void check_calls(const Episode& episode, const CallModels& action) {
  const EpisodeLimits& limits = episode.spec().limits;
  XROUTER_ASSERT(!action.calls.empty(), "nothing is executed in vain");
  XROUTER_ASSERT(static_cast<int>(action.calls.size()) <= limits.max_calls_per_turn, "the limit of a turn holds");
  XROUTER_ASSERT(!action.relay || action.calls.size() == 1, "only a single answer can be relayed");
  if (!limits.max_cost) return;
  Usd reserved = episode.ledger().total().known;
  for (const ModelCall& call : action.calls) reserved += call.reserved.value();
  XROUTER_ASSERT(reserved <= *limits.max_cost, "spent and reserved money stay under the limit");
}

void check_end(const Episode& episode, const Outcome& outcome) {
  const EpisodeLimits& limits = episode.spec().limits;
  XROUTER_ASSERT(outcome.answer.has_value() != outcome.error.has_value(), "an answer or an error");
  XROUTER_ASSERT(!outcome.answer || outcome.answer->has_answer(), "an empty answer is none");
  XROUTER_ASSERT(outcome.turns_used <= limits.max_turns, "the turn limit holds");
  XROUTER_ASSERT(episode.transcript().calls_made() <= limits.max_calls, "the call limit holds");
  for (const Turn& turn : episode.transcript().turns)
    for (const CallRecord& record : turn.calls) XROUTER_ASSERT(!record.id.empty(), "every tool call has our id");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  Episode episode(spec_from(in));
  Action action = episode.start();
  while (!episode.finished()) {
    if (in.below(32) == 31) {
      action = episode.on(Expired{in.below(2) == 0 ? ErrorKind::cancelled : ErrorKind::deadline_exceeded});
    } else if (std::holds_alternative<AskPolicy>(action)) {
      (void)episode.prompt();
      action = episode.on(decision_from(in));
    } else {
      const CallModels calls = std::move(std::get<CallModels>(action));
      check_calls(episode, calls);
      action = episode.on(replies_from(in, calls));
    }
  }
  check_end(episode, std::get<Finish>(action).outcome);
  return 0;
}
