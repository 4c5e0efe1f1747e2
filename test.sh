#!/usr/bin/env bash
# Sets this machine up (Debian 12) and runs all tests. Safe to run again: what is done is skipped.
#   ./test.sh            everything
#   ./test.sh NAME...    only the tests whose names match, for example ./test.sh unit
set -euo pipefail
source "$(dirname "$0")/tools/common.sh"
if [[ ${1:-} == -h || ${1:-} == --help ]]; then sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0; fi

need_debian
say "packages"
tools/packages.sh test
say "build (release; the first time takes some minutes)"
build release
say "tests"
filter=()
[[ $# -gt 0 ]] && filter=(-R "$(IFS='|'; echo "$*")")
# Two at a time: some tests start servers of their own, on ports that the kernel picks.
exec ctest --preset release -j2 --no-tests=error "${filter[@]}"
