#!/usr/bin/env bash
# Runs one of the project's tools, with the project's own modules.
# usage: run-tool.sh <name in tools/> [argument]...
set -euo pipefail
tool=$1
shift
"$(dirname "$0")/install.sh"
exec node --import ./node_modules/tsx/dist/loader.mjs "tools/$tool.ts" "$@"
