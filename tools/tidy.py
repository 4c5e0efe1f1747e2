#!/usr/bin/env python3
"""House rules that no compiler checks. Each finding names the rule and the way out."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# (pattern, folders it applies to, why and what instead); test files are exempt where noted.
RULES = [
    (r"\bsteady_clock::now\(|\bsystem_clock::now\(", ["src"], "time is injected: use the scope's Clock", {"base/clock.cpp"}),
    (r"\brandom_device\b|\bmt19937\b|[^_]\brand\(\)", ["src"], "chance is injected: use Rng", {"base/rng.cpp"}),
    (r"\bsleep_for\(std::|this_thread::sleep|\busleep\(", ["src"], "nothing sleeps: use async/sleep.hpp", set()),
    (r"std::cout|std::cerr|\bprintf\(", ["src"], "libraries log through base/log.hpp; only apps/ print", {"base/assert.cpp"}),
    (r"\bassert\(", ["src"], "use XROUTER_ASSERT: it is active in every build", set()),
    (r"\basio::detached\b", ["src"], "a coroutine has an owner that joins it", set()),
    (r"TODO(?!\(#\d+\))", ["src", "apps", "tests", "bench", "tools"], "write TODO(#issue)", {"tools/tidy.py"}),
    (r"\bstd::regex\b", ["src", "apps"], "std::regex is unbounded in time", set()),
    (r"\bdouble\s+(?!cost_weight)\w*(cost|price|usd)\w*\b", ["src/xrouter/engine", "src/xrouter/catalog", "src/xrouter/upstream"], "money is Usd, never double", set()),
]
TEST = re.compile(r"_(test|bench)\.[ch]pp$|test_\w+\.hpp$")
MAX_LINES = 600

# g++ 12.2 destroys some temporaries of a co_await expression twice (GCC bug 107288 and its family):
# no brace, no lambda and no branch condition may stand in a co_await statement.
CO_AWAIT_BRACE = re.compile(r"co_await[^;{}]*\([^;]*\{")
CO_AWAIT_TERNARY = re.compile(r"\?[^;]*\bco_await\b")
BRANCH = re.compile(r"\b(?:if|while|switch|for)\s*\(")


def files() -> list[pathlib.Path]:
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


def without_comments(text: str) -> str:
    text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)
    text = re.sub(r'R"(\w*)\(.*?\)\1"', lambda m: '""' + "\n" * m.group().count("\n"), text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text)


def statements_with_co_await(text: str):
    """Yields (line number, statement text up to its ;)."""
    for match in re.finditer(r"\bco_await\b", text):
        start = max(text.rfind(c, 0, match.start()) for c in ";{}") + 1
        end = match.end()
        depth = 0
        while end < len(text) and not (text[end] == ";" and depth == 0):
            depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(text[end], 0)
            if depth < 0:
                break
            end += 1
        yield text.count("\n", 0, match.start()) + 1, text[start:end]


def head_awaits(statement: str) -> bool:
    """A co_await between the parentheses of an if, while, switch or for."""
    for match in BRANCH.finditer(statement):
        depth, end = 1, match.end()
        while end < len(statement) and depth:
            depth += {"(": 1, ")": -1}.get(statement[end], 0)
            end += 1
        if re.search(r"\bco_await\b", statement[match.end() : end]):
            return True
    return False


def check_cpp(path: pathlib.Path) -> list[str]:
    name = str(path.relative_to(ROOT))
    raw = path.read_text()
    text = without_comments(raw)
    found = []
    is_test = bool(TEST.search(name)) or name.startswith(("tests/", "bench/"))
    for pattern, folders, why, exempt in RULES:
        if not name.startswith(tuple(folders)) or any(name.endswith(e) for e in exempt):
            continue
        if is_test and "TODO" not in pattern and "sleep" not in pattern:
            continue
        for match in re.finditer(pattern, raw if "TODO" in pattern else text):
            found.append(f"{name}:{text.count(chr(10), 0, match.start()) + 1}: '{match.group().strip()}': {why}")
    for line, statement in statements_with_co_await(text):
        if CO_AWAIT_BRACE.search(statement) or head_awaits(statement) or CO_AWAIT_TERNARY.search(statement):
            found.append(f"{name}:{line}: co_await in a compound expression (g++ 12 double free): name the operands first")
    if path.suffix == ".hpp" and "#pragma once" not in raw:
        found.append(f"{name}: header without #pragma once")
    if raw.count("\n") > MAX_LINES:
        found.append(f"{name}: {raw.count(chr(10))} lines; over {MAX_LINES} a file wants splitting")
    if re.search(r"[ \t]+$", raw, re.M):
        found.append(f"{name}: trailing white space")
    return found


def check_library_readmes() -> list[str]:
    found = []
    for folder in sorted((ROOT / "src" / "xrouter").iterdir()):
        readme = folder / "README.md"
        if not folder.is_dir():
            continue
        if not readme.exists():
            found.append(f"{folder.relative_to(ROOT)}: no README.md (duty, what does not belong, where to start)")
        elif readme.read_text().count("\n") > 45:
            found.append(f"{readme.relative_to(ROOT)}: over 40 lines")
    return found


def main() -> int:
    found = []
    count = 0
    for path in files():
        if path.suffix in {".cpp", ".hpp"}:
            found += check_cpp(path)
            count += 1
    found += check_library_readmes()
    print("\n".join(found) if found else f"tidy: {count} files keep the house rules")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
