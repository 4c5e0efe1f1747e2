#!/usr/bin/env python3
"""Fails when a library includes what it may not use.

What a library of ours may include are the USES of its line in src/xrouter/CMakeLists.txt; nothing
else says so. Some third-party headers live in one library only (the table below).
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src" / "xrouter"

# A header whose name starts so may be included by these libraries only.
THIRD_PARTY = {
    "boost/beast": {"net"},
    "boost/asio/ssl": {"net"},
    "boost/asio/ip": {"net", "server"},
    "openssl/": {"net", "server"},
    "boost/json": {"json", "wire", "config", "corpus", "train", "policy", "store", "service", "server", "mock", "eval", "tokenizer", "weights", "grammar", "chat_format", "policy_lm", "host", "samples", "replay", "rollout", "trainer"},
    "yaml-cpp/": {"config", "trainer"},
    "sqlite3.h": {"store", "replay"},
    "prometheus/": {"server", "host"},
    "zstd.h": {"corpus", "grade"},
    "spdlog/": {"base"},
    "CLI/": set(),  # the program only
    "torch/": {"transformer", "torch_learner"},
    "ATen/": {"transformer", "torch_learner"},
    "oneapi/": {"transformer", "torch_learner"},
}


def allowed_uses() -> dict[str, set[str]]:
    text = re.sub(r"#.*", "", (SOURCES / "CMakeLists.txt").read_text())
    uses = {}
    for body in re.findall(r"xrouter_library\(([^)]*)\)", text):
        words = body.split()
        name, words = words[0], words[1:]
        if "LINKS" in words:
            words = words[: words.index("LINKS")]
        uses[name] = {word for word in words if word != "USES"}
    return uses


def library_of(path: pathlib.Path) -> str:
    return path.relative_to(SOURCES).parts[0]


def problems_in(path: pathlib.Path, uses: dict[str, set[str]]) -> list[str]:
    library = library_of(path)
    # Unit tests and benchmarks may use the test helpers on top of what their library uses.
    is_test = path.stem.endswith(("_test", "_bench")) or path.stem.startswith("test_")
    extra = {"testing", "testing_net"} | uses.get("testing", set()) if is_test else set()
    allowed = uses[library] | {library} | extra
    found = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if not match:
            continue
        header = match.group(1)
        where = f"{path.relative_to(ROOT)}:{number}"
        if header.startswith("xrouter/"):
            other = header.split("/")[1]
            if other not in allowed:
                found.append(f"{where}: {library} may not include {other} (see src/xrouter/CMakeLists.txt)")
        for prefix, owners in THIRD_PARTY.items():
            if header.startswith(prefix) and library not in owners and not is_test:
                found.append(f"{where}: <{header}> belongs to {', '.join(sorted(owners)) or 'apps/'} only")
    return found


def main() -> int:
    uses = allowed_uses()
    folders = {p.name for p in SOURCES.iterdir() if p.is_dir()}
    found = [f"src/xrouter/{name}: no line in src/xrouter/CMakeLists.txt" for name in sorted(folders - uses.keys())]
    found += [f"src/xrouter/CMakeLists.txt: {name} uses {other}, which is no library" for name in uses for other in sorted(uses[name] - uses.keys())]
    files = [p for p in sorted(SOURCES.rglob("*")) if p.suffix in {".hpp", ".cpp"} and library_of(p) in uses]
    for path in files:
        found += problems_in(path, uses)
    print("\n".join(found) if found else f"includes: {len(files)} files of {len(uses)} libraries keep to their layers")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
