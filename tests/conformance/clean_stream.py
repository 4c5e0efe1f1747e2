"""What every stream of ours must be, whatever the upstream sent; read from the bytes, without a client library."""
import json


class Unclean(AssertionError):
    pass


def expect(condition, what):
    if not condition:
        raise Unclean(what)


def events_of(body):
    text = body.decode("utf-8")
    expect("\r" not in text, "a carriage return")
    expect(text.endswith("\n\n"), "no blank line at the end")
    for block in text[:-2].split("\n\n"):
        lines = block.split("\n")
        if all(line.startswith(":") for line in lines):
            continue
        expect(len(lines) == 1 and lines[0].startswith("data: "), f"not one data line: {block[:80]!r}")
        yield lines[0][6:]


def check_tool_fragment(fragment, seen):
    index = fragment.get("index")
    expect(isinstance(index, int) and 0 <= index <= 127, f"tool index {index!r}")
    if index in seen:
        expect("type" not in fragment or fragment["type"] is not None, "type: null in a later fragment")
        expect("name" not in fragment.get("function", {}) or fragment["function"]["name"] == seen[index], "another name in a later fragment")
        return
    function = fragment.get("function") or fragment.get("custom") or {}
    expect(fragment.get("id") and fragment.get("type") in ("function", "custom") and isinstance(function.get("name"), str), f"first fragment {fragment}")
    seen[index] = function["name"]


def check_choice(choice, state):
    index = choice.get("index")
    expect(isinstance(index, int) and 0 <= index < state["n"], f"choice index {index!r} of n={state['n']}")
    delta = choice.get("delta")
    expect(isinstance(delta, dict), "no delta")
    first = index not in state["roles"]
    expect(not first or delta.get("role") == "assistant", "the first chunk of a choice carries the role")
    state["roles"].add(index)
    expect(index not in state["finished"], "a chunk after finish_reason")
    for fragment in delta.get("tool_calls") or []:
        check_tool_fragment(fragment, state["tools"].setdefault(index, {}))
    if choice.get("finish_reason") is not None:
        expect(choice["finish_reason"] in ("stop", "length", "tool_calls", "content_filter", "function_call"), choice["finish_reason"])
        state["finished"].add(index)


def check_stream(body, model, include_usage, n=1):
    """Raises Unclean. Returns "done" or "error": how the stream ended."""
    state = {"n": n, "roles": set(), "finished": set(), "tools": {}}
    same = None
    usage_chunks = 0
    ended = None
    for data in events_of(body):
        expect(ended is None, f"an event after the end: {data[:80]}")
        if data == "[DONE]":
            expect(state["finished"] and state["finished"] == state["roles"], "[DONE] before every choice was finished")
            expect(usage_chunks == int(include_usage), f"{usage_chunks} usage chunks")
            ended = "done"
            continue
        chunk = json.loads(data)
        if chunk.get("error"):
            expect(all(key in chunk["error"] for key in ("message", "type", "param", "code")), f"error {chunk['error']}")
            ended = "error"
            continue
        expect(chunk.get("object") == "chat.completion.chunk" and chunk.get("model") == model, f"object or model: {data[:120]}")
        identity = (chunk["id"], chunk["created"])
        same = same or identity
        expect(identity == same, "id or created changed")
        expect(isinstance(chunk.get("choices"), list), "no choices")
        expect(("usage" in chunk) == include_usage, "usage key")
        if not chunk["choices"]:
            expect(include_usage and chunk["usage"] and state["finished"] == state["roles"], "a chunk without choices")
            usage_chunks += 1
        for choice in chunk["choices"]:
            expect(usage_chunks == 0, "a choice after the usage chunk")
            check_choice(choice, state)
    expect(ended, "the stream just ends: neither [DONE] nor an error")
    return ended
