#!/usr/bin/env bash
# What xRouter adds to a request, measured on loopback beside a direct call, a plain nginx hop and the npm package
# @portkey-ai/gateway, in interleaved rounds of the same run. Prints a table; --json FILE keeps every figure.
#   bench/run.sh [--quick] [--json FILE] [--rounds N] [--seconds S]
# Needs nginx (Debian package); Portkey is installed into .clients/ and left out, with a word, when npm cannot reach its
# registry or network namespaces are not allowed (it listens on every interface, so it runs only inside one).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../tools/common.sh"
build bench xrouter load_client alloc_count
portkey=()
tests/lib/clients.sh portkey || portkey=(--without portkey)
# Everything runs in a network namespace of its own: nothing that is measured can be reached from outside.
if unshare -rn true 2>/dev/null; then exec unshare -rn python3 "$here/bench.py" "${portkey[@]}" "$@"; fi
echo "network namespaces are not allowed here: Portkey is left out" >&2
exec python3 "$here/bench.py" --without portkey "$@"
