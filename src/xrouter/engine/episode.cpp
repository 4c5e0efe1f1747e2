#include "xrouter/engine/episode.hpp"

#include <algorithm>

#include "xrouter/base/assert.hpp"

namespace xrouter {
namespace {

// The whole request is over, not just this step.
bool ended_by_scope(ErrorKind kind) { return kind == ErrorKind::cancelled || kind == ErrorKind::deadline_exceeded; }

void refuse(CallRecord& record, const Error& why) {
  record.status = CallStatus::refused;
  record.message = why.public_text;
  record.error = why.kind;
}

// A model's text as a reply, for answers that the policy writes itself.
ChatReply reply_of_text(std::string text, FinishReason finish_reason) {
  Choice choice;
  choice.finish_reason = finish_reason;
  choice.message.content = std::move(text);
  return {.id = {}, .model = {}, .choices = {std::move(choice)}};
}

// The router's system prompt stands in front; the caller's conversation follows untouched.
std::vector<Message> with_system_prompt(const std::vector<Message>& conversation, const std::string& system_prompt) {
  std::vector<Message> messages;
  messages.reserve(conversation.size() + 1);
  if (!system_prompt.empty()) messages.push_back({.role = Role::system, .content = system_prompt});
  messages.insert(messages.end(), conversation.begin(), conversation.end());
  return messages;
}

// The reply ends where the caller's stop sequence begins, as a model's own text would.
void cut_at_stop(std::string& text, const std::vector<std::string>& stops) {
  for (const std::string& stop : stops)
    if (const std::size_t at = text.find(stop); !stop.empty() && at != std::string::npos) text.resize(at);
}

// What only a pool model can honour: log-probabilities, several choices, a tool call that must be made.
bool policy_may_answer(const ChatRequest& request) {
  const RawJson& choice = request.tool_choice;
  const bool tool_demanded = !choice.empty() && choice.text != "\"auto\"" && choice.text != "\"none\"";
  return !tool_demanded && !request.sampling.logprobs.value_or(false) && request.sampling.n.value_or(1) == 1;
}

bool is_longer_than_allowed(const std::string& text, const Sampling& sampling) {
  constexpr std::int64_t kBytesPerToken = 4;
  const auto cap = sampling.max_output_tokens;
  return cap && static_cast<std::int64_t>(text.size()) / kBytesPerToken > *cap;
}

}  // namespace

Episode::Episode(EpisodeSpec spec) : spec_(std::move(spec)) {
  XROUTER_ASSERT(spec_.limits.max_turns >= 1, "an episode has at least one turn");
  XROUTER_ASSERT(spec_.limits.attempts_per_call >= 1, "a call has at least one attempt");
}

Action Episode::start() {
  XROUTER_ASSERT(state_ == State::fresh, "an episode starts once");
  return ask_or_stop();
}

DecisionPrompt Episode::prompt() const {
  XROUTER_ASSERT(state_ == State::asking, "a prompt is for the policy that is being asked");
  return {.spec = spec_,
          .transcript = transcript_,
          .turn = turn_ + 1,
          .may_call = may_call(),
          .may_answer = policy_may_answer(spec_.request),
          .cost_left = cost_left()};
}

bool Episode::may_call() const { return calls_made_ < spec_.limits.max_calls && !spec_.offered.empty(); }

Action Episode::ask_or_stop() {
  const bool turns_used_up = turn_ >= (spec_.mode == Mode::simple ? 1 : spec_.limits.max_turns);
  if (turns_used_up && spec_.mode == Mode::simple) return finish_with_latest(StopReason::calls_failed, failure());
  if (turns_used_up && spec_.on_turn_limit == OnTurnLimit::fail)
    return finish({.stop = StopReason::turn_limit, .error = Error{.kind = ErrorKind::no_usable_answer, .public_text = "The router used up its turns without an answer."}});
  if (turns_used_up) return finish_with_latest(StopReason::turn_limit, failure());
  const bool nothing_to_decide = !may_call() && !policy_may_answer(spec_.request) && transcript_.successes().empty();
  if (nothing_to_decide) return finish_with_latest(StopReason::calls_failed, failure());
  if (!router_turn_fits())
    return finish_with_latest(StopReason::cost_limit, {.kind = ErrorKind::insufficient_quota, .public_text = "The cost or token limit of this request does not allow another routing decision."});
  state_ = State::asking;
  return AskPolicy{};
}

Action Episode::on(PolicyReply reply) {
  XROUTER_ASSERT(state_ == State::asking, "a policy replies when it was asked");
  ++turn_;
  Turn& turn = transcript_.turns.emplace_back();
  turn.could_call = may_call();
  turn.cost_left = cost_left();  // before this decision is paid for: what its prompt said
  settle(reply.attempts, Spender::router, {});
  turn.confidence = reply.confidence;
  turn.text = reply.text;
  turn.trace = std::move(reply.trace);

  if (reply.error) return after_policy_failure(*reply.error);
  if (reply.tool_calls.empty()) {
    cut_at_stop(reply.text, spec_.request.sampling.stop);
    const bool allowed = policy_may_answer(spec_.request) && !is_longer_than_allowed(reply.text, spec_.request.sampling);
    if (!reply.text.empty() && !allowed)
      return after_policy_failure({.kind = ErrorKind::no_usable_answer, .public_text = "The router cannot answer this request by itself."});
    if (!reply.text.empty()) return finish_with_text(std::move(reply.text), reply.finish_reason);
    return after_policy_failure({.kind = ErrorKind::no_usable_answer, .public_text = "The router gave an empty decision."});
  }

  if (const CallRecord* chosen = selection(reply, turn)) return finish_with(*chosen, StopReason::answered);
  std::vector<ModelCall> calls = admit_calls(turn);
  if (calls.empty()) return ask_or_stop();
  commit_ = commits(reply) || spec_.mode == Mode::simple;
  return call_models(std::move(calls));
}

// Names the turn's calls and looks for a valid select_response among them.
const CallRecord* Episode::selection(const PolicyReply& reply, Turn& turn) {
  const CallRecord* chosen = nullptr;
  for (const ToolCall& asked : reply.tool_calls) {
    CallRecord& record = turn.calls.emplace_back();
    record.id = next_call_id();
    record.asked = asked;
    record.asked.id = record.id.value;
    if (asked.name != kSelectTool) continue;
    auto wanted = parse_select_arguments(asked.arguments);
    if (!wanted) {
      refuse(record, wanted.error());
      continue;
    }
    for (const CallRecord* success : transcript_.successes())
      if (success->id.value == *wanted) chosen = chosen ? chosen : success;
    if (!chosen) refuse(record, {.kind = ErrorKind::invalid_request, .public_text = "There is no successful call with this call_id to select."});
  }
  if (!chosen) return nullptr;
  for (CallRecord& record : turn.calls)
    if (record.asked.name != kSelectTool) refuse(record, {.kind = ErrorKind::invalid_request, .public_text = "Not executed: a response was selected in the same turn."});
  // Growing this turn may have moved records of it, never those of earlier turns that can be selected.
  return chosen;
}

std::vector<ModelCall> Episode::admit_calls(Turn& turn) {
  std::vector<ModelCall> calls;
  for (CallRecord& record : turn.calls) {
    if (record.asked.name == kSelectTool) continue;
    const auto offered = std::find_if(spec_.offered.begin(), spec_.offered.end(), [&](const OfferedModel& m) { return m.tool_name == record.asked.name; });
    if (offered == spec_.offered.end()) {
      refuse(record, {.kind = ErrorKind::invalid_request, .public_text = "There is no such tool."});
      continue;
    }
    record.model = offered->spec;
    auto arguments = parse_call_arguments(record.asked.arguments);
    if (!arguments) {
      refuse(record, arguments.error());
      continue;
    }
    if (static_cast<int>(calls.size()) >= spec_.limits.max_calls_per_turn) {
      refuse(record, {.kind = ErrorKind::invalid_request, .public_text = "Not executed: at most " + std::to_string(spec_.limits.max_calls_per_turn) + " calls are made in one turn."});
      continue;
    }
    auto admitted = admit(record, *arguments);
    if (!admitted) {
      refuse(record, admitted.error());
      continue;
    }
    calls.push_back(std::move(*admitted));
  }
  return calls;
}

// Checks the limits of the whole episode and reserves the worst case of the call.
Result<ModelCall> Episode::admit(const CallRecord& record, const CallArguments& arguments) {
  const EpisodeLimits& limits = spec_.limits;
  const ModelSpec& model = *record.model;
  if (calls_made_ >= limits.max_calls)
    return fail(ErrorKind::invalid_request, "Not executed: the limit of " + std::to_string(limits.max_calls) + " calls is reached.");

  ModelCall call{.id = record.id, .turn = turn_, .model = &model, .request = spec_.request, .max_attempts = limits.attempts_per_call, .depth = spec_.depth};
  call.request.messages = with_system_prompt(spec_.request.messages, arguments.system_prompt);
  // What the caller said explicitly beats what the policy says.
  Sampling& sampling = call.request.sampling;
  if (!sampling.temperature) sampling.temperature = arguments.temperature;
  if (!model.capabilities.sampling) sampling.temperature.reset();
  if (!sampling.max_output_tokens) sampling.max_output_tokens = arguments.max_tokens;

  const std::int64_t prompt = spec_.estimator.prompt_tokens(call.request);
  const std::int64_t tokens_left = limits.max_tokens - tokens_used_ - tokens_reserved_ - prompt;
  const std::optional<Usd> left = cost_left();
  // A reservation is a bound only if the upstream is told the same limit. Where nothing is scarce the
  // caller's silence is passed on, and the model's own maximum is reserved.
  const std::int64_t longest = model.max_output_tokens * sampling.n.value_or(1);
  const bool limited = left || sampling.max_output_tokens || longest > tokens_left;
  const std::int64_t output = limited ? output_cap(model, sampling, limits) : longest;
  if (limited) sampling.max_output_tokens = output / sampling.n.value_or(1);
  if (output > tokens_left)
    return fail(ErrorKind::insufficient_quota, "Not executed: it could pass the limit of " + std::to_string(limits.max_tokens) + " tokens.");

  const std::optional<Usd> one_attempt = model.price.worst_case(prompt, output);
  if (left) {
    if (!one_attempt) return fail(ErrorKind::insufficient_quota, "Not executed: its price is unknown and this request has a cost limit.");
    while (call.max_attempts > 1 && one_attempt->checked_mul(call.max_attempts).value_or(Usd::max()) > *left) --call.max_attempts;
    if (*one_attempt > *left)
      return fail(ErrorKind::insufficient_quota, "Not executed: it could cost " + one_attempt->to_decimal() + " USD and " + left->to_decimal() + " USD are left.");
  }
  if (one_attempt) call.reserved = one_attempt->checked_mul(call.max_attempts);
  if (call.reserved) reserved_ += *call.reserved;
  tokens_reserved_ += prompt + output;
  ++calls_made_;
  return call;
}

Action Episode::call_models(std::vector<ModelCall> calls) {
  state_ = State::calling;
  CallModels action{.calls = std::move(calls), .relay = false};
  action.relay = commit_ && action.calls.size() == 1;
  return action;
}

Action Episode::on(std::vector<ModelReply> replies) {
  XROUTER_ASSERT(state_ == State::calling, "models reply when they were called");
  XROUTER_ASSERT(!transcript_.turns.empty(), "calls belong to a turn");
  reserved_ = Usd::zero();
  tokens_reserved_ = 0;
  bool relayed_in_vain = false;
  std::optional<ErrorKind> expired;
  Turn& turn = transcript_.turns.back();
  for (ModelReply& reply : replies) {
    const auto record = std::find_if(turn.calls.begin(), turn.calls.end(), [&](const CallRecord& r) { return r.id == reply.call; });
    XROUTER_ASSERT(record != turn.calls.end(), "a reply belongs to a call of this turn");
    record_reply(*record, std::move(reply));
    relayed_in_vain = relayed_in_vain || (record->relayed && record->status == CallStatus::failed);
    if (record->error && ended_by_scope(*record->error)) expired = record->error;
  }
  if (relayed_in_vain) return finish_cut_off(expired);
  if (commit_) {
    const auto first = std::find_if(turn.calls.begin(), turn.calls.end(), [](const CallRecord& r) { return r.status == CallStatus::ok; });
    if (first != turn.calls.end()) return finish_with(*first, StopReason::answered);
    if (fallback_used_ && !expired) return finish_with_latest(StopReason::policy_failed, failure());
  }
  if (expired) return finish_expired(*expired);
  return ask_or_stop();
}

void Episode::record_reply(CallRecord& record, ModelReply reply) {
  settle(reply.attempts, Spender::target, reply.call);
  for (const AttemptRecord& attempt : reply.attempts) {
    record.cost += attempt.cost;
    record.latency += attempt.latency;
  }
  if (reply.reply && !reply.reply->has_answer())
    reply.reply = fail(ErrorKind::upstream_invalid, "The model gave an empty answer.");
  record.relayed = reply.relayed;
  if (reply.reply) {
    record.status = CallStatus::ok;
    record.reply = std::move(*reply.reply);
    return;
  }
  record.status = CallStatus::failed;
  record.error = reply.reply.error().kind;
  record.message = reply.reply.error().public_text;
  record.retry_after = reply.reply.error().retry_after;
}

Action Episode::on(Expired expired) {
  XROUTER_ASSERT(state_ == State::asking || state_ == State::calling, "only a running episode expires");
  return finish_expired(expired.reason);
}

Action Episode::finish_expired(ErrorKind reason) {
  if (reason == ErrorKind::cancelled) return finish_with_latest(StopReason::cancelled, {.kind = reason, .public_text = "The request was cancelled."});
  return finish_with_latest(StopReason::deadline, {.kind = ErrorKind::deadline_exceeded, .public_text = "The request's deadline passed before a usable answer was there."});
}

// Part of an answer is with the client and nothing can replace it: say so, whatever else is there.
Action Episode::finish_cut_off(std::optional<ErrorKind> expired) {
  const StopReason stop = !expired ? StopReason::calls_failed : *expired == ErrorKind::cancelled ? StopReason::cancelled : StopReason::deadline;
  Error error{.kind = expired.value_or(ErrorKind::stream_interrupted), .public_text = "The answer was cut off before its end."};
  return finish({.stop = stop, .error = std::move(error), .relayed = true});
}

Action Episode::after_policy_failure(Error why) {
  if (ended_by_scope(why.kind)) return finish_expired(why.kind);
  const StopReason stop = why.kind == ErrorKind::insufficient_quota ? StopReason::cost_limit : StopReason::policy_failed;
  if (!transcript_.successes().empty()) return finish_with_latest(stop, std::move(why));
  const auto fallback = std::find_if(spec_.offered.begin(), spec_.offered.end(), [&](const OfferedModel& m) { return m.spec->id == spec_.fallback_model; });
  if (fallback == spec_.offered.end() || fallback_used_)
    return finish_with_latest(stop, calls_made_ > 0 ? failure() : std::move(why));
  fallback_used_ = true;
  CallRecord& record = transcript_.turns.back().calls.emplace_back();
  record.id = next_call_id();
  record.asked = {.id = record.id.value, .name = fallback->tool_name, .arguments = "{}"};
  record.model = fallback->spec;
  auto call = admit(record, {});
  if (!call) {
    refuse(record, call.error());
    return finish_with_latest(stop, failure());
  }
  commit_ = true;
  std::vector<ModelCall> calls;
  calls.push_back(std::move(*call));
  return call_models(std::move(calls));
}

Action Episode::finish_with_text(std::string text, FinishReason finish_reason) {
  const bool read_replies = !transcript_.successes().empty();
  return finish({.answer = reply_of_text(std::move(text), finish_reason), .source = read_replies ? AnswerSource::synthesised : AnswerSource::direct, .stop = StopReason::answered});
}

Action Episode::finish_with(const CallRecord& record, StopReason stop, AnswerSource source) {
  XROUTER_ASSERT(record.reply.has_value(), "only a success can be the answer");
  return finish({.answer = record.reply, .source = source, .stop = stop, .answer_call = record.id, .relayed = record.relayed});
}

Action Episode::finish_with_latest(StopReason stop, Error otherwise) {
  const auto successes = transcript_.successes();
  if (!successes.empty()) return finish_with(*successes.back(), stop, AnswerSource::last_reply);
  if (otherwise.kind == ErrorKind::insufficient_quota) stop = StopReason::cost_limit;
  return finish({.stop = stop, .error = std::move(otherwise)});
}

Action Episode::finish(Outcome outcome) {
  XROUTER_ASSERT(state_ != State::finished, "an episode finishes once");
  XROUTER_ASSERT(outcome.answer.has_value() != outcome.error.has_value(), "an outcome is an answer or an error");
  state_ = State::finished;
  outcome.turns_used = turn_;
  return Finish{std::move(outcome)};
}

void Episode::settle(const std::vector<AttemptRecord>& attempts, Spender spender, const CallId& call) {
  int number = 0;
  for (const AttemptRecord& attempt : attempts) {
    tokens_used_ += attempt.usage.total_tokens();
    ledger_.add({.spender = spender, .turn = turn_, .call = call, .attempt = ++number, .record = attempt});
  }
}

CallId Episode::next_call_id() { return CallId("c" + std::to_string(++calls_named_)); }

std::optional<Usd> Episode::cost_left() const {
  if (!spec_.limits.max_cost) return std::nullopt;
  return *spec_.limits.max_cost - ledger_.total().known - reserved_;
}

bool Episode::router_turn_fits() const {
  if (!spec_.router) return true;
  // Schema and description of one offered model take some 150 tokens.
  constexpr std::int64_t kTokensPerTool = 200;
  std::int64_t prompt = spec_.estimator.prompt_tokens(spec_.request) + kTokensPerTool * (static_cast<std::int64_t>(spec_.offered.size()) + 4);
  for (const CallRecord* success : transcript_.successes()) prompt += spec_.estimator.tokens_of(success->reply->text().size()) + spec_.estimator.tokens_per_message;
  if (tokens_used_ + prompt + spec_.router_output_tokens > spec_.limits.max_tokens) return false;
  const std::optional<Usd> left = cost_left();
  if (!left) return true;
  const std::optional<Usd> worst = spec_.router->price.worst_case(prompt, spec_.router_output_tokens);
  return worst && *worst <= *left;
}

// Why there is no answer, from the calls of all turns: what they agree on, else a general sentence.
Error Episode::failure() const {
  Error error{.kind = ErrorKind::no_usable_answer, .public_text = "No model gave a usable answer."};
  std::optional<ErrorKind> common;
  bool mixed = false;
  for (const Turn& turn : transcript_.turns) {
    for (const CallRecord& record : turn.calls) {
      if (!record.error) continue;
      mixed = mixed || (common && *common != *record.error);
      common = record.error;
      if (record.retry_after) error.retry_after = std::max(error.retry_after.value_or(std::chrono::milliseconds(0)), *record.retry_after);
      // A refused call's sentence is for the policy; a failed call's one is for anybody.
      if (record.status == CallStatus::failed) error.public_text = record.message;
    }
  }
  // What only the policy did wrong is no fault of the caller.
  if (mixed || !common || *common == ErrorKind::invalid_request) return {.kind = ErrorKind::no_usable_answer, .public_text = "No model gave a usable answer.", .retry_after = error.retry_after};
  error.kind = *common;
  if (*common == ErrorKind::insufficient_quota) error.public_text = kNothingAffordable;
  return error;
}

}  // namespace xrouter
