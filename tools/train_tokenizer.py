#!/usr/bin/env python3
"""Trains the tokenizer of a small router model and writes a model folder without weights, from which `xrouter train`
starts with `fresh: true`: config.json, tokenizer.json, tokenizer_config.json, chat_template.jinja.

Package: tokenizers 0.23.3 (PyPI). The same texts give the same files.

  xrouter data samples --split train --out SAMPLES
  xrouter data texts SAMPLES/train | tools/train_tokenizer.py --out data/models/router-small

A byte-level BPE whose digits are tokens of their own. Beside what BPE finds, three kinds of tokens are added: the special
tokens of the chat template; the tool name of every model that the program knows (lines of kind "name"); and phrases that
stand in the lines of many different models or in many prompts, such as those around a price: a prompt names some ten
models, and what is the same for all of them should cost one token.
"""
import argparse
import collections
import json
import pathlib
import random
import re
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "src/xrouter/chat_format/compact.jinja"
SPECIAL = re.compile(r"<\|[a-z_]+\|>")
# Words and single digits with the blank in front, runs of other signs.
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
# The same for phrases, in the dialect of Python's re; close enough, as they are no more than candidates.
WORDS = re.compile(r"[^\r\n\w]?[^\W\d_]+| ?\d| ?[^\s\w]+[\r\n]*|_|\s*[\r\n]+|\s+")
SHORTEST_PHRASE = 3  # words, where not only lines of models have it
LONGEST_PHRASE = 40
PROMPTS = 600        # in which phrases are looked for
LEAST_OWNERS = 8     # different models, or different prompts, that use a phrase


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", nargs="?", default="-", help="JSON lines with `kind` and `text`, as `xrouter data texts` prints them")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--vocabulary", type=int, default=8192, help="tokens in all")
    parser.add_argument("--phrases", type=int, default=40)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--kv-heads", type=int, default=2)
    parser.add_argument("--intermediate", type=int, default=704)
    parser.add_argument("--context", type=int, default=4096)
    return parser.parse_args()


def read_texts(path):
    """The texts by kind, each once, in the order in which they came."""
    kinds = collections.defaultdict(dict)
    with (sys.stdin if path == "-" else open(path, encoding="utf-8")) as lines:
        for line in lines:
            row = json.loads(line)
            kinds[row.get("kind", "text")][row["text"]] = None
    return {kind: list(texts) for kind, texts in kinds.items()}


def segments_of(prompts, names):
    """Pieces of prompts between special tokens, as words, with whose they are: the model's, or the prompt's. Names and
    digits end a phrase, so they are left out, and so are models under changed names: their descriptions are others'."""
    models = {name for name in names if name.startswith("call_")}
    known = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True)))) if names else None
    for number, prompt in enumerate(prompts):
        marks = SPECIAL.findall(prompt)
        for mark, piece in zip([""] + marks, SPECIAL.split(prompt)):
            name = piece.split(" ", 1)[0] if mark == "<|tool|>" else ""
            if name.startswith("call_") and name not in models:
                continue
            owner = name if name in models else number
            for part in known.split(piece) if known else [piece]:
                for run in re.split(r" ?\d+", part):
                    words = WORDS.findall(run)
                    if "".join(words) == run and len(words) > 1:
                        yield owner, tuple(words)


def runs_of_many(segments):
    """What is left of the segments where only neighbours stay together that many owners have: the rest begins no phrase."""
    owners = collections.defaultdict(set)
    for words, owner in segments:
        for pair in zip(words, words[1:]):
            owners[pair].add(owner)
    for (words, owner), count in segments.items():
        begin = 0
        for end in range(1, len(words) + 1):
            if end == len(words) or len(owners[words[end - 1:end + 1]]) < LEAST_OWNERS:
                if end - begin > 1:
                    yield (words[begin:end], owner), count
                begin = end


def best_phrase(segments):
    saved, owners = collections.Counter(), collections.defaultdict(set)
    for (words, owner), count in segments.items():
        for begin in range(len(words)):
            for end in range(begin + 2, min(begin + LONGEST_PHRASE, len(words)) + 1):
                phrase = words[begin:end]
                saved[phrase] += count * (len(phrase) - 1)
                if len(owners[phrase]) < LEAST_OWNERS:
                    owners[phrase].add(owner)

    def fits(phrase):
        of_models = all(isinstance(owner, str) for owner in owners[phrase])
        long_enough = of_models or len(phrase) >= SHORTEST_PHRASE
        return long_enough and len(owners[phrase]) >= LEAST_OWNERS and not phrase[-1].endswith((" ", "\t"))

    return max(filter(fits, saved), key=lambda phrase: (saved[phrase], phrase), default=None)


def cut_out(words, phrase):
    begin = 0
    for at in range(len(words) - len(phrase) + 1):
        if at >= begin and words[at:at + len(phrase)] == phrase:
            yield words[begin:at]
            begin = at + len(phrase)
    yield words[begin:]


def phrases_of(prompts, names, count):
    """The phrases that save the most tokens, one after the other."""
    chosen = random.Random(1).sample(prompts, min(len(prompts), PROMPTS))
    segments = collections.Counter((words, owner) for owner, words in segments_of(chosen, names))
    phrases = []
    segments = collections.Counter(dict(runs_of_many(segments)))
    while len(phrases) < count and (phrase := best_phrase(segments)):
        phrases.append("".join(phrase))
        rest = collections.Counter()
        for (words, owner), number in segments.items():
            for part in cut_out(words, phrase):
                if len(part) > 1:
                    rest[part, owner] += number
        segments = rest
    return phrases


def train(texts, special, added, size):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(SPLIT), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    apart = re.compile("|".join(map(re.escape, sorted(special + added, key=len, reverse=True))))
    trainer = trainers.BpeTrainer(vocab_size=size - len(special) - len(added), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                                  show_progress=False)
    tokenizer.train_from_iterator((part for text in texts for part in apart.split(text) if part), trainer)
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in added])
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in special])
    return tokenizer


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_config(options, tokenizer):
    write_json(options.out / "config.json", {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": options.vocabulary, "hidden_size": options.hidden,
        "intermediate_size": options.intermediate, "num_hidden_layers": options.layers, "num_attention_heads": options.heads,
        "num_key_value_heads": options.kv_heads, "head_dim": options.hidden // options.heads, "hidden_act": "silu",
        "max_position_embeddings": options.context, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": True,
        "attention_bias": False, "attention_dropout": 0.0, "mlp_bias": False, "initializer_range": 0.02, "torch_dtype": "bfloat16",
        "use_cache": True, "bos_token_id": tokenizer.token_to_id("<|begin|>"), "eos_token_id": tokenizer.token_to_id("<|end|>")})
    write_json(options.out / "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|begin|>", "eos_token": "<|end|>", "pad_token": "<|end|>",
        "clean_up_tokenization_spaces": False, "model_max_length": options.context})


def main():
    options = arguments()
    template = TEMPLATE.read_text(encoding="utf-8")
    special = list(dict.fromkeys(SPECIAL.findall(template)))
    kinds = read_texts(options.texts)
    names = sorted(kinds.pop("name", []))
    phrases = phrases_of(kinds.get("prompt", []), names, options.phrases)
    texts = [text for kind in sorted(kinds) for text in kinds[kind]]
    tokenizer = train(texts, special, names + phrases, options.vocabulary)
    options.out.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(options.out / "tokenizer.json"))
    write_config(options, tokenizer)
    (options.out / "chat_template.jinja").write_text(template, encoding="utf-8")
    prompts = kinds.get("prompt", [])[:2000]
    lengths = sorted(len(encoding.ids) for encoding in tokenizer.encode_batch(prompts, add_special_tokens=False))
    print(f"{options.out}: {tokenizer.get_vocab_size()} tokens ({len(special)} special, {len(names)} names, {len(phrases)} phrases)", file=sys.stderr)
    if lengths:
        print(f"prompts: median {lengths[len(lengths) // 2]} tokens, 95 % at most {lengths[len(lengths) * 95 // 100]}", file=sys.stderr)


if __name__ == "__main__":
    main()
