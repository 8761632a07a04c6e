#!/usr/bin/env bash
# Shows the plan report on the page of the run, and passes the digest of the saved plans on.
# usage: summary.sh <environment>     (after make plan ENVIRONMENT=<environment>)
set -euo pipefail
directory=build/plan/$1
cat "$directory/plan.md" >> "${GITHUB_STEP_SUMMARY:-/dev/stdout}"
{
  printf 'digest=%s\n' "$(jq --raw-output .digest "$directory/plan.json")"
  printf 'changes=%s\n' "$(jq '.changes | length' "$directory/plan.json")"
} >> "${GITHUB_OUTPUT:-/dev/stdout}"
