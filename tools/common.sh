# Sourced by run.sh, test.sh and .ci/run: where things are, and building with a readable result.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

say() { printf '== %s\n' "$*"; }
die() { printf 'xrouter: %s\n' "$*" >&2; exit 1; }

need_debian() {
  command -v apt-get >/dev/null || die "this script sets up Debian 12; elsewhere install the packages named in tools/packages.sh and use CMakePresets.json"
}

# build PRESET [TARGET...]: configures (packages may have come since the last time), builds, and shows the end of the log when it fails.
build() {
  local preset=$1; shift
  local log=build/$preset.log
  mkdir -p build
  cmake --preset "$preset" >"$log" 2>&1 || { tail -30 "$log" >&2; die "configuring failed: see $root/$log"; }
  local targets=()
  [[ $# -gt 0 ]] && targets=(--target "$@")
  if [[ -t 1 ]]; then
    cmake --build "build/$preset" "${targets[@]}" || die "the build failed (above)"
  else
    cmake --build "build/$preset" "${targets[@]}" >"$log" 2>&1 || { grep -E 'error|FAILED' -A8 "$log" | head -60 >&2; die "the build failed: see $root/$log"; }
  fi
}
