"""Streams that an upstream may send, and what the official clients make of them: the table in docs/conformance.md.

Each row becomes a rule of the mock (model `odd-<name>`), is read by each client directly, and is sent
through `xrouter serve`, whose own stream must be clean whatever came in.
"""
import json

CHUNK = {"id": "chatcmpl-odd", "object": "chat.completion.chunk", "created": 1700000000, "model": "odd"}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}}}
STRICT_WEATHER = {"type": "function", "function": {**WEATHER["function"], "strict": True}}


def chunk(delta=None, finish=None, index=0, **other):
    return {**CHUNK, "choices": [{"index": index, "delta": delta or {}, "logprobs": None, "finish_reason": finish}], **other}


def tool(finish_type=True, **fragment):
    return chunk({"tool_calls": [fragment]})


ROLE = chunk({"role": "assistant", "content": ""})
TEXT = chunk({"content": "Hello"})
STOP = chunk(finish="stop")
TOOL_STOP = chunk(finish="tool_calls")
FIRST = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}}
REST = {"index": 0, "function": {"arguments": "{\"city\":\"Rome\"}"}}
DONE = "data: [DONE]\n\n"


def body_of(events):
    return "".join(event if isinstance(event, str) else f"data: {json.dumps(event)}\n\n" for event in events)


def row(name, says, events, raw, accumulator, request=None, crlf=False, **behaviour):
    """raw and accumulator: outcome per client, `accepted`, `throws` or `lost` (accepted, but a tool call or the text is missing)."""
    body = body_of(events).replace("\n", "\r\n") if crlf else body_of(events)
    behaviour = {"body": body, "content_type": "text/event-stream", **behaviour}
    return {"name": name, "says": says, "request": request or {}, "behaviour": behaviour, "raw": raw, "accumulator": accumulator}


def all_of(outcome):
    return {"node6": outcome, "node7": outcome, "python": outcome}


def each(node6, node7, python):
    return {"node6": node6, "node7": node7, "python": python}


ACCEPTED = all_of("accepted")
THROWS = all_of("throws")
TOOLS = {"tools": [WEATHER]}

ROWS = [
    row("plain", "nothing odd", [ROLE, TEXT, STOP, DONE], ACCEPTED, ACCEPTED),
    row("no-done", "clean end with finish_reason but no [DONE]", [ROLE, TEXT, STOP], ACCEPTED, ACCEPTED),
    row("clean-end", "clean end after some content", [ROLE, TEXT], ACCEPTED, each("throws", "throws", "accepted")),
    row("cut", "socket closed mid-stream", [ROLE, TEXT, TEXT, STOP, DONE], THROWS, THROWS, cut={"how": "close", "events": 2}),
    row("spaced-done", "`data: [DONE] ` with a trailing space", [ROLE, TEXT, STOP, "data: [DONE] \n\n"], each("accepted", "throws", "accepted"), each("accepted", "throws", "accepted")),
    row("empty-data", "empty `data:` line", [ROLE, "data:\n\n", TEXT, STOP, DONE], THROWS, THROWS),
    row("ping-event", "`event: ping` without data", [ROLE, "event: ping\n\n", TEXT, STOP, DONE], THROWS, THROWS),
    row("not-json", "data that is not JSON", [ROLE, "data: hello\n\n", TEXT, STOP, DONE], THROWS, THROWS),
    row("error-event", "`event: error` with a bare object", [ROLE, "event: error\ndata: {\"message\": \"boom\"}\n\n", STOP, DONE], each("lost", "throws", "lost"), each("throws", "throws", "lost")),
    row("in-band-error", "`data: {\"error\": ...}` in the middle", [ROLE, TEXT, {"error": {"message": "boom", "type": "server_error", "param": None, "code": None}}], THROWS, THROWS),
    row("no-choices", "no `choices` array in a chunk", [ROLE, CHUNK, TEXT, STOP, DONE], ACCEPTED, THROWS),
    row("no-role", "no `role` anywhere", [TEXT, STOP, DONE], ACCEPTED, each("throws", "throws", "accepted")),
    row("choice-gap", "choice index 1 but no choice 0", [chunk({"role": "assistant", "content": "Hello"}, index=1), chunk(finish="stop", index=1), DONE], ACCEPTED, THROWS, {"n": 2}),
    row("json-body", "a JSON body instead of SSE", [], all_of("lost"), THROWS, body={"id": "x", "object": "chat.completion", "created": 1, "model": "odd", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}]}, content_type="application/json"),
    row("tool-no-index", "tool delta without `index`", [ROLE, tool(**{k: v for k, v in FIRST.items() if k != "index"}), tool(**{k: v for k, v in REST.items() if k != "index"}), TOOL_STOP, DONE], ACCEPTED, each("lost", "throws", "throws"), TOOLS),
    row("tool-no-type", "tool delta without `type`", [ROLE, tool(**{k: v for k, v in FIRST.items() if k != "type"}), tool(**REST), TOOL_STOP, DONE], ACCEPTED, each("throws", "throws", "accepted"), TOOLS),
    row("tool-no-name", "tool delta without `name`", [ROLE, tool(**{**FIRST, "function": {"arguments": ""}}), tool(**REST), TOOL_STOP, DONE], ACCEPTED, ACCEPTED, TOOLS),
    row("tool-type-null", "later fragment with `type: null`, strict tools", [ROLE, tool(**FIRST), tool(**{**REST, "type": None}), TOOL_STOP, DONE], ACCEPTED, each("accepted", "throws", "throws"), {"tools": [STRICT_WEATHER]}),
    row("tool-other-name", "later fragment with another `name`, strict tools", [ROLE, tool(**FIRST), tool(index=0, function={"name": "other", "arguments": "{\"city\":\"Rome\"}"}), TOOL_STOP, DONE], ACCEPTED, each("accepted", "throws", "accepted"), {"tools": [STRICT_WEATHER]}),
    row("tool-repeats", "later fragment repeats id, type and name", [ROLE, tool(**FIRST), tool(**{**FIRST, "function": {"name": "weather", "arguments": "{\"city\":\"Rome\"}"}}), TOOL_STOP, DONE], ACCEPTED, ACCEPTED, TOOLS),
    row("custom-tool", "custom tool delta", [ROLE, tool(index=0, id="call_1", type="custom", custom={"name": "weather", "input": "Rome"}), TOOL_STOP, DONE], ACCEPTED, each("throws", "accepted", "throws"), {"tools": [{"type": "custom", "custom": {"name": "weather"}}]}),
    row("choice-beyond-n", "choice index at the requested `n`", [ROLE, TEXT, chunk({"role": "assistant", "content": "x"}, index=1), chunk(finish="stop", index=1), STOP, DONE], ACCEPTED, each("accepted", "throws", "accepted"), {"n": 1}),
    row("length-parsed", "finish_reason `length` with auto-parsing", [ROLE, chunk({"content": "{\"a\":1}"}), chunk(finish="length"), DONE], ACCEPTED, THROWS, {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}}}, "auto_parse": True}),
    row("two-ids", "two ids in one stream", [ROLE, {**TEXT, "id": "chatcmpl-other"}, {**STOP, "id": "chatcmpl-other"}, DONE], ACCEPTED, ACCEPTED),
    row("comments", "comment lines", [": keep-alive\n\n", ROLE, ": keep-alive\n\n", TEXT, STOP, DONE], ACCEPTED, ACCEPTED),
    row("crlf", "CRLF line ends", [ROLE, TEXT, STOP, DONE], ACCEPTED, ACCEPTED, crlf=True),
    row("error-null", "`\"error\": null` in chunks", [ROLE, {**TEXT, "error": None}, STOP, DONE], ACCEPTED, ACCEPTED),
    row("after-done", "data after [DONE]", [ROLE, TEXT, STOP, DONE, "data: hello\n\n"], ACCEPTED, ACCEPTED),
    row("no-blank-line", "missing final blank line", [ROLE, TEXT, STOP, "data: [DONE]"], ACCEPTED, ACCEPTED),
]


def mock_rules():
    return [{"name": f"odd-{row['name']}", "when": {"model": f"odd-{row['name']}"}, "do": row["behaviour"]} for row in ROWS]
