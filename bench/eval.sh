#!/usr/bin/env bash
# Samples a second of `xrouter eval` on the recorded answers: every single model, then everything, each a run of its
# own in a temporary folder. A sample is one episode through the engine, graded, written and synced.
#   bench/eval.sh [--workers N]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../tools/common.sh"
[ -n "${XROUTER:-}" ] || build bench xrouter
program=${XROUTER:-$here/../build/bench/apps/xrouter/xrouter}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
measure() {
  local name=$1
  shift
  "$program" eval --draws 100 --out "$folder/$name" "$@" >"$folder/$name.log" 2>&1 || { cat "$folder/$name.log"; exit 1; }
  python3 -c 'import json, sys; t = json.load(open(sys.argv[1])); print("%-8s %7d samples  %6.1f s  %7.0f samples/s  %d workers" % (sys.argv[2], t["samples"], t["seconds"], t["samples_per_second"], t["workers"]))' \
    "$folder/$name/timing.json" "$name"
}
measure singles --system singles "$@"
measure policy --system policy "$@"
measure all "$@"
