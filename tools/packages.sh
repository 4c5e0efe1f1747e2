#!/usr/bin/env bash
# Installs the Debian packages that building, running and testing need. Does nothing when all are there.
#   tools/packages.sh run     to build and run
#   tools/packages.sh lm      also to run language models (`xrouter host`, the local policy)
#   tools/packages.sh test    also to test
#   tools/packages.sh check   also for the static checks, fuzzing and benchmarks
set -euo pipefail

RUN=(g++ cmake ninja-build ccache mold pkg-config ca-certificates curl python3
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libboost-system1.81-dev libssl-dev
  libspdlog-dev libfmt-dev libcli11-dev libyaml-cpp-dev libexpected-dev prometheus-cpp-dev
  libsqlite3-dev libzstd-dev zlib1g-dev
  libpcre2-dev libutf8proc-dev libflint-dev libflint-arb-dev libcalcium-dev libantic-dev libseccomp-dev bubblewrap)
LM=("${RUN[@]}" libtorch-dev libgloo-dev libdnnl-dev libopenblas-dev python3-pip)
TEST=("${LM[@]}" libgtest-dev libgmock-dev openssl python3-venv nodejs npm sqlite3)
CHECK=("${TEST[@]}" clang-14 clang-tidy-14 libclang-rt-14-dev libbenchmark-dev nginx-light wrk iproute2)

case "${1:-run}" in
  run) wanted=("${RUN[@]}") ;;
  lm) wanted=("${LM[@]}") ;;
  test) wanted=("${TEST[@]}") ;;
  check) wanted=("${CHECK[@]}") ;;
  *) echo "usage: tools/packages.sh run|lm|test|check" >&2; exit 2 ;;
esac

have() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'; }
missing=()
for package in "${wanted[@]}"; do
  # A machine may bring its own Node; a second one from Debian would only shadow it.
  if [[ $package == nodejs || $package == npm ]] && command -v "${package/nodejs/node}" >/dev/null; then continue; fi
  have "$package" || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "xrouter: these packages are missing and there is no apt-get to install them (Debian 12 is supported): ${missing[*]}" >&2
  exit 1
fi
as_root=()
if [[ $(id -u) -ne 0 ]]; then
  command -v sudo >/dev/null || { echo "xrouter: please install as root: apt-get install ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "== installing ${#missing[@]} Debian packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -20 "$log" >&2
  echo "xrouter: installing packages failed (above). Is a Debian 12 mirror reachable?" >&2
  exit 1
fi
