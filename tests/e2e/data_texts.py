"""From recorded questions to the texts of a tokenizer: `xrouter data samples` and `xrouter data texts` give the same bytes
each time, every prompt is one of the format compact, every model's name is told, and no question of dev or test is in it.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from programs import xrouter_binary  # noqa: E402

SAMPLES = 300


def xrouter(*arguments):
    return subprocess.run([xrouter_binary(), "data", *arguments], capture_output=True, text=True, check=True).stdout


def held_out(split):
    lines = xrouter("sample", "--split", split, "-n", "400", "--format", "prompts").splitlines()
    return [json.loads(line)["prompt"] for line in lines]


def main():
    with tempfile.TemporaryDirectory() as folder:
        xrouter("samples", "--split", "train", "--out", folder, "--option", f"max_samples={SAMPLES}")
        texts = xrouter("texts", f"{folder}/train", "--answers", "1")
        assert texts == xrouter("texts", f"{folder}/train", "--answers", "1"), "the same set and seed give the same texts"
        assert texts != xrouter("texts", f"{folder}/train", "--answers", "1", "--seed", "2")
    rows = [json.loads(line) for line in texts.splitlines()]
    names = [row["text"] for row in rows if row["kind"] == "name"]
    prompts = [row["text"] for row in rows if row["kind"] == "prompt"]
    assert "select_response" in names and "call_gpt_4o" in names, names
    assert len(prompts) == SAMPLES, len(prompts)
    for prompt in prompts:
        assert prompt.startswith("<|begin|><|tool|>") and prompt.endswith("<|assistant|>"), prompt
        assert "You are the router" not in prompt and "Cost weight: " in prompt, prompt
    with_results = sum("<|result|>" in prompt for prompt in prompts)
    assert SAMPLES // 4 < with_results < SAMPLES * 3 // 4, with_results
    everything = "\n".join(prompts)
    for split in ("dev", "test"):
        assert not any(question in everything for question in held_out(split)), f"a question of split {split}"
    print(f"{len(names)} names, {len(prompts)} prompts ({with_results} with results), {len(rows) - len(names) - len(prompts)} answers")


main()
