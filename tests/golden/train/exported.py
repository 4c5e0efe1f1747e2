"""Exported weights in the hands of others: what `xrouter train` writes must load in transformers and PEFT, and mean the same there as in
`xrouter host`.

    exported.py [--binary XROUTER] [--work FOLDER] [--base MODEL]

Trains a fresh model in the shape of --base (a folder with config and tokenizer; by default the small router's, data/models/router-small) for a
few steps, then an adapter on top of it, and compares the log-probs of greedy replies, prompt tokens included, for both. Written with transformers
5.23, peft 0.21 and torch 2.11 (PyPI). Exit 77 (skipped) without them or without the libtorch module.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/lib"))
from programs import SKIPPED, Program, fetch, wait_until, xrouter_binary  # noqa: E402

try:
    import peft
    import torch
    import transformers
except ImportError as problem:
    print(f"skipped: {problem}")
    sys.exit(SKIPPED)

PATIENCE = 300
TOKENS = 6
CONVERSATIONS = [
    [{"role": "user", "content": "What is 12 times 12?"}],
    [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Name a prime."}, {"role": "assistant", "content": "7"}, {"role": "user", "content": "Another \u2013 larger."}],
]
# Both compute in float32 from the same bfloat16 weights, in another order.
MOST = 1e-4


def train(binary, work, name, model, lora):
    texts = work / "texts.jsonl"
    texts.write_text("".join(json.dumps({"text": f"Question {i}: what is {i} plus {i}? Answer: {2 * i}."}) + "\n" for i in range(64)))
    config = {
        "seed": 7,
        "model": {"folder": str(model), "fresh": not lora, "precision": "f32"},
        "lora": {"enabled": lora, "rank": 4},
        "data": {"texts": [str(texts)], "recorded_texts": False},
        "stages": [{"kind": "language", "steps": 3, "batch": 8, "learning_rate": 0.01}],
    }
    file = work / f"{name}.yaml"
    file.write_text(json.dumps(config))
    made = subprocess.run([binary, "train", "-c", str(file), "--out", str(work / name)], capture_output=True, text=True)
    if "libxrouter_transformer" in made.stderr or "module" in made.stderr and made.returncode != 0:
        print("skipped: " + made.stderr.strip().splitlines()[-1])
        sys.exit(SKIPPED)
    assert made.returncode == 0, made.stderr
    return work / name / "model"


def hosted_logprobs(binary, model, adapter):
    more = ["--adapter", str(adapter)] if adapter else []
    host = Program([binary, "host", "--model", str(model), "--listen", "127.0.0.1:0", "--precision", "f32", "--served-name", "m", *more], "host")
    try:
        wait_until("the host listens", lambda: host.check_alive() and "listens on" in host.output(), PATIENCE)
        port = int(re.search(r"listens on http://127.0.0.1:(\d+)", host.output()).group(1))
        replies = []
        for messages in CONVERSATIONS:
            body = {"model": "m", "messages": messages, "temperature": 0, "max_tokens": TOKENS, "logprobs": True, "top_logprobs": 5}
            status, _, content = fetch(port, "POST", "/v1/chat/completions", body, timeout=PATIENCE)
            assert status == 200, content
            reply = json.loads(content)
            tokens = reply["choices"][0]["logprobs"]["content"]
            replies.append((reply["usage"]["prompt_tokens"], [(t["logprob"], [a["logprob"] for a in t["top_logprobs"]]) for t in tokens]))
        return replies
    finally:
        host.process.terminate()
        host.process.wait()


def transformers_logprobs(model, adapter):
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    network = transformers.AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    if adapter:
        network = peft.PeftModel.from_pretrained(network, adapter)
    network.eval()
    replies = []
    for messages in CONVERSATIONS:
        ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)["input_ids"]
        prompt, tokens = len(ids), []
        for _ in range(TOKENS):
            with torch.no_grad():
                logprobs = network(torch.tensor([ids])).logits[0, -1].log_softmax(-1)
            best = int(logprobs.argmax())
            tokens.append((float(logprobs[best]), logprobs.topk(5).values.tolist()))
            ids = ids + [best]
        replies.append((prompt, tokens))
    return replies


def compare(name, ours, theirs):
    worst = 0.0
    for (prompt, tokens), (their_prompt, their_tokens) in zip(ours, theirs):
        assert prompt == their_prompt, f"{name}: a prompt of {prompt} tokens here, of {their_prompt} there"
        assert tokens, f"{name}: no tokens"
        for (logprob, top), (their_logprob, their_top) in zip(tokens, their_tokens):
            worst = max([worst, abs(logprob - their_logprob)] + [abs(a - b) for a, b in zip(top, their_top)])
    assert worst <= MOST, f"{name}: log-probs differ by {worst}"
    print(f"{name}: {sum(len(tokens) for _, tokens in ours)} tokens behind prompts of {', '.join(str(p) for p, _ in ours)} tokens; log-probs differ by at most {worst:.1e}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=os.environ.get("XROUTER"))
    parser.add_argument("--base", default=str(ROOT / "data/models/router-small"))
    parser.add_argument("--work")
    arguments = parser.parse_args()
    binary = arguments.binary or xrouter_binary()
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(arguments.work or folder)
        work.mkdir(exist_ok=True)
        model = train(binary, work, "full", arguments.base, lora=False)
        compare("model, transformers", hosted_logprobs(binary, model, None), transformers_logprobs(model, None))
        adapter = train(binary, work, "adapter", model, lora=True)
        plain, adapted = hosted_logprobs(binary, model, None), hosted_logprobs(binary, model, adapter)
        assert plain != adapted, "the adapter changes nothing"
        compare("adapter, PEFT", adapted, transformers_logprobs(model, adapter))
    return 0


if __name__ == "__main__":
    sys.exit(main())
