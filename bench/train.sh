#!/usr/bin/env bash
# Speed of reinforcement learning beside TRL's GRPOTrainer, with the same weights, prompts, group size and completion length, in interleaved
# rounds of one run: time of a step by phase, tokens a second of rollouts and updates, memory. Prints a table; --json FILE keeps every figure.
#   bench/train.sh [--model FILE.gguf|FOLDER] [--rounds N] [--threads N] [--prompts N] [--group N] [--completion N] [--without NAME]... [--json FILE]
# Without --model: SmolLM2-135M-Instruct, as `xrouter models pull` obtains it; --model data/models/router-small: the small router's shape with
# random weights. TRL is installed from PyPI into .clients/train. XROUTER_TRAIN_PEERS: the Python of an environment that has it.
# XROUTER_TRAINING_BENCH: a built training_bench.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../tools/common.sh"
folder=$root/.clients/train
mkdir -p "$folder"
if [[ -z ${XROUTER_TRAINING_BENCH:-} ]]; then
  build bench training_bench xrouter_transformer_module xrouter
  XROUTER_TRAINING_BENCH=$root/build/bench/bench/training_bench
  export XROUTER_MODULE_PATH=$root/build/bench/apps/xrouter
fi
if [[ -z ${XROUTER_TRAIN_PEERS:-} ]]; then
  XROUTER_TRAIN_PEERS=$folder/venv/bin/python
  if [[ ! -e $folder/venv/ready ]]; then
    say "installing trl, transformers and torch into $folder/venv"
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install -q "trl==1.16.0" "torch==2.11.0" "transformers==5.23.0" "accelerate==1.15.0" "datasets==5.2.0" "gguf==0.19.0" numpy
    touch "$folder/venv/ready"
  fi
fi
model=()
if [[ " $* " != *" --model "* ]]; then
  pull=("$root/build/bench/apps/xrouter/xrouter" models pull smollm2-135m)
  "${pull[@]}"
  model=(--model "$("${pull[@]}" | sed 's/.* is here already: //')")
fi
cd "$here"
exec "$XROUTER_TRAIN_PEERS" train.py --folder "$folder" --training-bench "$XROUTER_TRAINING_BENCH" "${model[@]}" "$@"
