"""Reads every odd stream of the mock with the official Python client. argv: base URL, rows (JSON file). One JSON line a row."""
import json
import sys

import openai
import pydantic

base_url, rows_file = sys.argv[1:3]
client = openai.OpenAI(api_key="sk-test", base_url=base_url, max_retries=0)


class A(pydantic.BaseModel):
    a: int


def request_of(row, parse):
    request = dict(row["request"])
    if request.pop("auto_parse", False) and parse:
        request["response_format"] = A
    return {"model": f"odd-{row['name']}", "messages": [{"role": "user", "content": "hi"}], **request}


def raw(row):
    text, tools = "", 0
    for chunk in client.chat.completions.create(**request_of(row, False), stream=True):
        for choice in getattr(chunk, "choices", None) or []:
            text += choice.delta.content or ""
            tools += len(choice.delta.tool_calls or [])
    return {"text": text, "tools": tools}


def accumulator(row):
    with client.chat.completions.stream(**request_of(row, True)) as stream:
        for _ in stream:
            pass
        message = stream.get_final_completion().choices[0].message
    return {"text": message.content or "", "tools": len(message.tool_calls or [])}


def outcome(read, row):
    try:
        seen = read(row)
        complete = seen["tools"] > 0 if row["request"].get("tools") else bool(seen["text"])
        return {"outcome": "accepted" if complete else "lost", "detail": json.dumps(seen)}
    except Exception as error:  # what a program that uses the client would see
        return {"outcome": "throws", "detail": f"{type(error).__name__}: {error}"[:160]}


for row in json.load(open(rows_file)):
    print(json.dumps({"name": row["name"], "raw": outcome(raw, row), "accumulator": outcome(accumulator, row)}), flush=True)
