#!/usr/bin/env bash
# Runs every fuzz target for SECONDS_EACH (default 300) from its committed corpus. New inputs go to build/fuzz/corpus;
# a crash is left in build/fuzz/crashes and fails the run.
# XROUTER_FUZZ_SEED=n repeats a run, so that CI fails for the change at hand and not by chance; by default each run differs.
#   tools/fuzz.sh [SECONDS_EACH] [NAME...]
set -euo pipefail
source "$(dirname "$0")/common.sh"
seconds=${1:-300}; shift || true
build fuzz fuzzers
crashes=build/fuzz/crashes
mkdir -p "$crashes"
targets=("$@")
[[ ${#targets[@]} -gt 0 ]] || mapfile -t targets < <(cd build/fuzz/tests/fuzz && find . -maxdepth 1 -type f -executable -name '*_fuzz' -printf '%f\n' | sort)
[[ ${#targets[@]} -gt 0 ]] || die "no fuzz targets in build/fuzz/tests/fuzz"
for target in "${targets[@]}"; do
  name=${target%_fuzz}
  found=build/fuzz/corpus/$name
  mkdir -p "$found"
  say "$target for $seconds s"
  log=build/fuzz/$target.log
  "build/fuzz/tests/fuzz/$target" "$found" "tests/fuzz/corpus/$name" -max_total_time="$seconds" -seed="${XROUTER_FUZZ_SEED:-0}" -timeout=10 -rss_limit_mb=2048 \
    -max_len=65536 -print_final_stats=1 -artifact_prefix="$crashes/$target-" >"$log" 2>&1 ||
    { tail -40 "$log" >&2; die "$target found something: see $crashes"; }
  grep -E 'stat::number_of_executed_units|stat::peak_rss_mb|cov:' "$log" | tail -3
done
