"""Probabilities after temperature, top-k, top-p and min-p as Hugging Face computes them, for sampler_test.cpp.

Packages: torch, transformers (versions are written into the file's first line).
Usage: python tests/golden/lm/sampling.py > tests/golden/lm/sampling.txt
Each case is three lines: temperature top_k top_p min_p; the logits; the probabilities.
"""
import torch
import transformers
from transformers import LogitsProcessorList, MinPLogitsWarper, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

RULES = [(1, 0, 1, 0), (0.7, 0, 1, 0), (1.8, 5, 1, 0), (1, 0, 0.9, 0), (0.6, 20, 0.95, 0), (1, 0, 1, 0.1), (1.3, 12, 0.8, 0.05),
         (0.25, 3, 0.5, 0.3), (1, 0, 0.05, 0), (5, 0, 0.999, 0.02), (1, 1, 1, 0), (2, 7, 1, 0)]


def warpers(temperature, top_k, top_p, min_p):
    chosen = LogitsProcessorList([TemperatureLogitsWarper(float(temperature))])
    if top_k > 0:
        chosen.append(TopKLogitsWarper(top_k))
    if top_p < 1:
        chosen.append(TopPLogitsWarper(float(top_p)))
    if min_p > 0:
        chosen.append(MinPLogitsWarper(float(min_p)))
    return chosen


def main():
    torch.manual_seed(20)
    print(f"# torch {torch.__version__} transformers {transformers.__version__}")
    for spread in (1.0, 4.0):
        for rule in RULES:
            logits = (torch.randn(1, 60, dtype=torch.float64) * spread).to(torch.float32).to(torch.float64)
            if rule[1] == 7:
                # Ties with the k-th stay. (Which of equals top-p keeps is left open by an unstable sort.)
                logits = torch.round(logits)
            probabilities = torch.softmax(warpers(*rule)(None, logits), dim=-1)
            print(*rule)
            print(*(repr(value) for value in logits[0].tolist()))
            print(*(repr(value) for value in probabilities[0].tolist()))


main()
