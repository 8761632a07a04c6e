#!/usr/bin/env bash
# Keeps at most one issue of a title: open, with a text, while something is wrong; closed when nothing is.
# usage: keep-issue.sh <title> <true or false: is something wrong> <file with the text>
# Reads GH_TOKEN and GITHUB_REPOSITORY.
set -euo pipefail
title=$1 wrong=$2 text=$3
query=".[] | select(.title == \"$title\" and .pull_request == null) | .number"
existing=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues?state=open" --jq "$query" | head -n 1)
if [[ $wrong == true && -z $existing ]]; then
  gh api --method POST "repos/$GITHUB_REPOSITORY/issues" --silent --raw-field "title=$title" --field "body=@$text"
  echo "opened an issue: $title"
elif [[ $wrong == true ]]; then
  gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/$existing" --silent --field "body=@$text"
  echo "updated issue $existing: $title"
elif [[ -n $existing ]]; then
  gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/$existing" --silent --raw-field state=closed
  echo "closed issue $existing, which is over: $title"
fi
