#!/usr/bin/env bash
# Runs one of the project's tools, with the project's own modules.
# usage: run-tool.sh <name in tools/> [argument]...
set -euo pipefail
tool=$1
shift
"$(dirname "$0")/install.sh"
# What a tool says of a pull request is text: GitHub would obey "##[add-mask]" anywhere in a line, such as in a file's name.
[[ ${GITHUB_ACTIONS:-} != true ]] || echo "::stop-commands::$(openssl rand -hex 16)" >&2
exec node --import ./node_modules/tsx/dist/loader.mjs "tools/$tool.ts" "$@"
