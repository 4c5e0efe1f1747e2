"""Speed of the language-model runtime beside llama.cpp and transformers: run by bench/lm.sh, which installs these.

Every participant is a process of its own that has loaded the model and waits; rounds are interleaved, so that what else the machine does hits all of them.
Tables show medians over rounds and the ratio to ours (above 1: ours is faster)."""
import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile

import lm_prompts

HERE = pathlib.Path(__file__).resolve().parent
MEASURES = [("prefill 512", "prefill, tokens/s"), ("decode 1 32 64", "decode, batch 1, tokens/s"), ("decode 8 8 64", "decode, batch 8, tokens/s"),
            ("decode 32 4 64", "decode, batch 32, tokens/s")]
WARM = ["prefill 512", "decode 1 2 64", "decode 8 2 8", "decode 32 2 2", "decision 0 0"]


class Participant:
    def __init__(self, name, command, threads, realtime):
        self.name, self.results = name, {}
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
        command = (["chrt", "-f", "10"] if realtime else []) + command
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, env=environment)

    def ask(self, command):
        """Whoever is not asked is stopped: threads that still spin for the next piece of work would take the processor from the one that is."""
        self.process.send_signal(signal.SIGCONT)
        try:
            return self.answer(command)
        finally:
            self.process.send_signal(signal.SIGSTOP)

    def answer(self, command):
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self.errors.seek(0)
            last_words = self.errors.read().strip().splitlines()[-1:]
            sys.exit(f"{self.name} ended at: {command}: {' '.join(last_words)}")
        return json.loads(line)

    def measure(self, key, command):
        answer = self.ask(command)
        self.results.setdefault(key, []).append(answer["ms"] if isinstance(answer, dict) else answer)
        return answer


def tokenizer_of(model):
    """The GGUF's tokenizer as one of Hugging Face's tokenizers."""
    import transformers
    folder, file = os.path.split(model)
    return transformers.AutoTokenizer.from_pretrained(folder, gguf_file=file).backend_tokenizer


def write_bf16(model, target):
    """The same weights, dequantised to bf16."""
    import gguf
    reader = gguf.GGUFReader(model)
    writer = gguf.GGUFWriter(target, "llama")
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type", "general.quantization_version"):
            continue
        kind = field.types[0]
        writer.add_key_value(field.name, field.contents(), kind, sub_type=field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None)
    for tensor in reader.tensors:
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        if values.ndim == 1:
            writer.add_tensor(tensor.name, values)
        else:
            writer.add_tensor(tensor.name, gguf.quants.quantize(values, gguf.GGMLQuantizationType.BF16), raw_dtype=gguf.GGMLQuantizationType.BF16)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def start_all(arguments, folder):
    prompts_file, bf16_file = folder / "prompts.json", folder / "bf16.gguf"
    tokenizer = tokenizer_of(arguments.model)
    prompts = lm_prompts.make(tokenizer)
    prompts["replies"] = [tokenizer.encode(prompts["before_name"] + name + prompts["after_name"], add_special_tokens=False).ids for name in prompts["names"]]
    prompts_file.write_text(json.dumps(prompts))
    if not bf16_file.exists():
        write_bf16(arguments.model, bf16_file)
    threads = arguments.threads
    ours = [arguments.lm_bench, arguments.model, str(prompts_file), "--threads", str(threads), "--precision"]
    peers = [sys.executable, str(HERE / "lm_peers.py")]
    commands = {
        "xRouter bf16": ours + ["bf16"],
        "xRouter f32": ours + ["f32"],
        "llama.cpp Q4_1": peers + ["llama", arguments.model, str(prompts_file), str(threads)],
        "llama.cpp bf16": peers + ["llama", str(bf16_file), str(prompts_file), str(threads)],
        "transformers bf16": peers + ["transformers-bf16", str(bf16_file), str(prompts_file), str(threads)],
        "transformers f32": peers + ["transformers-f32", str(bf16_file), str(prompts_file), str(threads)],
    }
    print(f"prefix of {len(prompts['prefix'])} tokens, questions of {len(prompts['questions'][0])}, {threads} threads")
    return [Participant(name, command, threads, arguments.realtime) for name, command in commands.items() if name not in arguments.without]


def keep(participants, choices, file):
    """Every figure so far: a run that is cut short is not lost."""
    if file:
        pathlib.Path(file).write_text(json.dumps({p.name: {**p.results, "memory": p.memory, "passes": p.passes, "choices": choices[p.name]} for p in participants}, indent=1))


def run_rounds(participants, rounds, file):
    choices = {}
    for participant in participants:  # warm: code, caches, the prefix
        for command in WARM:
            participant.ask(command)
    for number in range(rounds):
        for command, title in MEASURES:
            for participant in participants:
                participant.measure(title, command)
        for question in range(4):
            for participant in participants:
                answer = participant.measure("decision, ms", f"decision {question} {number + 1}")
                choices.setdefault(participant.name, {})[question] = answer["choice"]
                participant.passes = answer["passes"]
        for participant in participants:
            participant.memory = participant.ask("memory")
        keep(participants, choices, file)
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return choices


def print_table(participants, choices):
    ours = participants[0]
    titles = [title for _, title in MEASURES] + ["decision, ms"]
    print("| | " + " | ".join(titles) + " | passes | peak memory, MiB | same choices as ours |")
    print("|---|" + "--:|" * (len(titles) + 3))
    for participant in participants:
        cells = []
        for title in titles:
            median, base = statistics.median(participant.results[title]), statistics.median(ours.results[title])
            ratio = median / base if title == "decision, ms" else base / median
            cells.append(f"{median:.0f}" + ("" if participant is ours else f" ({ratio:.2f})"))
        same = sum(choices[participant.name][q] == choices[ours.name][q] for q in range(4))
        print(f"| {participant.name} | " + " | ".join(cells) + f" | {participant.passes} | {participant.memory} | {same} of 4 |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="GGUF file")
    parser.add_argument("--lm-bench", required=True)
    parser.add_argument("--folder", required=True, help="for prompts and converted weights")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("--realtime", action="store_true", help="run at real-time priority, so that nothing else runs meanwhile (needs the right to)")
    parser.add_argument("--json", help="file for every figure")
    arguments = parser.parse_args()
    participants = start_all(arguments, pathlib.Path(arguments.folder))
    try:
        print_table(participants, run_rounds(participants, arguments.rounds, arguments.json))
    finally:  # whoever is stopped would stay for ever
        for participant in participants:
            participant.process.kill()


if __name__ == "__main__":
    main()
