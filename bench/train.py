"""Speed of reinforcement learning beside TRL's GRPOTrainer: run by bench/train.sh, which installs it.

The same model, prompts, group size, completion length and loss (DAPO, no KL) on the same machine. Every participant is a process of its own
that has loaded the model and waits; rounds are interleaved. Tables show medians over rounds; ratios above 1: ours is faster."""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import sys

from lm import Participant
from lm_prompts import FILLER, TOPICS

HERE = pathlib.Path(__file__).resolve().parent
PHASES = ["rollout", "update", "optimizer", "refresh"]


def folder_of(model, folder):
    """A Hugging Face folder with float32 weights that everybody loads: of a GGUF file, or of a folder that has none yet, with random ones."""
    import torch
    import transformers
    source = pathlib.Path(model)
    if source.is_dir() and list(source.glob("*.safetensors")):
        return source
    target = folder / source.stem
    if (target / "model.safetensors").exists():
        return target
    torch.manual_seed(1)
    if source.is_dir():
        made = transformers.AutoModelForCausalLM.from_config(transformers.AutoConfig.from_pretrained(source))
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        read = transformers.AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name, dtype=torch.float32)
        config = read.config
        del config.quantization_config  # a model that was read from GGUF calls itself quantised, and is not saved
        made = transformers.AutoModelForCausalLM.from_config(config)
        made.load_state_dict(read.state_dict())
        transformers.AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name).save_pretrained(target)
    made.float().save_pretrained(target)
    return target


def write_prompts(model, count, tokens, file):
    """Texts that differ from their first token on, of as many tokens each as all participants read them."""
    import transformers
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    prompts = []
    for number in range(count):
        text = f"{number + 1}. {TOPICS[number % len(TOPICS)]}{FILLER * (tokens // 20)}"
        ids = tokenizer(tokenizer.decode(tokenizer(text)["input_ids"][:tokens]))["input_ids"]
        prompts.append(ids)
    file.write_text(json.dumps(prompts))
    print(f"{count} prompts of {min(map(len, prompts))} to {max(map(len, prompts))} tokens")


def start_all(arguments, folder):
    model = folder_of(arguments.model, folder)
    prompts = folder / "train_prompts.json"
    write_prompts(model, arguments.prompts, arguments.prompt_tokens, prompts)
    ours = [arguments.training_bench, str(model), str(prompts), "--group", str(arguments.group), "--completion", str(arguments.completion),
            "--threads", str(arguments.threads), "--precision"]
    peer = [sys.executable, str(HERE / "train_peers.py")]
    rest = [str(model), str(prompts), str(arguments.group), str(arguments.completion), str(arguments.threads)]
    commands = {"xRouter": ours + ["auto"], "xRouter f32": ours + ["f32"], "TRL f32": peer + ["f32"] + rest, "TRL bf16": peer + ["bf16"] + rest}
    return [Participant(name, command, arguments.threads, arguments.realtime) for name, command in commands.items() if name not in arguments.without]


def run_rounds(participants, arguments):
    for participant in participants:  # warm: code and caches
        participant.steps = []
        participant.ask("step 1")
    for number in range(arguments.rounds):
        for participant in participants:
            participant.steps.append(participant.ask(f"step {number + 2}"))
        for participant in participants:
            participant.memory = participant.ask("memory")
        if arguments.json:
            pathlib.Path(arguments.json).write_text(json.dumps({p.name: {"steps": p.steps, "memory_mib": p.memory} for p in participants}, indent=1))
        print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)


def median(participant, value):
    return statistics.median(value(step) for step in participant.steps)


def print_table(participants):
    ours = participants[0]
    titles = ["a step, s", "generated tokens/s", "trained tokens/s"] + [f"{phase}, s" for phase in PHASES] + ["peak memory, MiB"]
    print("| | " + " | ".join(titles) + " |\n|---|" + "--:|" * len(titles))
    figures = [lambda s: s["step"], lambda s: s["generated"] / s["rollout"], lambda s: s["trained"] / s["update"]]
    for participant in participants:
        cells = []
        for number, figure in enumerate(figures):
            value, base = median(participant, figure), median(ours, figure)
            ratio = value / base if number == 0 else base / value
            cells.append(f"{value:.4g}" + ("" if participant is ours else f" ({ratio:.2f})"))
        cells += [f"{median(participant, lambda s: s.get(phase, 0)):.3g}" for phase in PHASES] + [str(participant.memory)]
        print(f"| {participant.name} | " + " | ".join(cells) + " |")
    print("Trained tokens: of all trajectories, prompts included; TRL computes each, xRouter computes common beginnings once:",
          f"{median(ours, lambda s: s['computed']):.0f} of {median(ours, lambda s: s['trained']):.0f}.")
    peers = [p for p in participants if p.name.startswith("TRL")]
    if peers:
        best = min(peers, key=lambda p: median(p, figures[0]))
        print(f"ratio to the faster TRL ({best.name}): {median(best, figures[0]) / median(ours, figures[0]):.2f} a step")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="GGUF file or Hugging Face folder; one without weights gets random ones")
    parser.add_argument("--training-bench", required=True)
    parser.add_argument("--folder", required=True, help="for prompts and converted weights")
    parser.add_argument("--prompts", type=int, default=4, help="of a step")
    parser.add_argument("--prompt-tokens", type=int, default=384)
    parser.add_argument("--group", type=int, default=8)
    parser.add_argument("--completion", type=int, default=32, help="tokens")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("--realtime", action="store_true", help="run at real-time priority (needs the right to)")
    parser.add_argument("--json", help="file for every figure")
    arguments = parser.parse_args()
    participants = start_all(arguments, pathlib.Path(arguments.folder))
    try:
        run_rounds(participants, arguments)
        print_table(participants)
    finally:  # whoever is stopped would stay for ever
        for participant in participants:
            participant.process.kill()


if __name__ == "__main__":
    main()
