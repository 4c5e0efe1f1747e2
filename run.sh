#!/usr/bin/env bash
# Sets this machine up (Debian 12) and runs xRouter's main job on the embedded default: real questions are routed
# through a pool of recorded models by an OpenAI-compatible server, with the answer, the route and the exact cost.
# Then the server stays up on http://127.0.0.1:8800 until Ctrl-C. Safe to run again: what is done is skipped.
#   ./run.sh              set up, demonstrate, serve
#   ./run.sh --once       set up, demonstrate, stop
#   ./run.sh -- ARGS...   set up, then `xrouter ARGS...`
set -euo pipefail
source "$(dirname "$0")/tools/common.sh"
if [[ ${1:-} == -h || ${1:-} == --help ]]; then sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0; fi

need_debian
say "packages"
tools/packages.sh run
say "build (release; the first time takes some minutes)"
build release xrouter
xrouter=build/release/apps/xrouter/xrouter
if [[ ${1:-} == -- ]]; then shift; exec "$xrouter" "$@"; fi

address=127.0.0.1:8800
state=${XROUTER_STATE_DIR:-$root/build/state}
mkdir -p "$state"
server=
stop() { if [[ -n $server ]]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi; }
trap stop EXIT

say "serve on http://$address (ledger: $state/ledger.db)"
"$xrouter" serve --listen "$address" --ledger "$state/ledger.db" --log-level warn >"$state/serve.log" 2>&1 &
server=$!
for _ in $(seq 100); do
  curl -sf "http://$address/ready" >/dev/null && break
  kill -0 "$server" 2>/dev/null || { cat "$state/serve.log" >&2; die "the server did not start (above); is port 8800 in use?"; }
  sleep 0.1
done

say "12 recorded questions that the policy was not trained on, through POST /v1/chat/completions"
"$xrouter" data sample --split test -n 12 --seed 7 --format openai-jsonl |
  python3 tools/demo.py "http://$address"

say "what it has cost so far: xrouter ledger"
sleep 0.5 # records reach the ledger some 100 ms after their answers
"$xrouter" ledger --db "$state/ledger.db"
[[ ${1:-} == --once ]] && exit 0

cat <<TXT

== xrouter is serving on http://$address (Ctrl-C stops it). Try it from another terminal:
   $xrouter data sample -n 1 --format openai-jsonl | python3 tools/demo.py http://$address
   $xrouter ledger
   $xrouter models
   curl http://$address/v1/models
TXT
wait "$server"
