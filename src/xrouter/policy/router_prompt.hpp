// What a router language model is asked: the one place of its prompt and of its tools' schemas.
#pragma once

#include "xrouter/engine/transcript.hpp"

namespace xrouter::policy {

/// The request for one decision:
///  - a system message of ours (role, trade-off, rules, the caller's own tools);
///  - the caller's conversation as it is, its system messages included (parts that EpisodeSpec::router
///    cannot read are named instead);
///  - the earlier turns of the episode: tool calls and one JSON result for each;
///  - the offered models as tools `call_<model>`, and `select_response` once there is a success to
///    select. Neither calls nor selection are offered when they would be refused anyway; where the
///    router's own text would be (DecisionPrompt::may_answer), a tool call is required.
/// The output cap is EpisodeSpec::router_output_tokens. `model` is left empty: the pool names it.
ChatRequest render_router_prompt(const DecisionPrompt& prompt);

/// The tool of one offered model; its arguments are those of parse_call_arguments().
ToolSpec call_tool(const OfferedModel& model);
ToolSpec select_tool();

/// The JSON result of one call as the router reads it.
std::string render_call_result(const CallRecord& record);

}  // namespace xrouter::policy
