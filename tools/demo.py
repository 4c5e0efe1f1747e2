#!/usr/bin/env python3
"""Posts the requests of `xrouter data sample --format openai-jsonl` (standard input) to a server and prints a table.

  xrouter data sample -n 12 --format openai-jsonl | tools/demo.py http://127.0.0.1:8800
"""
import json
import sys
import urllib.error
import urllib.request


def post(base: str, body: dict) -> dict:
    request = urllib.request.Request(base + "/v1/chat/completions", json.dumps(body).encode(), {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        return json.loads(error.read())


def one_line(text: str, width: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"


def question_of(request: dict) -> str:
    """The text behind the fixed words of the benchmark's prompt."""
    text = request["messages"][-1]["content"]
    for marker in ("Question:", "## Question:"):
        text = text.split(marker, 1)[-1]
    return text


def main() -> int:
    base = sys.argv[1].rstrip("/")
    total_pico = 0
    print(f"{'question':46}  {'answered by':32} {'US dollars':>13}  {'gold':8} end of the answer")
    for line in sys.stdin:
        sample = json.loads(line)
        answer = post(base, sample["request"])
        question = one_line(question_of(sample["request"]), 46)
        if "error" in answer:
            print(f"{question:46}  error: {answer['error']['message']}")
            return 1
        metadata = answer["router_metadata"]
        pico = int(metadata["total_cost_pico"])
        total_pico += pico
        text = answer["choices"][0]["message"]["content"]
        print(f"{question:46}  {metadata['model_used']:32} {pico / 1e12:13.9f}  {one_line(sample['gold'], 8):8} {one_line(text[-40:], 30)}")
    print(f"{'sum':46}  {'':32} {total_pico / 1e12:13.9f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
