#!/usr/bin/env bash
# Runs one of the project's tools, with the project's own modules.
# usage: run-tool.sh <name in tools/> [argument]...
set -euo pipefail
tool=$1
shift
"$(dirname "$0")/install.sh"
if [[ ${GITHUB_ACTIONS:-} == true ]]; then
  # What a tool says of a pull request is text: GitHub would obey "##[add-mask]" anywhere in a line, such as in a file's name. Until the
  # tool has ended: what comes later in the same step gives orders of its own.
  token=$(openssl rand -hex 16)
  echo "::stop-commands::$token" >&2
  # GitHub reads the output and the error output each by itself: it must have read what was shown before.
  trap 'sleep 0.3; echo "::$token::" >&2' EXIT
fi
# In a process group of its own, so that it gets each signal once.
set -m
node --require ./typescript.cjs "tools/$tool.ts" "$@" <&0 &
running=$!
trap 'again=true; kill -s INT "$running" || true' INT
trap 'again=true; kill -s TERM "$running" || true' TERM
# A signal ends the wait, not the tool.
again=true
while [[ $again == true ]]; do
  again=false
  exit_code=0
  wait "$running" || exit_code=$?
done
exit "$exit_code"
