#!/usr/bin/env bash
# Speed of the language-model runtime beside llama.cpp (llama-cpp-python) and transformers, with the same weights and prompts, in interleaved
# rounds of one run: prefill, decoding at batch 1, 8 and 32, a routing decision, memory. Prints a table; --json FILE keeps every figure.
#   bench/lm.sh [--model FILE.gguf] [--rounds N] [--threads N] [--realtime] [--without PARTICIPANT]... [--json FILE]
# Without --model: SmolLM2-135M-Instruct, as `xrouter models pull` obtains it. The peers are installed from PyPI into .clients/lm, llama.cpp
# compiled for this processor. XROUTER_LM_PEERS: the Python of an environment that has them. XROUTER_LM_BENCH: a built runtime_bench.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../tools/common.sh"
folder=$root/.clients/lm
mkdir -p "$folder"
if [[ -z ${XROUTER_LM_BENCH:-} ]]; then
  build bench runtime_bench xrouter_transformer_module xrouter
  XROUTER_LM_BENCH=$root/build/bench/bench/runtime_bench
  export XROUTER_MODULE_PATH=$root/build/bench/apps/xrouter
fi
if [[ -z ${XROUTER_LM_PEERS:-} ]]; then
  XROUTER_LM_PEERS=$folder/venv/bin/python
  if [[ ! -e $folder/venv/ready ]]; then
    say "installing llama-cpp-python, transformers and torch into $folder/venv; llama.cpp is compiled, which takes minutes"
    python3 -m venv "$folder/venv"
    CMAKE_ARGS="-DGGML_NATIVE=ON" "$folder/venv/bin/pip" install -q --no-binary llama-cpp-python \
      "llama-cpp-python==0.3.36" "torch==2.11.0" "transformers==5.23.0" "gguf==0.19.0" "accelerate==1.15.0" numpy
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
exec "$XROUTER_LM_PEERS" lm.py --folder "$folder" --lm-bench "$XROUTER_LM_BENCH" "${model[@]}" "$@"
