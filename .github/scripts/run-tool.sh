#!/usr/bin/env bash
# Runs one of the project's tools, with the project's own modules.
# usage: run-tool.sh <name in tools/> [argument]...
set -euo pipefail
tool=$1
shift
[[ -d node_modules ]] || npm ci --no-audit --no-fund
exec node --import ./node_modules/tsx/dist/loader.mjs "tools/$tool.ts" "$@"
