#!/bin/sh
# Merges the accelerator into this image's server with the accelerator's own script, and collects what that added or changed:
# the final image gets this as one layer, and neither the zip nor the tools.
#   $1  folder with the accelerator's zip, or without any
#   $2  folder to be made for the result, laid out like the server's home
set -eu

archives=$1
overlay=$2
unpacked=/tmp/unpacked
mkdir -p "$overlay"

set -- "$archives"/*.zip
[ -e "$1" ] || exit 0

fail() {
  echo "$(basename "$archive"): $*" >&2
  exit 1
}
archive=$1

install_packages() {
  # shellcheck disable=SC2086
  if command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $1 >/dev/null
  elif command -v apk >/dev/null; then
    apk add --quiet $1
  else
    fail "the base image has no $1 and no package manager to get it with"
  fi
}
command -v unzip >/dev/null || install_packages unzip
command -v bash >/dev/null || install_packages bash

unzip -q "$archive" -d "$unpacked" || fail 'is not a readable zip file'
script=$(find "$unpacked" -path '*/bin/merge.sh' | head -n 1)
[ -n "$script" ] || fail 'has no bin/merge.sh; is it the accelerator for Identity Server?'
home=$(dirname "$(dirname "$script")")
[ -d "$home/carbon-home" ] || fail 'has no folder carbon-home beside bin'

cd "$WSO2_SERVER_HOME"
find . -type f | sort >/tmp/before
touch /tmp/stamp
sleep 1
# The script finds its archive by the working directory and takes the server's home as argument.
(cd "$home/bin" && bash ./merge.sh "$WSO2_SERVER_HOME") || fail "bin/merge.sh failed with exit code $?"

# It goes on after a failed copy, so its exit code proves nothing.
(cd "$home/carbon-home" && find . -type f) | while read -r file; do
  cmp -s "$home/carbon-home/$file" "$file" || fail "bin/merge.sh did not install ${file#./}"
done
find . -type f | sort >/tmp/after
removed=$(comm -23 /tmp/before /tmp/after)
[ -z "$removed" ] || fail "bin/merge.sh removed files that the image would still have: $removed"

find . -type f -cnewer /tmp/stamp | while read -r file; do
  mkdir -p "$overlay/$(dirname "$file")"
  cp -p "$file" "$overlay/$file"
done
chmod -R a+rX "$overlay"
