#!/bin/sh
# Installs the tool chain, exactly as package-lock.json names it: with npm where there is one, else with Bun.
set -eu
cd "$(dirname "$0")/.."

if [ node_modules/.package-lock.json -nt package-lock.json ] || [ node_modules/.bun-installed -nt package-lock.json ]; then
  exit 0
fi
if command -v npm >/dev/null 2>&1; then
  npm install --no-save --no-audit --no-fund
  # An npm that runs no install scripts leaves a placeholder where the bun program should be.
  node_modules/.bin/bun --version >/dev/null 2>&1 || node node_modules/bun/install.js
elif command -v bun >/dev/null 2>&1; then
  bun install --no-save
  : >node_modules/.bun-installed
else
  echo "contextcore is built with Bun, which npm can install: get Node.js (https://nodejs.org) or Bun (https://bun.sh)" >&2
  exit 1
fi
