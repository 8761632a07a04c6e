#!/bin/sh
# Goes after a script that fills folders, in a pod, with load-secrets.sh before it: their Secrets get what the folders hold now. A Secret that
# somebody else has changed meanwhile is left alone, and the job runs again. What load-secrets.sh has set is used here.
# shellcheck disable=SC2154
set -eu

# The merge that makes a Secret what its folder is. Its values are in no argument and no log.
merge_of() {
  printf '{"metadata":{"resourceVersion":"%s"},"data":{' "$(cat "$work/$2.version")"
  comma=
  for file in "$1"/*; do
    [ -f "$file" ] || continue
    printf '%s"%s":"%s"' "$comma" "${file##*/}" "$(base64 <"$file" | tr -d '\n')"
    comma=,
  done
  while read -r key _; do
    [ -e "$1/$key" ] || { printf '%s"%s":null' "$comma" "$key" && comma=,; }
  done <"$work/$2.entries"
  printf '}}'
}

while read -r folder name; do
  merge_of "$folder" "$name" >"$work/merge"
  ask "$name" -X PATCH -H 'Content-Type: application/merge-patch+json' --data-binary "@$work/merge" </dev/null
  [ "$(cat "$work/code")" = 200 ] || refused
done <"$work/secrets"
rm -rf "$work"
