#!/bin/sh
# Goes before a script that fills folders, in a pod: the folders get what their Secrets hold. They are asked of the API server and not
# mounted: a mount may be of a moment ago, and what seems to be missing would be made anew.
#   SECRETS    folder and name of its Secret, a line each
#   NAMESPACE  where they are
set -eu
umask 077

account=/var/run/secrets/kubernetes.io/serviceaccount
api=https://kubernetes.default.svc/api/v1/namespaces/$NAMESPACE/secrets
work=$(mktemp -d)
# In a file: arguments are for everybody to see.
printf 'Authorization: Bearer %s\n' "$(cat "$account/token")" >"$work/authorization"

# ask NAME [curl options]: the Secret as JSON on one line.
ask() {
  name=$1
  shift
  curl -sS -m 20 --retry 5 --retry-connrefused --cacert "$account/ca.crt" -H "@$work/authorization" -H 'Accept: application/json' \
    -o "$work/answer" -w '%{http_code}' "$@" "$api/$name?pretty=false" >"$work/code" || {
    echo "the API server does not answer for Secret $name" >&2
    exit 1
  }
}

refused() {
  echo "the API server answers $(cat "$work/code") for Secret $name: $(sed -n 's/.*"message":"\([^"]*\)".*/\1/p' "$work/answer" | head -c 300)" >&2
  exit 1
}

# What "data" holds, NAME VALUE a line. Names and values have no quote, comma or brace.
entries() {
  sed -n 's/.*"data":{\([^}]*\)}.*/\1/p' "$1" | tr ',' '\n' | sed -n 's/^"\([^"]*\)":"\([^"]*\)"$/\1 \2/p'
}

load() {
  while read -r folder name; do
    ask "$name" </dev/null
    [ "$(cat "$work/code")" = 200 ] || refused
    sed -n 's/.*"resourceVersion":"\([0-9]*\)".*/\1/p' "$work/answer" >"$work/$name.version"
    entries "$work/answer" >"$work/$name.entries"
    while read -r key value; do
      printf '%s' "$value" | base64 -d >"$folder/$key"
    done <"$work/$name.entries"
  done <"$work/secrets"
  rm -f "$work/answer"
}
printf '%s\n' "$SECRETS" >"$work/secrets"
load
