"""`xrouter eval` against live upstreams: a remote router and two models on the mock, a budget, a kill. Standard library only."""
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from programs import Mock, wait_until, xrouter_binary  # noqa: E402

QUESTIONS = pathlib.Path(__file__).resolve().parents[1] / "vectors/benchmarks/gsm8k.jsonl"
PRICES = {"fast": ("1", "2"), "good": ("3", "15"), "my-router": ("0.1", "0.2")}
SCRIPT = {
    "prices": {model: {"input": i, "output": o} for model, (i, o) in PRICES.items()},
    "rules": [
        {"when": {"model": "my-router", "turn": 1}, "do": {"tool_calls": [{"name": "call_good", "arguments": {}}]}},
        {"when": {"model": "my-router"}, "do": {"tool_calls": [{"name": "select_response", "arguments": {"call_id": "c1"}}]}},
        {"when": {"model": "good", "prompt": "bags"}, "do": [{"status": 503}, {"text": "So.\n#### 10"}]},
        {"when": {"model": "good", "prompt": "car"}, "do": {"text": "#### 1200"}},
        {"when": {"model": "fast", "prompt": "bags"}, "do": {"text": "#### 10", "delay_ms": 20}},
        {"when": {"model": "fast"}, "do": {"text": "I do not know."}},
    ],
}


def config_for(mock):
    return {
        "recorded": {"corpora": []},
        "upstreams": [{"name": "mock", "base_url": mock.base_url, "models": list(PRICES)}],
        "models": {model: {"tier": "budget", "usd_per_mtok": {"input": i, "output": o}} for model, (i, o) in PRICES.items()},
        "policy": {"kind": "remote", "model": "my-router"},
        "log_level": "warn",
    }


def command(folder, *more, samples=40):
    return [xrouter_binary(), "eval", "--config", str(folder / "x.yaml"), "--benchmark", f"gsm8k={QUESTIONS}", "--samples", str(samples), *more]


def run(folder, *more, code=0, samples=40):
    done = subprocess.run(command(folder, *more, samples=samples), capture_output=True, text=True, timeout=120)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


def accuracies(out):
    summary = json.loads((out / "summary.json").read_text())
    return {system["system"]: system["accuracy"]["mean"] for system in summary["sections"][0]["systems"]}


def lines(out):
    return [json.loads(line) for path in out.glob("samples/*.jsonl") for line in path.read_text().splitlines()]


def spent(out):
    return sum(line["cost"][0] for line in lines(out)) * 1e-12


WANTED = {"policy": 1.0, "model:fast": 0.5, "model:good": 1.0}


def whole_run(folder):
    run(folder, "--out", str(folder / "whole"))
    assert accuracies(folder / "whole") == WANTED, accuracies(folder / "whole")
    assert any(call["attempts"] == 2 for line in lines(folder / "whole") for call in line["calls"]), "the 503 was retried"
    told = run(folder, "--out", str(folder / "whole"), code=2)
    assert "finished run" in told, told


def budget(folder):
    told = run(folder, "--out", str(folder / "poor"), "--budget", "0.005", code=1)
    assert "stopped (budget)" in told and not (folder / "poor/summary.json").exists(), told
    assert spent(folder / "poor") <= 0.005, spent(folder / "poor")
    run(folder, "--out", str(folder / "poor"), "--budget", "1", "--resume")
    assert accuracies(folder / "poor") == WANTED


def stop(folder, name, how):
    out = folder / name
    process = subprocess.Popen(command(folder, "--out", str(out), "--concurrency", "1", "--workers", "1", samples=200), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    wait_until("some samples", lambda: len(lines_so_far(out)) > 5)
    process.send_signal(how)
    process.communicate(timeout=60)
    assert process.returncode == (-signal.SIGKILL if how == signal.SIGKILL else 1), process.returncode
    kept = len(lines_so_far(out))
    assert kept < 1200, kept
    run(folder, "--out", str(out), "--resume", samples=200)
    assert accuracies(out) == WANTED
    return kept


def replayed(folder, mock):
    """What live models answered comes back without them, at the same cost; what nobody asked before is missing."""
    singles = ["--system", "singles", "--replay", str(folder / "calls.db")]
    run(folder, "--out", str(folder / "asked"), *singles, samples=4)
    asked = len(mock.requests())
    run(folder, "--out", str(folder / "again"), *singles, samples=4)
    assert len(mock.requests()) == asked, "the second run asked nobody"
    mock.stop()
    run(folder, "--out", str(folder / "strict"), *singles, "--replay-mode", "strict", samples=4)
    for other in ("again", "strict"):
        assert accuracies(folder / other) == accuracies(folder / "asked"), accuracies(folder / other)
        assert spent(folder / other) == spent(folder / "asked") > 0
    run(folder, "--out", str(folder / "unasked"), *singles, "--replay-mode", "strict", "--retries", "0", "--temperature", "0.5", samples=4)
    assert spent(folder / "unasked") == 0
    assert all(line["grade"]["status"] != "scored" for line in lines(folder / "unasked"))


def lines_so_far(out):
    return [line for path in out.glob("samples/*.jsonl") for line in path.read_text().splitlines()]


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        with Mock(SCRIPT) as mock:
            (folder / "x.yaml").write_text(json.dumps(config_for(mock)))
            begun = time.monotonic()
            whole_run(folder)
            budget(folder)
            print("killed after", stop(folder, "killed", signal.SIGKILL), "samples; interrupted after", stop(folder, "interrupted", signal.SIGINT))
            replayed(folder, mock)
            print(f"eval: ok ({time.monotonic() - begun:.1f} s)")


if __name__ == "__main__":
    main()
