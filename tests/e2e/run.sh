#!/usr/bin/env bash
# End-to-end tests: real processes on loopback. `recorded` needs the official Python client, which it installs into
# .clients/ (exit 77: a registry is out of reach); `lifecycle`, `upstreams`, `eval` and
# `data_texts` need nothing but Python;
# `models_pull` needs its pip too, `report` and `train_report` need Chromium (exit 77: there is none).
# `local_policy`, `shipped_router` and `train` need the libtorch module, the first also SmolLM2-135M-Instruct (exit 77: one of them is not there).
#   tests/e2e/run.sh [recorded|lifecycle|upstreams|eval|data_texts|report|train_report|models_pull|local_policy|shipped_router|train ...]     default: all
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in "${@:-lifecycle upstreams eval data_texts report train_report models_pull recorded local_policy shipped_router train}"; do
  for one in $part; do
    case $one in
      lifecycle) python3 "$here/lifecycle.py" ;;
      upstreams) python3 "$here/upstreams.py" ;;
      eval) python3 "$here/eval.py" ;;
      data_texts) python3 "$here/data_texts.py" ;;
      report) python3 "$here/report.py" ;;
      train_report) python3 "$here/train_report.py" ;;
      train) python3 "$here/train.py" ;;
      local_policy) python3 "$here/local_policy.py" ;;
      shipped_router) python3 "$here/shipped_router.py" ;;
      models_pull) python3 "$here/models_pull.py" ;;
      recorded)
        "$here/../lib/clients.sh" python
        "${XROUTER_CLIENTS:-$here/../../.clients}/python/bin/python" "$here/recorded.py" ;;
      *) echo "unknown part '$one'" >&2; exit 2 ;;
    esac
  done
done
