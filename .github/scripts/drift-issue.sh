#!/usr/bin/env bash
# Keeps one issue an environment: open, with the plan, while the environment differs from its configuration; closed when it does not.
# usage: drift-issue.sh <environment>     (after make plan ENVIRONMENT=<environment>)
# Reads GH_TOKEN and GITHUB_REPOSITORY.
set -euo pipefail
environment=$1
directory=build/plan/$environment
title="Drift: $environment differs from its configuration"
differences=$(jq '.changes + .drift + .refusals | length' "$directory/plan.json")
query=".[] | select(.title == \"$title\" and .pull_request == null) | .number"
existing=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues?state=open" --jq "$query" | head -n 1)
if [[ $differences -gt 0 && -z $existing ]]; then
  gh api --method POST "repos/$GITHUB_REPOSITORY/issues" --silent --raw-field "title=$title" --field "body=@$directory/plan.md"
  echo "opened an issue: $title"
elif [[ $differences -gt 0 ]]; then
  gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/$existing" --silent --field "body=@$directory/plan.md"
  echo "updated issue $existing: $title"
elif [[ -n $existing ]]; then
  gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/$existing" --silent --raw-field state=closed
  echo "closed issue $existing: $environment is as configured"
else
  echo "$environment is as configured"
fi
