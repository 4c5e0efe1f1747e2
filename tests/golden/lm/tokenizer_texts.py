"""Mixed real text for comparing tokenizers: code, mathematics, many scripts, emoji, malformed UTF-8.

Everything is found on a Debian machine with Python; what is missing is left out. Records are bytes, in a fixed order for
a given machine: most are lines, some are several lines, some are damaged.
"""
import gettext
import glob
import json
import pathlib
import random
import subprocess
import unicodedata

ROOT = pathlib.Path(__file__).resolve().parents[3]

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|begin_of_text|>", "<|eot_id|>", "<|start_header_id|>", "<tool_call>",
            "</tool_call>", "<think>", "<repo_name>", "<jupyter_code>", "[MASK]", "n\u1ebd", "ne\u0303", "word"]

EMOJI = ["🙂", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "👍🏽", "🇩🇪🇫🇷", "1️⃣", "*️⃣", "❤️‍🔥", "🧑🏿‍🚀", "🫠", "🪿", "🫨", "🪉", "👁️‍🗨️", "🇺", "⌚", "♥︎", "㊙️", "🅰️"]

HARD = [
    "", " ", "  ", "\n", "\r\n", "\t", "\0", "a\0b", " \n", "\n ", "  \n  \n", "\r\r\n\n", "x  y", "x   ", "   x", "\u00a0\u00a0x", "\u3000 x\u3000",
    "\u2028\u2029 ", "a\u0085b\u0085\u0085 c", "\u180ea \u180e", "\u200b\u200ba", "\ufeffBOM", "it's IT'S It'Ll we'RE 'S 's 'ſ 'T'd'D''s",
    "'\u017f can'\u017f", "don’t", "\u0149a", "1234567890", "12 345,678.90", "٣٤٥ ۱۲۳ १२३ ⅷ ½ ² ①⑳ 一二三 万", "𝟘𝟙𝟚 𝔘𝔫𝔦 ∮∑∫√ αβγ λx.x", "x²+y²=z²",
    "E=mc^2 \\frac{1}{2} $\\alpha_{i+1}$", "def f(x):\n    return x+1\n\n\n", "\t\tif (a&&b) {\r\n\t}\r\n", "camelCaseHTTPServer snake_case __init__",
    "e\u0301 \u00e9 \u0065\u0301\u0323 \u1e69 s\u0323\u0307 s\u0307\u0323", "\u1100\u1161\u11a8 \uac01 \uac00\u11a8", "\u212b \u212a \u2126 \u0340 \u0344 \u0374 \u037e",
    "\u0915\u093c \u0958 \u09c7\u09be \u0b47\u0b56", "\u30ab\u3099 \u30ac \u309b", "\ufb01 \uff21\uff11 \u2460", "a\u0300\u0301\u0302\u0303" * 5,
    "\u0f71\u0f72\u0f74 \u0f73", "العربية مَرْحَبًا", "עִבְרִית שָׁלוֹם", "हिन्दी नमस्ते क्षत्रिय", "ไทย สวัสดีครับ", "한국어 안녕하세요", "日本語、こんにちは。", "中文你好,世界!",
    "Ελληνικά Кириллица Ўзбек", "ქართული հայերեն አማርኛ", "ᏣᎳᎩ ᐃᓄᒃᑎᑐᑦ ꦧꦱꦗꦮ", "မြန်မာ ខ្មែរ ລາວ", "\U00031350\U00031351 \U0001e4d0 \U00011f50\U00011f51", "\U0001f6dc\U0001fae8 \U00010d40",
    "<|im_start|>user\nHi<|im_end|>\n", "<|im_start|", "<|im_<|im_start|>", "<|im_start|><|im_end|><|endoftext|>", " <|im_end|> ", "<tool_call>\n{}\n</tool_call>",
    "<think>\n\n</think>", "x[MASK]y", "x [MASK] y", "  [MASK]  [MASK]  ", "word words word. aword word", "wordword word", "né n\u1ebd ne\u0303 \u1ebdn\u1ebd", "  n\u1ebd  ", "<extra><extra>",
    "a" * 90, " " * 60, "\n" * 50, "=" * 50, "ab" * 60, "0" * 50, "é" * 30, "漢" * 20, "🙂" * 20, "'s" * 20, " a" * 30,
    "http://example.com/a_b?c=d&e=%20#f", "user@example.org", "C:\\Windows\\System32", "0x1F 1e-10 3.14 -7", "{\"a\": [1, 2.5, null, true]}",
    "#!/bin/sh\nset -e\n", "<div class=\"x\">&nbsp;</div>", "SELECT * FROM t WHERE a='b';", "`code` **bold** _it_ ~~no~~", "¡Hola! ¿Qué tal?", "naïve façade Ångström",
    "\u202eright\u202c \u2066iso\u2069", "z\u0335\u0321a\u0334l\u0337g\u0338o\u0336", "ǅ ǆ Ǆ ß ẞ ŉ İ ı", "\U000e0041\U000e007f", "\uffff\ufffe\U0010ffff", "\ue000\uf8ff", "\ufffd\ufffd",
] + EMOJI + [" ".join(EMOJI), "".join(EMOJI)]

MALFORMED = [
    b"\xff", b"\x80", b"a\x80b", b"\xc3", b"\xc3(", b"\xe2\x82", b"\xe2\x82a", b"\xe2(\xa1", b"\xf0\x9f\x99", b"\xf0\x9f\x99 x", b"\xf0\x9f", b"\xf0", b"\xf0\x28\x8c\xbc",
    b"\xed\xa0\x80", b"\xed\xb0\x80", b"\xed\xa0\xbd\xed\xb8\x80", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xf0\x80\x80\x80", b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80", b"\xfe\xff", b"ok \xe9t\xe9 latin1", b"\x80\x81\x82 x \xc3\xa9\xc3", b"<|im_\xffstart|>", b"\xef\xbb\xbfx", b"\xef\xbf\xbe",
]


def hard():
    """A few hundred short records that are easily got wrong."""
    records = [text.encode() for text in HARD] + MALFORMED
    rng = random.Random(4)
    pieces = [text for text in HARD if 0 < len(text) < 30] + SPECIALS
    for _ in range(80):
        records.append("".join(rng.choice(pieces) for _ in range(rng.randint(2, 5))).encode())
    for _ in range(60):
        records.append(damaged(rng.choice(records), rng))
    return records


def damaged(record, rng):
    """Bytes changed, lost, put in, or the end cut off."""
    data = bytearray(record)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            data[at:at + 1] = bytes([rng.randrange(256)])
        elif kind == 1:
            data[at:at + 1] = b""
        elif kind == 2:
            data[at:at] = bytes([rng.choice([0x80, 0xBF, 0xC3, 0xE2, 0xED, 0xF0, 0xF4, 0xFF])])
        else:
            del data[at:]
    return bytes(data)


def every_character():
    """Every assigned code point (as this Python knows them, and those that came later), in words and among neighbours."""
    codes = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    used = [code for code in codes if unicodedata.category(chr(code)) not in ("Cn", "Co") or code in range(0x1E4D0, 0x1E600) or code in range(0x11B00, 0x12000)
            or code in range(0x10D40, 0x10EFF) or code in range(0x1F600, 0x1FB00) or code in range(0x31350, 0x31360) or code < 0x10000]
    for start in range(0, len(used), 24):
        characters = [chr(code) for code in used[start:start + 24]]
        yield "".join(characters).encode()
        yield " ".join(f"a{c}b {c}1{c}" for c in characters[::3]).encode()


def random_unicode(count, rng):
    planes = [(0x20, 0x7F), (0x80, 0x250), (0x300, 0x370), (0x370, 0x600), (0x600, 0x1000), (0x1000, 0x2000), (0x2000, 0x3000), (0x3000, 0xA000), (0xA000, 0xD800),
              (0xF900, 0x10000), (0x10000, 0x12000), (0x16000, 0x17000), (0x1D000, 0x20000), (0x20000, 0x32400), (0xE0000, 0xE0200)]
    for _ in range(count):
        low, high = rng.choice(planes)
        other_low, other_high = rng.choice(planes)
        yield "".join(chr(rng.randrange(low, high)) if rng.random() < 0.7 else chr(rng.randrange(other_low, other_high)) for _ in range(rng.randint(1, 60))).encode()


def lines_of(data, most):
    lines = data.splitlines(keepends=True)
    return lines[:most]


def files(patterns, most_files, most_lines, rng):
    paths = sorted({path for pattern in patterns for path in glob.glob(pattern, recursive=True)})
    rng.shuffle(paths)
    for path in paths[:most_files]:
        try:
            data = pathlib.Path(path).read_bytes()[:200_000]
        except OSError:
            continue
        yield from lines_of(data, most_lines)


def translations(most_files, rng):
    """Catalogues of messages: most of the world's scripts."""
    paths = sorted(glob.glob("/usr/share/locale/*/LC_MESSAGES/*.mo"))
    rng.shuffle(paths)
    for path in paths[:most_files]:
        try:
            with open(path, "rb") as file:
                catalogue = gettext.GNUTranslations(file)
        except (OSError, UnicodeDecodeError, ValueError, LookupError):
            continue
        for text in list(catalogue._catalog.values())[1:120]:
            if text:
                yield text.encode("utf-8", "surrogatepass")


def recorded(step):
    """Every step-th line of the questions and answers that the project ships."""
    for path in sorted((ROOT / "data" / "recorded").glob("*.jsonl.zst")):
        text = subprocess.run(["zstd", "-dcq", str(path)], stdout=subprocess.PIPE, check=True).stdout
        for line in text.splitlines()[::step]:
            yield from strings_of(json.loads(line))


def strings_of(value):
    if isinstance(value, str):
        if len(value) > 20:
            yield value.encode("utf-8", "surrogatepass")
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings_of(item)


def sources():
    """Name and records of each source."""
    rng = random.Random(2026)
    return {
        "hard": hard(),
        "repository": list(files([str(ROOT / "src/**/*.[ch]pp"), str(ROOT / "docs/**/*.md"), str(ROOT / "tests/**/*.py")], 400, 400, rng)),
        "c and c++": list(files(["/usr/include/**/*.h", "/usr/include/c++/**/*"], 250, 120, rng)),
        "python and perl": list(files(["/usr/lib/python3*/**/*.py", "/usr/share/perl/**/*.p[lm]"], 200, 120, rng)),
        "documents": list(files(["/usr/share/doc/**/copyright", "/usr/share/doc/**/*.txt", "/usr/share/doc/**/*.html", "/usr/share/vim/**/*.vim"], 200, 80, rng)),
        "locales": list(files(["/usr/share/i18n/locales/*"], 150, 120, rng)),
        "translations": list(translations(900, rng)),
        "recorded questions and answers": list(recorded(40)),
        "every character": list(every_character()),
        "random characters": list(random_unicode(4000, rng)),
    }


def mixed():
    """All of it as (source, record): lines, every ninth run of lines joined, every fifteenth record once more, damaged."""
    rng = random.Random(7)
    out = []
    for name, records in sources().items():
        out += [(name, record[:20_000]) for record in records]
        for start in range(0, len(records) - 12, 108):
            out.append((name + ", several lines", b"".join(records[start:start + 12])[:20_000]))
        out += [("damaged", damaged(record[:2000], rng)) for record in records[::15]]
    return out
