#!/usr/bin/env bash
# Keeps one issue an environment: open, with what is wrong, while make status says that something is, or the certificate has less than
# 30 days left; closed when nothing is.
# usage: status-issue.sh <environment> <output of make status JSON=1>
# Reads GH_TOKEN and GITHUB_REPOSITORY.
set -euo pipefail
environment=$1
status=$2
text=$(mktemp)
trap 'rm -f "$text"' EXIT
if [[ $(jq '.published != null' "$status" 2> /dev/null) == true ]]; then
  wrong=$(jq '(.healthy | not) or (.published.certificate.daysLeft // 30) < 30' "$status")
  jq --raw-output '
    "`make status ENVIRONMENT=\(.environment)` says:\n",
    (if .problem then "- \(.problem)" else empty end),
    "- PUBLISHED \(.published.url), asked from \(.published.askedFrom): \(.published.reason // "answers")",
    (.published.certificate | if . then "- certificate \"\(.subject)\" by \"\(.issuer)\": \(.daysLeft) days left" else empty end),
    (.components[] | "- \(.component): \(.state), \(.health)" + (if .rotation then ", in rotation: \(.rotation)" else "" end)
      + (if .reason then ": \(.reason)" else "" end)),
    (.changed[]? | "- files: \(.reason)")' "$status" > "$text"
else
  wrong=true
  printf '%s\n' "\`make status ENVIRONMENT=$environment\` could not say how it is; the log of the run says why." > "$text"
fi
"$(dirname "$0")/keep-issue.sh" "Status: $environment is not as it should be" "$wrong" "$text"
[[ $wrong == true ]] || echo "$environment serves, as a client sees it"
