#!/usr/bin/env python3
"""What Hugging Face makes of hard texts and of router prompts with the tokenizer of data/models/router-small: writes
router_tokenizer.jsonl, rows of a text as hex and its ids with special tokens parsed and as text.

Packages: tokenizers 0.23.3, transformers 5.23.0 (loads the folder as its users do).

  xrouter data texts SAMPLES/train | head -200 > TEXTS
  python3 tests/golden/train/router_tokenizer.py TEXTS
"""
import json
import pathlib
import sys

from transformers import AutoTokenizer

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE.parents[2] / "data/models/router-small"
sys.path.insert(0, str(HERE.parent / "lm"))
import tokenizer_texts  # noqa: E402

OWN = ["<|begin|><|tool|>call_gpt_4o Strong.<|user|>1234 + 5.67?<|assistant|><|call|>call_gpt_4o<|final|><|end|>", "call_gpt_4o_mini call_gpt_4o_min",
       "Cost weight: 0.25.", " USD per million tokens: input 0.15, output 0.60. Context 128000 tokens, output at most 16384.", "<|call|", "<|result|>{\"call_id\":\"c1\"}"]


def ids(tokenizer, text, special):
    backend = tokenizer.backend_tokenizer
    backend.encode_special_tokens = not special
    return backend.encode(text, add_special_tokens=False).ids


def main():
    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    assert tokenizer.chat_template == (FOLDER / "chat_template.jinja").read_text(encoding="utf-8")
    prompts = [json.loads(line)["text"][:3000] for line in open(sys.argv[1], encoding="utf-8")][-12:]
    texts = OWN + tokenizer_texts.HARD + prompts
    with open(HERE / "router_tokenizer.jsonl", "w", encoding="utf-8") as out:
        for text in texts:
            parsed, plain = ids(tokenizer, text, True), ids(tokenizer, text, False)
            rows = [parsed] if parsed == plain else [parsed, plain]
            out.write(json.dumps({"hex": text.encode().hex(), "ids": rows}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
