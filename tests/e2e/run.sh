#!/usr/bin/env bash
# End-to-end tests: real processes on loopback. `recorded` needs the official Python client, which it installs into
# .clients/ (exit 77: a registry is out of reach); `lifecycle` and `upstreams` need nothing but Python.
#   tests/e2e/run.sh [recorded|lifecycle|upstreams ...]     default: all
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in "${@:-lifecycle upstreams recorded}"; do
  for one in $part; do
    case $one in
      lifecycle) python3 "$here/lifecycle.py" ;;
      upstreams) python3 "$here/upstreams.py" ;;
      recorded)
        "$here/../lib/clients.sh" python
        "${XROUTER_CLIENTS:-$here/../../.clients}/python/bin/python" "$here/recorded.py" ;;
      *) echo "unknown part '$one'" >&2; exit 2 ;;
    esac
  done
done
