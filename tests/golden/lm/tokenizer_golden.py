"""Small tokenizers and what they make of hard lines: writes tokenizer/*.json and tokenizer/golden.jsonl.

Needs: tokenizers 0.23.3. The tokenizers are trained on this repository's text with the pipelines of GPT-2, SmolLM2,
Llama 3, Qwen2 and Qwen3 (pattern, normalizer, flags, special tokens); "odd_*" are tiny ones with every other option of
the pipeline. Run again only to change the files: training sees the repository as it is then.

A row of golden.jsonl is a record as hex, and for each tokenizer the ids with special tokens parsed and, where these
differ, as text. qwen3 is left out where it is as qwen2.
"""
import json
import pathlib
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

import tokenizer_texts

HERE = pathlib.Path(__file__).resolve().parent / "tokenizer"
GPT2_SPECIAL = ["<|endoftext|>"]
SMOL_SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>", "<jupyter_code>"]
LLAMA3_SPECIAL = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
QWEN_SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
QWEN_PLAIN = ["<tool_call>", "</tool_call>"]
THINKING = ["<tool_response>", "</tool_response>", "<think>", "</think>"]

CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3_PATTERN = CONTRACTIONS + r"\p{N}{1,3}" + REST
QWEN2_PATTERN = CONTRACTIONS + r"\p{N}" + REST


def byte_level(use_regex):
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=use_regex)


def split_by(pattern):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), byte_level(False)])


PIPELINES = {
    "gpt2": (byte_level(True), None, GPT2_SPECIAL, [], False),
    "smollm": (pre_tokenizers.Sequence([pre_tokenizers.Digits(True), byte_level(True)]), None, SMOL_SPECIAL, [], False),
    "llama3": (split_by(LLAMA3_PATTERN), None, LLAMA3_SPECIAL, [], True),
    "qwen2": (split_by(QWEN2_PATTERN), normalizers.NFC(), QWEN_SPECIAL, QWEN_PLAIN, False),
    "qwen3": (split_by(QWEN2_PATTERN), normalizers.Sequence([normalizers.NFC()]), QWEN_SPECIAL, QWEN_PLAIN + THINKING, False),
}


def training_texts():
    rng = random.Random(1)
    sources = tokenizer_texts.sources()
    texts = []
    for name in ("repository", "python and perl", "translations", "recorded questions and answers", "locales"):
        records = sources[name]
        texts += [record.decode("utf-8", "replace") for record in rng.sample(records, min(len(records), 4000))]
    return texts


def trained(name, texts, vocab_size):
    pre_tokenizer, normalizer, special, plain, ignore_merges = PIPELINES[name]
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    if normalizer:
        tokenizer.normalizer = normalizer
    first = special if name == "smollm" else []  # SmolLM2 has them among its first ids, the others behind the vocabulary
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, special_tokens=first, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in special])
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in plain])
    return tokenizer


def odd_ones(base):
    """Tiny vocabularies behind unusual pipelines."""
    split = pre_tokenizers.Split
    pipelines = {
        "odd_prefix": [split(" ", "merged_with_next"), pre_tokenizers.Digits(False), pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=True)],
        "odd_merge": [split(Regex(r"\s"), "merged_with_previous"), split(Regex(r"[aeiou]+"), "contiguous"), split("x", "removed"),
                      split(Regex(r"(?=[A-Z])"), "isolated"), byte_level(False)],
        "odd_invert": [split(Regex(r"\w+|\d{2,}?|[^\w\s]+"), "removed", invert=True), split(Regex(r"^.|.$"), "merged_with_next", invert=True),
                       pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=False)],
    }
    added = [AddedToken("[MASK]", lstrip=True, rstrip=False, special=True, normalized=False), AddedToken("<extra>", rstrip=True, special=False, normalized=False),
             AddedToken("word", single_word=True, special=False, normalized=True), AddedToken("n\u1ebd", special=False, normalized=True, lstrip=True, rstrip=True),
             AddedToken("<|im", special=False, normalized=False), AddedToken("<|im_start|>", special=True, normalized=False),
             AddedToken("<|im_end|>", special=True, normalized=True)]
    for name, steps in pipelines.items():
        model = json.loads(base.to_str())["model"]
        keep = 330
        vocab = {text: id for text, id in model["vocab"].items() if id < keep}
        merges = [pair for pair in model["merges"] if "".join(pair) in vocab]
        if name == "odd_merge":  # letters without a token: left out, or one token for a run of them
            kept = sorted((text for text in vocab if text not in "QZ\u0107"), key=vocab.get)
            vocab = {text: id for id, text in enumerate(kept)}
        tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[tuple(pair) for pair in merges], unk_token="a" if name == "odd_merge" else None, fuse_unk=True))
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
        tokenizer.decoder = decoders.ByteLevel()
        if name != "odd_merge":
            tokenizer.normalizer = normalizers.NFC()
        tokenizer.add_tokens(added)
        yield name, tokenizer


def compact(tokenizer, name):
    """Older and newer files write merges differently; both are kept in use."""
    document = json.loads(tokenizer.to_str())
    if name in ("gpt2", "smollm"):
        document["model"]["merges"] = [" ".join(pair) for pair in document["model"]["merges"]]
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def main():
    HERE.mkdir(exist_ok=True)
    texts = training_texts()
    tokenizers = {name: trained(name, texts, 1500) for name in PIPELINES}
    tokenizers.update(odd_ones(tokenizers["gpt2"]))
    for name, tokenizer in tokenizers.items():
        (HERE / f"{name}.json").write_text(compact(tokenizer, name))
    reloaded = {name: Tokenizer.from_str((HERE / f"{name}.json").read_text()) for name in tokenizers}
    with open(HERE / "golden.jsonl", "w") as out:
        for record in tokenizer_texts.hard():
            row = {"hex": record.hex()}
            text = record.decode("utf-8", "replace")
            for name, tokenizer in reloaded.items():
                tokenizer.encode_special_tokens = False
                parsed = tokenizer.encode(text, add_special_tokens=False).ids
                tokenizer.encode_special_tokens = True
                as_text = tokenizer.encode(text, add_special_tokens=False).ids
                row[name] = [parsed] if parsed == as_text else [parsed, as_text]
            if row["qwen3"] == row["qwen2"]:
                del row["qwen3"]
            out.write(json.dumps(row, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
