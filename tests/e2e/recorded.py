"""200 recorded test questions through `xrouter serve` by the official Python client, 32 at a time: accuracy and cost of
the default policy beside each single model, and the ledger's total equal to the sum over all responses.

An answer is graded by its record: the served text must be a recorded answer to that question, and its label counts.
"""
import argparse
import asyncio
import json
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import openai  # noqa: E402
import zstandard  # noqa: E402
from ledger import pico, verified  # noqa: E402
from programs import ROOT, Serve, xrouter_binary  # noqa: E402

CONCURRENCY = 32
SEED = 11


def sample(count):
    command = [xrouter_binary(), "data", "sample", "--split", "test", "-n", str(count), "--seed", str(SEED), "--format", "openai-jsonl"]
    return [json.loads(line) for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()]


def labels_of(qids):
    """{qid: {answer text: right or not}} of every recorded model."""
    wanted, labels = set(qids), {}
    for path in sorted((ROOT / "data/recorded").glob("*.jsonl.zst")):
        with open(path, "rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True) as lines:
            for line in lines.read().decode().splitlines()[1:]:
                record = json.loads(line)
                if record["qid"] in wanted:
                    labels[record["qid"]] = {o["response"]: bool(o["correct"]) for o in record["outcomes"].values()}
    assert labels.keys() == wanted, wanted - labels.keys()
    return labels


def corpus_of(qid):
    return {"ze": "ZeroEval", "mp": "MMLU-Pro"}[qid.split("/")[0]]


class Tally:
    def __init__(self):
        self.questions = self.right = self.pico = 0

    def add(self, right, cost):
        self.questions += 1
        self.right += right
        self.pico += cost


async def ask_all(client, model, questions, labels):
    """{corpus: Tally} and the sum of costs over all responses, in pico-dollars."""
    gate, tallies, total = asyncio.Semaphore(CONCURRENCY), {}, 0

    async def one(question):
        nonlocal total
        async with gate:
            try:
                reply = await client.chat.completions.create(**{**question["request"], "model": model})
            except openai.APIStatusError as error:
                assert error.code in ("question_not_recorded", "model_not_found"), error
                return  # this model was not recorded for this question
        cost = int(reply.model_extra["router_metadata"]["total_cost_pico"])
        total += cost
        text = reply.choices[0].message.content
        assert text in labels[question["qid"]], f"{model} on {question['qid']}: the answer is not a recorded one"
        tallies.setdefault(corpus_of(question["qid"]), Tally()).add(labels[question["qid"]][text], cost)

    await asyncio.gather(*(one(question) for question in questions))
    return tallies, total


async def ask_everyone(serve, questions, labels):
    rows, total = {}, 0
    async with openai.AsyncOpenAI(api_key="none", base_url=serve.base_url, max_retries=0) as client:
        names = [m.id async for m in await client.models.list()]
        aliases = {"router", "router-tool-rl"}
        for model in [name for name in names if name not in aliases]:
            begun = time.monotonic()
            tallies, spent = await ask_all(client, model, questions, labels)
            total += spent
            rows[model] = tallies
            if model == "xrouter":
                print(f"{len(questions)} questions at concurrency {CONCURRENCY} in {time.monotonic() - begun:.2f} s", flush=True)
    return rows, total


def print_table(rows):
    for corpus in sorted({corpus for tallies in rows.values() for corpus in tallies}):
        asked = max(tallies[corpus].questions for tallies in rows.values() if corpus in tallies)
        print(f"\n{corpus}, {asked} questions\n| model | answered | right | USD per 1,000 questions |\n|---|--:|--:|--:|")
        by_accuracy = sorted(((m, t[corpus]) for m, t in rows.items() if corpus in t), key=lambda row: (row[0] != "xrouter", -row[1].right / row[1].questions))
        for model, tally in by_accuracy:
            name = "**xrouter (default policy)**" if model == "xrouter" else model
            print(f"| {name} | {tally.questions} | {100 * tally.right / tally.questions:.1f} % | {tally.pico / tally.questions / 1e9:.4f} |")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=200)
    options = arguments.parse_args()
    questions = sample(options.count)
    labels = labels_of([question["qid"] for question in questions])
    with Serve({"log_level": "warn"}) as serve:
        rows, total = asyncio.run(ask_everyone(serve, questions, labels))
        serve.stop()
        report = verified(serve.ledger)
    assert sum(t.questions for t in rows["xrouter"].values()) == len(questions), "the router answers every question"
    print_table(rows)
    answered = sum(t.questions for tallies in rows.values() for t in tallies.values())
    print(f"\n{answered} responses say {total} pico-dollars, the ledger says {pico(report['requests_usd'])}")
    assert total == pico(report["requests_usd"]), "not equal to the pico-dollar"


main()
