#!/usr/bin/env bash
# Puts the saved plans back where seal.sh has taken them from, and nothing anywhere else. That they are the approved ones, make apply
# checks by their digest.
# usage: unseal.sh <environment> <checksum that seal.sh has passed on>     (reads PLAN_PASSPHRASE)
set -euo pipefail
environment=$1 sealed=$2
refuse() {
  echo "$1 Nothing was unpacked. Run the workflow again from its plan" >&2
  exit 1
}
if ! printf '%s  build/saved-plan.gpg\n' "$sealed" | sha256sum --check --status; then
  refuse "build/saved-plan.gpg is not the artifact that the plan has uploaded."
fi
GNUPGHOME=$(mktemp -d)
export GNUPGHOME
trap 'gpgconf --kill all; rm -rf "$GNUPGHOME"' EXIT
# Whole before it is read: gpg knows only at the end whether something was changed.
gpg --batch --quiet --pinentry-mode loopback --no-symkey-cache --passphrase-fd 3 --decrypt \
  --output "$GNUPGHOME/plans.tar" build/saved-plan.gpg 3< <(printf '%s' "${PLAN_PASSPHRASE:-}") ||
  refuse "build/saved-plan.gpg cannot be decrypted: it was changed, or PLAN_PASSPHRASE is another one."
allowed="^(cdktf\.out/stacks/$environment-[a-z0-9-]+/(tfplan|\.terraform\.lock\.hcl)|build/plan/$environment/([a-z0-9-]+\.(md|json|txt))?)$"
# Into files: a pipe whose reader has seen enough fails, and counts as one in which nothing was found.
tar --list --file "$GNUPGHOME/plans.tar" >"$GNUPGHOME/names"
tar --list --verbose --file "$GNUPGHOME/plans.tar" >"$GNUPGHOME/kinds"
if grep -qvE "$allowed" "$GNUPGHOME/names" || grep -qv '^[-d]' "$GNUPGHOME/kinds"; then
  refuse "build/saved-plan.gpg holds more than plans and reports of $environment."
fi
tar --extract --no-same-owner --file "$GNUPGHOME/plans.tar"
