"""The shipped language-model router (data/models/router-small) decides by one option: on questions that it was not trained on it follows
the cost weight and beats the cheapest model, calls a model less whose price has risen, and leaves to a model what people say
beside such questions, since it cannot write. Exit 77 without the libtorch module. Standard library only.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from programs import SKIPPED, Mock, xrouter_binary  # noqa: E402

ROUTER = "router-small"
QUESTIONS = 100  # of each benchmark
RISING = "gemini-1.5-pro-002"
CHEAPEST = {"mmlu_pro": "gemini-1.5-flash-002", "zeroeval": "gemini-1.5-flash"}


def run(*arguments):
    return subprocess.run([xrouter_binary(), *arguments], capture_output=True, text=True, timeout=600)


def measured(out):
    singles = [word for model in CHEAPEST.values() for word in ("--system", f"model:{model}")]
    done = run("eval", "--router", ROUTER, *singles, "--split", "dev", "--limit", str(QUESTIONS), "--curve", "0,1,8", "--draws", "200", "--out", str(out))
    if "libxrouter_transformer.so" in done.stderr:
        print(f"skipped: {done.stderr.strip()}")
        sys.exit(SKIPPED)
    assert done.returncode == 0, done.stderr
    sections = json.loads((out / "summary.json").read_text())["sections"]
    return {section["task"]: {system["system"]: system for system in section["systems"]} for section in sections}


def check_curve(folder):
    for task, systems in measured(folder / "run").items():
        points = [systems[f"router:{ROUTER}{at}"] for at in ("@0", "", "@8")]
        costs, rights = [point["usd_per_1000"] for point in points], [point["accuracy"]["mean"] for point in points]
        single = systems[f"model:{CHEAPEST[task]}"]["accuracy"]["mean"]
        print(task, " ".join(f"{100 * right:.1f} % at {cost:.2f}" for right, cost in zip(rights, costs)), f"beside {100 * single:.1f} %")
        assert costs[0] > costs[1] > costs[2], costs
        assert costs[2] < costs[0] / 4, costs
        assert rights[0] > single + 0.05 and rights[1] > single, (rights, single)


def check_price(folder):
    """Ten times as dear, it is called half as often at most."""
    prices = {"usd_per_mtok": {"input": "12.5", "output": "50"}, "price_source": "ten times as dear", "price_date": "2026-11-22"}
    config = folder / "dear.yaml"
    config.write_text(json.dumps({"models": {RISING: prices}}))

    def share(name, *arguments):
        out = folder / name
        done = run("eval", *arguments, "--router", ROUTER, "--split", "dev", "--limit", str(QUESTIONS), "--curve", "1", "--draws", "200", "--out", str(out))
        assert done.returncode == 0, done.stderr
        sections = json.loads((out / "summary.json").read_text())["sections"]
        systems = {system["system"]: system for section in sections if section["task"] == "mmlu_pro" for system in section["systems"]}
        return systems[f"router:{ROUTER}"]["behaviour"]["models"].get(RISING, 0)

    before, after = share("cheap"), share("dear", "--config", str(config))
    print(f"{RISING}: {100 * before:.1f} % of the calls, {100 * after:.1f} % when ten times as dear")
    assert before > 0.05 and after < before / 2, (before, after)


def check_chat(folder):
    models = ["gpt-4o-mini-2024-07-18", "gpt-4o-2024-08-06"]
    script = {"prices": {model: {"input": "1", "output": "2"} for model in models}, "rules": [{"when": {}, "do": {"text": "A model says so."}}]}
    with Mock(script) as mock:
        config = {"recorded": {"corpora": []}, "policy": {"kind": "local", "model": ROUTER}, "offered": models, "log_level": "warn",
                  "upstreams": [{"name": "mock", "base_url": mock.base_url, "models": models}], "models": {model: {"upstream": "mock"} for model in models}}
        (folder / "x.yaml").write_text(json.dumps(config))
        for text in ("Hi there, how are you?", "hello", "Write a poem about autumn.", "Fix this bug: int main() { return x; }"):
            done = run("ask", "--config", str(folder / "x.yaml"), text)
            assert done.returncode == 0 and "A model says so." in done.stdout, (text, done.stdout, done.stderr)


def main():
    with tempfile.TemporaryDirectory() as folder:
        check_curve(pathlib.Path(folder))
        check_price(pathlib.Path(folder))
        check_chat(pathlib.Path(folder))


if __name__ == "__main__":
    main()
