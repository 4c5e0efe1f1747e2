"""The page of `xrouter train report` in a real browser, of a run made up here: it loads without an error and without asking for anything, on a
desk and on a phone, in light and dark; curves are there, and legends hide them. Exit 77 (skipped) without a Chromium on this machine.
"""
import json
import math
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from programs import xrouter_binary  # noqa: E402
from report import assert_quiet, in_browser, open_everywhere  # noqa: E402

MODELS = ["cheap", "fast", "<b>strong</b>"]
WEIGHTS = ["0", "1", "4"]


def step(number, steps):
    done = 1 - math.exp(-3 * number / steps)
    if number <= steps // 3:
        return {"step": number, "stage": "warm_start", "loss/nll": 3 - 2 * done, "optimizer/grad_norm": None}
    values = {"step": number, "stage": "dapo", "reward/total": done, "reward/success": done + 0.1, "success/rate": done, "cost/ratio": 1 - done / 2,
              "policy/entropy": 1.2 - done, "seconds/step": 9, "seconds/rollout": 5, "seconds/update": 4}
    values |= {f"call_share/{model}": (1 + i * done) / (3 + 3 * done) for i, model in enumerate(MODELS)}
    if number % 20 == 0:
        values["validation/score"] = done
        for i, weight in enumerate(WEIGHTS):
            values |= {f"validation/accuracy/{weight}": 0.8 - i / 10 * (1 - done), f"validation/usd_per_1000/{weight}": 2 / (1 + i), f"validation/cost_ratio/{weight}": 0.9 / (1 + i),
                       f"validation/reward/{weight}": done, f"validation/hull_margin/{weight}": done - 0.5}
    return values


def make_run(folder, steps=120):
    folder.mkdir()
    (folder / "settings.json").write_text(json.dumps({"settings": [{"name": "seed", "value": "7"}]}))
    (folder / "metrics.jsonl").write_text("".join(json.dumps(step(number, steps)) + "\n" for number in range(1, steps + 1)))
    baselines = [{"name": model, "single_model": True, "accuracy": 0.5 + i / 8, "usd_per_1000": 0.1 * 5**i} for i, model in enumerate(MODELS)]
    (folder / "baselines.json").write_text(json.dumps(baselines))


def check(browser, url):
    for _ in open_everywhere(browser, url):
        assert browser.value("document.querySelectorAll('.chart').length") >= 8
        assert browser.value("document.querySelectorAll('.plot .pt').length") == len(MODELS) + 2 * len(WEIGHTS)
    assert browser.value("document.body.textContent.includes('<b>strong</b>')")
    reward = "[...document.querySelectorAll('.chart')].find((c) => c.textContent.includes('Reward and its parts'))"
    assert browser.value(f"{reward}.querySelectorAll('svg svg [data-series=\"1\"]').length") == 2  # as it is, and smoothed
    browser.value(f"{reward}.querySelector('.legend button[data-series=\"1\"]').click()")
    assert browser.value(f"{reward}.querySelectorAll('svg svg .off').length") == 2
    assert_quiet(browser)


def page(folder):
    run = folder / "run"
    make_run(run)
    subprocess.run([xrouter_binary(), "train", "report", str(run)], check=True, stdout=subprocess.DEVNULL)
    return run / "report.html"


def main():
    code = in_browser(check, page)
    if code == 0:
        print("train_report: loads cleanly in light and dark, on desk and phone; curves are there and can be hidden; asks for nothing")
    return code


if __name__ == "__main__":
    sys.exit(main())
