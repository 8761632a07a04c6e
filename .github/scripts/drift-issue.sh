#!/usr/bin/env bash
# Keeps one issue an environment: open, with the plan, while the environment differs from its configuration; closed when it does not.
# usage: drift-issue.sh <environment>     (after make plan ENVIRONMENT=<environment>)
# Reads GH_TOKEN and GITHUB_REPOSITORY.
set -euo pipefail
environment=$1
directory=build/plan/$environment
differs=$(jq '.changes + .drift + .refusals | length > 0' "$directory/plan.json")
"$(dirname "$0")/keep-issue.sh" "Drift: $environment differs from its configuration" "$differs" "$directory/plan.md"
[[ $differs == true ]] || echo "$environment is as configured"
