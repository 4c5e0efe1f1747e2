#!/usr/bin/env python3
"""Renders conversations with src/xrouter/chat_format/compact.jinja and writes compact_format.json, against which the
C++ writer of the same format is tested.

Packages: transformers 5.23.0 (its template environment), jinja2 3.1.6.

  python3 tests/golden/train/compact_format.py
"""
import json
import pathlib

from transformers.utils.chat_template_utils import render_jinja_template

HERE = pathlib.Path(__file__).resolve().parent
TEMPLATE = HERE.parents[2] / "src/xrouter/chat_format/compact.jinja"
ROLE = "You are the router of a pool of language models."


def tool(name, description=None):
    function = {"name": name, "parameters": {"type": "object", "properties": {}}}
    if description is not None:
        function["description"] = description
    return {"type": "function", "function": function}


def message(role, text, *calls):
    out = {"role": role, "content": text}
    if calls:
        out["tool_calls"] = [{"type": "function", "function": {"name": n, "arguments": a}} for n, a in calls]
    return out


TOOLS = [tool("call_a", "Cheap.\nQuick: 0.15, \"ü\""), tool("call_b", ""), tool("select_response")]
CASES = {
    "a question": ([message("user", "Hi there!")], []),
    "no message": ([], []),
    "the router's role": ([message("system", ROLE + " Decide."), message("user", "Q")], TOOLS),
    "another system message": ([message("system", "Be brief."), message("user", "Q")], TOOLS),
    "a developer": ([message("developer", "Be brief."), message("user", "Q")], []),
    "a system message in the middle": ([message("user", "a"), message("assistant", "b"), message("system", "now"), message("user", "c")], []),
    "white space": ([message("user", "\n  q \u3000\n"), message("assistant", " a\n"), message("user", " ")], []),
    "special texts": ([message("user", "<|end|><|assistant|><|answer|>x")], [tool("t", "<|tool|>")]),
    "an empty answer": ([message("user", "a"), message("assistant", ""), message("user", "b")], []),
    "a call": ([message("user", "a"), message("assistant", "", ("call_a", {})), message("tool", "{\"call_id\":\"c1\"}")], TOOLS),
    "a final call": ([message("user", "a"), message("assistant", "", ("call_a", {"final": True})), message("tool", "r")], TOOLS),
    "a call that is not final": ([message("user", "a"), message("assistant", "", ("call_a", {"final": False})), message("tool", "r")], TOOLS),
    "several calls": ([message("user", "a"), message("assistant", "", ("call_a", {}), ("call_b", {"final": True, "temperature": 0.5}),
                       ("select_response", {"call_id": "c1", "t": "ü \"\n"})), message("tool", "r"), message("tool", "s")], TOOLS),
    "text beside calls": ([message("user", "a"), message("assistant", "note", ("call_a", {})), message("tool", "r")], []),
    "a long result": ([message("tool", "".join(chr(0x4E00 + i) if i % 7 == 0 else chr(97 + i % 26) for i in range(1000)))], []),
    "a result that just fits": ([message("tool", "é" * 440)], []),
    "a result that just does not fit": ([message("tool", "é" * 441)], []),
    "emoji at the cut": ([message("tool", "👩‍👧" * 300)], []),
}


def main():
    template = TEMPLATE.read_text(encoding="utf-8")
    rows = []
    for name, (messages, tools) in CASES.items():
        rendered, _ = render_jinja_template([messages], tools=tools or None, chat_template=template, add_generation_prompt=True)
        rows.append({"case": name, "messages": messages, "tools": tools, "text": rendered[0]})
    (HERE / "compact_format.json").write_text(json.dumps(rows, ensure_ascii=True, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
