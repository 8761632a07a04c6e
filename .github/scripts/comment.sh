#!/usr/bin/env bash
# Puts plan reports on a pull request: one comment an environment, found again by the marker on its first line and then updated.
# usage: comment.sh <number of the pull request> <report>...
# Reads GH_TOKEN and GITHUB_REPOSITORY. Runs nothing that the pull request contains.
set -euo pipefail
number=$1
shift
for report in "$@"; do
  marker=$(head -n 1 "$report")
  if [[ ! $marker =~ ^'<!-- wso2-is-active-active plan '[a-z][a-z0-9-]*' -->'$ ]]; then
    echo "$report does not begin with the marker of a plan report" >&2
    exit 1
  fi
  comments="repos/$GITHUB_REPOSITORY/issues/$number/comments"
  own="select(.user.login == \"github-actions[bot]\" and (.body | startswith(\"$marker\"))) | .id"
  existing=$(gh api --paginate "$comments" --jq ".[] | $own" | head -n 1)
  if [[ -n $existing ]]; then
    gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$existing" --silent --field "body=@$report"
    echo "updated comment $existing with $report"
  else
    gh api --method POST "$comments" --silent --field "body=@$report"
    echo "commented $report"
  fi
done
