#!/usr/bin/env python3
"""What each part of the training is worth: the recipe for CI with one thing changed at a time, each a row.

  bench/ablations.py --out build/ablations [--seeds 1 2] [--only "no warm start" grpo]

Trains recipes/ci-small.yaml once as it is and once for each change, on as many seeds as are asked for, and reads the last validation of each
run: greedy decisions on the whole dev set. A row has, for each cost weight, the share of right answers and their cost relative to the
reference model, and `utility`: the mean over the weights of accuracy * (1 - min(lambda * weight * cost, 0.8)), in which all rows can be
compared, whatever reward they were trained with. A finished run is not made again, unless the recipe has changed since. Needs the libtorch
module.
"""
import argparse
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/lib"))
from programs import ROOT, xrouter_binary  # noqa: E402

RECIPE = ROOT / "recipes/ci-small.yaml"
LAMBDA = float(re.search(r"^reward: \{cost_weight: ([0-9.]+)", RECIPE.read_text(), re.MULTILINE)[1])
CAP = 0.8  # of the penalty, as the reward has it
USD_OF_REFERENCE = 0.0034  # what the reference model costs on a question, about
CHANGES = {
    "as it is": [],
    "language and warm start alone": ["stages.dapo.steps=1", "stages.dapo.learning_rate=0"],
    "no language stage": ["stages.language.steps=1", "stages.language.learning_rate=0"],
    "no warm start": ["stages.warm_start.steps=1", "stages.warm_start.learning_rate=0"],
    "success and cost compared apart (split)": ["advantage.estimator=split"],
    "divided by the group's deviation (grpo)": ["advantage.estimator=grpo"],
    "cost weight told as 1, to teacher and router": ["cost_weight.told=1"],
    "one cost weight a sample": ["cost_weight.per_sample=1"],
    "simple mode: one call, nothing read": ["rollout.mode=simple"],
    "dollars instead of shares of the reference": ["reward.norm=usd", f"reward.cost_weight={LAMBDA / USD_OF_REFERENCE:.4f}"],
}


def name_of(change):
    return "".join(c if c.isalnum() else "_" for c in change.split(":")[0].split("(")[0].strip())


def train(samples, run, seed, settings):
    if run.exists() and (run / "config.yaml").read_text() != RECIPE.read_text():
        shutil.rmtree(run)
    if not (run / "model").exists():
        command = [xrouter_binary(), "train", "-c", str(RECIPE), "--out", str(run), "--set", f"data.train={samples}/train", "--set", f"data.validation={samples}/dev",
                   "--set", f"seed={seed}", "--set", "alarms.enabled=false"]
        if run.exists():
            command.append("--resume")
        for setting in settings:
            command += ["--set", setting]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [line for line in lines if "validation/score" in line][-1]


def points(line):
    weights = sorted((float(name.rsplit("/", 1)[1]), name.rsplit("/", 1)[1]) for name in line if name.startswith("validation/accuracy/"))
    return [(weight, line[f"validation/accuracy/{text}"], line[f"validation/cost_ratio/{text}"]) for weight, text in weights]


def utility(found):
    return statistics.mean(right * (1 - min(LAMBDA * weight * cost, CAP)) for weight, right, cost in found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder of the runs")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--only", nargs="+", default=[], help="rows whose names contain one of these; the first row is always there")
    arguments = parser.parse_args()
    arguments.out = arguments.out.resolve()
    samples = arguments.out / "samples"
    if not samples.exists():
        subprocess.run([xrouter_binary(), "data", "samples", "--out", str(samples), "-c", str(ROOT / "recipes/ci-samples.yaml")], check=True, stdout=subprocess.DEVNULL)
    header = None
    for change, settings in CHANGES.items():
        wanted = not arguments.only or not settings or any(part in change for part in arguments.only)
        if not wanted:
            continue
        runs = [points(train(samples, arguments.out / f"{name_of(change)}-{seed}", seed, settings)) for seed in arguments.seeds]
        if header is None:
            header = [f"{weight:g}" for weight, _, _ in runs[0]]
            print("| | utility | of each seed | " + " | ".join(f"weight {weight}" for weight in header) + " |")
            print("|---|" + "---|" * (2 + len(header)), flush=True)
        utilities = [utility(run) for run in runs]
        cells = [f"{100 * statistics.mean(run[i][1] for run in runs):.1f} % for {statistics.mean(run[i][2] for run in runs):.2f}" for i in range(len(header))]
        print(f"| {change} | {statistics.mean(utilities):.4f} | " + ", ".join(f"{value:.4f}" for value in utilities) + " | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
