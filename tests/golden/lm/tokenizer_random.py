"""Random pipelines: patterns of many families, behaviours, flags of added tokens, compared on hard and mixed records.

Needs: tokenizers 0.23.3.

  python3 tests/golden/lm/tokenizer_random.py BUILD/tests/tokenize_records [FIRST_SEED [COUNT]]

Exit status 1 when anything differs; the seed says which pipeline it was.
"""
import pathlib
import random
import sys
import tempfile

import tokenizer_compare
import tokenizer_texts
from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers

CASED = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
SMALL = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
ENDING = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
PATTERNS = [
    rf"[^\r\n\p{{L}}\p{{N}}]?{CASED}*{SMALL}+{ENDING}|[^\r\n\p{{L}}\p{{N}}]?{CASED}+{SMALL}*{ENDING}|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"\p{N}{1,3}", r"[一-龥぀-ゟ゠-ヿ]+", r"\s?\p{L}+", r"[\p{P}\$\+<=>\^~\|]+", r"\d{3}", r"(?<=\d)(?=[a-z])", r"\w+|[^\w\s]", r"$", r"^", r"(?!a)\S", r"[\r\n]",
    r"\s?[A-Za-zµÀ-ÖØ-öø-ƺ]+", r"\A.", r".\z", r"\W+", r"\h+",
]
LITERALS = [" ", "a", "\n", "é", "--", "."]
BEHAVIOURS = ["isolated", "removed", "merged_with_previous", "merged_with_next", "contiguous"]
WORDS = ["<|im_start|>", "<|im_end|>", "<|im_", "the", " the", "  ", "\n", "a", "xx", "漢", "🙂", "[MASK]", "word", "</", "1", "ẽ"]


def step(rng):
    kind = rng.random()
    if kind > 0.85:
        return pre_tokenizers.Digits(rng.random() < 0.5)
    pattern = Regex(rng.choice(PATTERNS)) if kind < 0.75 else rng.choice(LITERALS)
    return pre_tokenizers.Split(pattern, rng.choice(BEHAVIOURS), invert=rng.random() < 0.3)


def pipeline(rng):
    tokenizer = Tokenizer.from_file(str(tokenizer_compare.HERE / rng.choice(["llama3.json", "gpt2.json"])))
    steps = [step(rng) for _ in range(rng.randint(0, 3))]
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=rng.random() < 0.3, use_regex=rng.random() < 0.5)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps + [byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    if rng.random() < 0.5:
        tokenizer.normalizer = normalizers.NFC()
    for special, words in ((False, rng.sample(WORDS[:8], 4)), (True, rng.sample(WORDS[8:], 4))):
        # White space that takes the white space in front with it makes the library panic.
        flags = [{name: rng.random() < 0.3 and not (name == "lstrip" and word[0].isspace()) for name in ("lstrip", "rstrip", "single_word", "normalized")} for word in words]
        tokenizer.add_tokens([AddedToken(word, special=special, **flag) for word, flag in zip(words, flags)])
    return tokenizer


def main():
    tool = sys.argv[1]
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    everything = tokenizer_texts.mixed()
    differ = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for seed in range(first, first + count):
            rng = random.Random(seed)
            path = folder / f"pipeline_{seed}.json"
            pipeline(rng).save(str(path))
            records = [("hard", record) for record in tokenizer_texts.hard()] + rng.sample(everything, 1500)
            differ += tokenizer_compare.compare(f"seed {seed}", tool, [path], Tokenizer.from_file(str(path)), records, folder)
    print("all equal" if differ == 0 else f"{differ} differ")
    return 0 if differ == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
