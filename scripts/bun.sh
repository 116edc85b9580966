#!/bin/sh
# Runs the project's own Bun, or the one on the PATH where the project's does not run. `--bun` lets it stand in for node,
# so that tools written for Node.js run on a machine that has only Bun.
set -eu
own="$(dirname "$0")/../node_modules/.bin/bun"
if "$own" --version >/dev/null 2>&1; then
  exec "$own" "$@"
fi
exec bun "$@"
