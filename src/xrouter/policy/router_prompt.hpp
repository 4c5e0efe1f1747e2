// What a router language model is asked: the one place of its prompt and of its tools' schemas.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "xrouter/engine/transcript.hpp"

namespace xrouter::policy {

/// The request for one decision. Every part stands behind all that changes less often, so that a model keeps the keys
/// and values of what it has read:
///  - a system message that depends on the mode alone (role, rules), and the offered models as tools `call_<model>`,
///    with `select_response` in agent mode: the same for every request with these models;
///  - the caller's conversation as it is, but for its system messages, which are told in front of the user's next one,
///    and for parts that EpisodeSpec::router cannot read, which are named instead (without one: all but text);
///  - at the end of its last message a note of ours: prices, cost weight, money left, the caller's own tools;
///  - the earlier turns of the episode: tool calls and one JSON result for each (call_result.hpp). The last result of a turn has a note
///    of what has changed: money left, no more calls.
/// The prompt of the next turn is this one, the decision and its results: nothing in front ever changes. So tools stay
/// offered when calling or selecting would be refused; `tool_choice`, which no template writes, then says what is left,
/// as far as it can.
/// The output cap is EpisodeSpec::router_output_tokens. `model` is left empty: the pool names it.
ChatRequest render_router_prompt(const DecisionPrompt& prompt);
/// The messages by which this prompt is longer than that of the turn before and its decision. Precondition: a turn
/// has been made.
std::vector<Message> render_results(const DecisionPrompt& prompt);

/// The part of the note that tells what money counts: the offered models by price (price_scale.hpp), then the cost weight. The letter
/// stands in front of the name and not behind it: a model that copies the name from there has read the letter by then.
std::string money_note(std::span<const OfferedModel> offered, double cost_weight);

/// How many calls of this decision would be made; 0 when none would.
int calls_allowed(const DecisionPrompt& prompt);

/// Every tool of the episode, in the order of the prompt.
std::vector<ToolSpec> router_tools(const EpisodeSpec& spec);
/// The tool of one offered model; its arguments are those of parse_call_arguments(). `final` is not offered in simple
/// mode, where every call is final.
ToolSpec call_tool(const OfferedModel& model, Mode mode);
ToolSpec select_tool();

}  // namespace xrouter::policy
