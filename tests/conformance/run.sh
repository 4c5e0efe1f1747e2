#!/usr/bin/env bash
# The official OpenAI clients (Python; Node, two versions) against `xrouter serve` and `xrouter host`, and against the odd streams that
# serve must never let through. Installs the clients into .clients/. Exit 77: a registry is out of reach.
#   tests/conformance/run.sh [--markdown FILE]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/../lib/clients.sh" python node
exec python3 "$here/conformance.py" "$@"
