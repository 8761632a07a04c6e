#!/usr/bin/env bash
# Encrypts the saved plans with their report into build/saved-plan.gpg, and passes its checksum on. A saved plan holds the whole state,
# and whoever may read the repository may download its artifacts. Encrypted by gpg, which notices a change; plain AES would not.
# usage: seal.sh <environment>     (after make plan ENVIRONMENT=<environment>; reads PLAN_PASSPHRASE)
set -euo pipefail
environment=$1
passphrase=${PLAN_PASSPHRASE:-}
if [[ ${#passphrase} -lt 20 ]]; then
  echo "PLAN_PASSPHRASE must have 20 characters or more: put the same one, such as the output of \"openssl rand -hex 32\", into the secrets of the GitHub environments $environment-plan and $environment" >&2
  exit 1
fi
GNUPGHOME=$(mktemp -d)
export GNUPGHOME
trap 'gpgconf --kill all; rm -rf "$GNUPGHOME"' EXIT
tar --create "cdktf.out/stacks/$environment"-*/{tfplan,.terraform.lock.hcl} "build/plan/$environment" |
  gpg --batch --quiet --yes --pinentry-mode loopback --no-symkey-cache --passphrase-fd 3 --symmetric --cipher-algo AES256 \
    --s2k-digest-algo SHA512 --s2k-count 65011712 --output build/saved-plan.gpg 3< <(printf '%s' "$passphrase")
printf 'sealed=%s\n' "$(sha256sum build/saved-plan.gpg | cut -d ' ' -f 1)" >> "${GITHUB_OUTPUT:-/dev/stdout}"
echo "sealed the saved plans of $environment"
