"""`xrouter train` with the real learner. The recipe for CI beats its baselines on its dev split; behind a shorter warm start the reward rises and the cost
falls. A short run of the same recipe that is killed at random places ends in the bits of one that was not, and two processes end where one does but for rounding.
Exit 77 (skipped) without the libtorch module.
"""
import array
import hashlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from programs import ROOT, SKIPPED, free_port, xrouter_binary  # noqa: E402

RECIPE = ROOT / "recipes/ci-small.yaml"
SHORT = ["--set", "stages.language.steps=3", "--set", "stages.warm_start.steps=6", "--set", "stages.dapo.steps=4", "--set", "checkpoint.every=1", "--set", "checkpoint.keep=7", "--set", "validation.samples=20",
         "--set", "validation.every=0", "--set", "model.threads=1"]
PATIENCE = 900
KILLS = 10


def command(samples, run, *more):
    data = ["--set", f"data.train={samples}/train", "--set", f"data.validation={samples}/dev"]
    return [xrouter_binary(), "train", "-c", str(RECIPE), "--out", str(run), *data, *more]


def train(samples, run, *more):
    return subprocess.run(command(samples, run, *more), check=True, capture_output=True, text=True, timeout=PATIENCE)


def metrics_of(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def last_checkpoint(run):
    return max((path.parent for path in run.glob("checkpoints/*/DONE")), key=lambda path: path.name)


def digest(run):
    return hashlib.sha256((last_checkpoint(run) / "learner.safetensors").read_bytes()).hexdigest()


def mean(values):
    return sum(values) / len(values)


def check_baselines(samples, folder):
    """The recipe as it is: on questions that it has not seen it ends above every mixture of single models, at some cost weight at least."""
    started = time.monotonic()
    run = folder / "recipe"
    train(samples, run)
    validated = [step for step in metrics_of(run) if "validation/score" in step]
    best = max(validated, key=lambda step: step["validation/score"])
    margins = {name.rsplit("/", 1)[1]: value for name, value in best.items() if name.startswith("validation/hull_margin/")}
    assert max(margins.values()) > 0.01, margins
    exported = run / "model"
    assert (exported / "model.safetensors").exists() and (exported / "training.json").exists()
    print("train: above the static hull by " + ", ".join(f"{100 * value:+.1f} points at weight {weight}" for weight, value in margins.items()),
          f"{time.monotonic() - started:.0f} s")


def check_learning(samples, folder):
    """Behind a short warm start most is left to reinforcement learning: the reward rises, the cost falls."""
    started = time.monotonic()
    run = folder / "learning"
    train(samples, run, "--set", "stages.language.steps=80", "--set", "stages.warm_start.steps=30", "--set", "stages.dapo.steps=32",
          "--set", "stages.dapo.learning_rate=0.0007", "--set", "validation.samples=20")
    steps = [step for step in metrics_of(run) if step["stage"] == "dapo"]
    first, last = steps[:10], steps[-10:]
    said = []
    for name in ("reward/total", "success/rate", "cost/ratio"):
        said.append((name, mean([step[name] for step in first]), mean([step[name] for step in last])))
    rewards, _, costs = said
    assert rewards[2] > rewards[1], said
    assert costs[2] < costs[1], said
    print("train: " + ", ".join(f"{name} {before:.3f} to {after:.3f}" for name, before, after in said), f"over {len(steps)} steps, {time.monotonic() - started:.0f} s")


def check_kills(samples, folder, whole):
    """Killed ten times anywhere, resumed each time."""
    run, chance, killed = folder / "killed", random.Random(5), 0
    resume = []
    while True:
        process = subprocess.Popen(command(samples, run, *SHORT, *resume), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            process.wait(chance.uniform(0.5, 3) if killed < KILLS else PATIENCE)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
            # Before the first checkpoint there is nothing to go on from.
            resume = ["--resume"] if any(run.glob("checkpoints/*/DONE")) else []
            if not resume:
                subprocess.run(["rm", "-rf", run], check=True)
            continue
        assert process.returncode == 0, process.stderr.read()
        break
    assert digest(run) == digest(whole), (digest(run), digest(whole))
    print(f"train: killed {killed} times, the weights have the bits of the run that was not: {digest(run)[:16]}")


def weights_of(run):
    file = last_checkpoint(run) / "learner.safetensors"
    content = file.read_bytes()
    header_end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:header_end])
    values = array.array("f")
    for name, entry in sorted(header.items()):
        if name != "__metadata__" and entry["dtype"] == "F32" and "moment" not in name:
            begin, end = entry["data_offsets"]
            values.frombytes(content[header_end + begin:header_end + end])
    return values


def check_processes(samples, folder, whole):
    run, port = folder / "two", free_port()
    environment = dict(os.environ, WORLD_SIZE="2", LOCAL_WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    processes = [subprocess.Popen(command(samples, run, *SHORT), env=dict(environment, RANK=str(rank), LOCAL_RANK=str(rank)), stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True) for rank in range(2)]
    for process in processes:
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, errors
    one, two = weights_of(whole), weights_of(run)
    assert len(one) == len(two) and len(one) > 100_000
    largest = max(abs(a - b) for a, b in zip(one, two))
    assert largest < 2e-2, largest
    apart = sum(abs(a - b) > 1e-4 for a, b in zip(one, two)) / len(one)
    print(f"train: one process and two: {len(one)} numbers differ by at most {largest:.1e}, {100 * apart:.2f} % of them by more than 1e-4")


def main():
    with tempfile.TemporaryDirectory(prefix="xrouter-train-") as temporary:
        folder = pathlib.Path(temporary)
        samples = folder / "samples"
        subprocess.run([xrouter_binary(), "data", "samples", "--out", str(samples), "-c", str(ROOT / "recipes/ci-samples.yaml")], check=True, capture_output=True)
        whole = folder / "whole"
        first = subprocess.run(command(samples, whole, *SHORT), capture_output=True, text=True, timeout=PATIENCE)
        if "libxrouter_transformer.so" in first.stderr:
            print(f"skipped: {first.stderr.strip()}")
            sys.exit(SKIPPED)
        assert first.returncode == 0, first.stderr
        check_kills(samples, folder, whole)
        check_processes(samples, folder, whole)
        check_learning(samples, folder)
        check_baselines(samples, folder)


if __name__ == "__main__":
    main()
