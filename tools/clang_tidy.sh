#!/usr/bin/env bash
# clang-tidy 14 over the libraries that do not include Asio coroutines (its analyzer cannot follow those), or over FILES.
set -euo pipefail
source "$(dirname "$0")/common.sh"
cmake --preset fuzz >/dev/null # for compile_commands.json of a clang build
files=("$@")
[[ ${#files[@]} -gt 0 ]] || mapfile -t files < <(find src/xrouter/{base,json,chat,catalog,wire,config,corpus} -name '*.cpp' ! -name '*_test.cpp' ! -name '*_bench.cpp' | sort)
printf '%s\n' "${files[@]}" | xargs -P2 -n4 clang-tidy-14 -p build/fuzz --quiet 2>build/clang_tidy.log || { grep -vE 'warnings? generated|Suppressed' build/clang_tidy.log | head -40 >&2; die "clang-tidy has findings (above)"; }
say "clang-tidy: ${#files[@]} files are clean"
