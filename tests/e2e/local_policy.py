"""The same routing questions by a language model in the server's process (`policy.kind: local`) and by the same model behind
`xrouter host` (`policy.kind: remote`), both greedy: the decisions must be the same, and so must be the prompts (tokens).

Needs the libtorch module (beside the binary, or XROUTER_MODULE_PATH) and SmolLM2-135M-Instruct (`xrouter models pull smollm2-135m`; or
XROUTER_E2E_LANGUAGE_MODEL, a path). Exit 77 without them. Standard library only.
"""
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from programs import SKIPPED, Mock, Program, Serve, fetch, wait_until, xrouter_binary  # noqa: E402

MODEL = os.environ.get("XROUTER_E2E_LANGUAGE_MODEL", "smollm2-135m")
MAX_TOKENS = int(os.environ.get("XROUTER_E2E_MAX_TOKENS", "160"))  # room for the longest call that SmolLM2 makes here
MODES = os.environ.get("XROUTER_E2E_MODES", "simple agent").split()
QUESTIONS = ["Hi there!", "Prove that the square root of 2 is irrational, then write a C++ program that prints 100 digits of it."]
PRICES = {"tiny": ("0.05", "0.2"), "fast": ("1", "2"), "good": ("3", "15")}
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}
SCRIPT = {
    "prices": {model: {"input": i, "output": o} for model, (i, o) in PRICES.items()},
    "rules": [{"when": {"model": model}, "do": {"text": f"{model} says so."}} for model in PRICES],
}
PATIENCE = 600  # seconds: a debug build on a busy machine


class Host(Program):
    def __init__(self, port=0):
        super().__init__([xrouter_binary(), "host", "--model", MODEL, "--listen", f"127.0.0.1:{port}", "--temperature", "0",
                          "--precision", "f32", "--served-name", "smollm2"], "host")
        wait_until("the host listens", lambda: self.check_alive() and "listens on" in self.output(), PATIENCE)
        self.base_url = re.search(r"listens on (http://\S+/v1)", self.output()).group(1)


def config_with(mock, policy, mode, upstreams=(), models=None):
    prices = {model: {"tier": "budget", "usd_per_mtok": {"input": i, "output": o}} for model, (i, o) in PRICES.items()}
    return {
        "recorded": {"corpora": []},
        "policy": {"timeout_ms": PATIENCE * 1000, "max_output_tokens": MAX_TOKENS, **policy},
        "episode": {"mode": mode, "max_calls_per_turn": 1, "deadline_ms": PATIENCE * 1000},
        "upstreams": [{"name": "mock", "base_url": mock.base_url, "models": list(PRICES)}, *upstreams],
        "models": {**prices, **(models or {})},
        "offered": list(PRICES),
        "log_level": "warn",
    }


def local(mock, mode):
    return config_with(mock, {"kind": "local", "model": MODEL, "precision": "f32"}, mode)


def remote(mock, mode, host):
    upstream = {"name": "host", "base_url": host.base_url, "models": ["smollm2"], "attempt_timeout_ms": PATIENCE * 1000}
    catalogue = {"smollm2": {"tier": "specialised", "context_tokens": 8192, "usd_per_mtok": {"input": "0", "output": "0"}}}
    return config_with(mock, {"kind": "remote", "model": "smollm2"}, mode, [upstream], catalogue)


def ask(serve, question, must_call):
    # A tool that must be called is what only a pool model can give: the router may not answer by itself then.
    demand = {"tools": [WEATHER], "tool_choice": "required"} if must_call else {}
    begun = time.monotonic()
    status, _, text = fetch(serve.port, "POST", "/v1/chat/completions",
                            {"model": "xrouter", "messages": [{"role": "user", "content": question}], **demand}, timeout=PATIENCE)
    seconds = time.monotonic() - begun
    reply = json.loads(text)
    if status != 200:
        return {"status": status, "error": reply["error"]["code"]}, seconds
    metadata, choice = reply["router_metadata"], reply["choices"][0]
    return {"source": metadata["answer_source"], "turns": metadata["turns_used"],
            "calls": [call["model"] for call in metadata["call_history"]], "finish": choice["finish_reason"],
            "usage": [reply["usage"][key] for key in ("prompt_tokens", "completion_tokens")], "text": choice["message"]["content"]}, seconds


def decisions(config):
    with Serve(config, patience=PATIENCE) as serve:
        return [ask(serve, question, must_call) for must_call in (True, False) for question in QUESTIONS]


def skip_unless_possible():
    """Loads the model for a server that cannot listen: its port is taken."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        probe = subprocess.run([xrouter_binary(), "host", "--model", MODEL, "--listen", address], capture_output=True, text=True, timeout=PATIENCE)
    said = probe.stderr.strip()
    if "models pull" in said or "libxrouter_transformer.so" in said:
        print(f"skipped: {said}")
        sys.exit(SKIPPED)


def check_evaluation():
    """`xrouter eval --router`: one model, two points of one curve, its tokens free or paid as a model of the catalogue."""
    singles = [word for model in ("gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18") for word in ("--system", f"model:{model}")]
    for priced in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "run"
            command = [xrouter_binary(), "eval", "--router", MODEL, "--benchmark", "zeroeval", "--limit", "1", "--curve", "4", *singles, "--out", str(out),
                       "--set", "policy.precision=f32", "--set", f"policy.max_output_tokens={MAX_TOKENS}", "--set", f"policy.timeout_ms={PATIENCE * 1000}",
                       "--set", f"episode.deadline_ms={PATIENCE * 1000}"]
            done = subprocess.run(command + (["--router-price", "gpt-4o-mini-2024-07-18"] if priced else []), capture_output=True, text=True, timeout=PATIENCE)
            assert done.returncode == 0, done.stderr
            manifest = json.loads((out / "manifest.json").read_text())
            points = [system for system in manifest["systems"] if system["id"].startswith("router:")]
            assert [point["id"].partition("@")[2] for point in points] == ["", "4"], points
            assert points[0]["fingerprint"] == points[1]["fingerprint"], "one model for both"
            samples = [json.loads(line) for path in out.glob("samples/*.jsonl") for line in path.read_text().splitlines()]
            decided = [sample for sample in samples if sample["system"].startswith("router:")]
            assert len(decided) == 2 and all(sample["router_tokens"] > 1000 for sample in decided), decided
            assert all((sample["router_cost"][0] > 0) == priced for sample in decided), decided
    print("eval --router: two points of one curve, free and paid")


def main():
    skip_unless_possible()
    different = made = cut_off = 0
    for mode in MODES:
        with Mock(SCRIPT) as mock:
            here = decisions(local(mock, mode))
            with Host() as host:
                there = decisions(remote(mock, mode, host))
        for number, ((left, left_s), (right, right_s)) in enumerate(zip(here, there)):
            made += 1
            kind = "must call" if number < len(QUESTIONS) else "free"
            print(f"{mode:6} {kind:9} question {number % len(QUESTIONS) + 1}: local {left_s:.1f} s, host + remote {right_s:.1f} s: {json.dumps(left)}", flush=True)
            # Later prompts differ by some tokens: the local policy goes on with the tokens it wrote, a remote one reads them anew.
            if "status" in left:  # SmolLM2 does not always come to an end; then it does so on neither side, which say it in other words
                cut_off += 1
                left, right = ({"status": side.get("status")} for side in (left, right))
            if left.get("turns", 1) > 1:
                left, right = ({**side, "usage": None} for side in (left, right))
            if left != right:
                different += 1
                print(f"       DIFFERENT, host + remote: {json.dumps(right)}", flush=True)
    assert different == 0, f"{different} of {made} decisions differ"
    assert cut_off <= made / 4, f"{cut_off} of {made} decisions were cut off"
    print(f"{made} decisions, the same by a local and by a hosted router")
    check_evaluation()


main()
