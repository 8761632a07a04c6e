#!/usr/bin/env bash
# Encrypts the saved plans with their report into build/saved-plan.enc. A saved plan holds the whole state, and whoever may read the
# repository may download its artifacts.
# usage: seal.sh <environment>     (after make plan ENVIRONMENT=<environment>; reads PLAN_PASSPHRASE)
set -euo pipefail
environment=$1
passphrase=${PLAN_PASSPHRASE:-}
if [[ ${#passphrase} -lt 20 ]]; then
  echo "PLAN_PASSPHRASE must have 20 characters or more: put the same one, such as the output of \"openssl rand -hex 32\", into the secrets of the GitHub environments $environment-plan and $environment" >&2
  exit 1
fi
tar --create "cdktf.out/stacks/$environment"-*/{tfplan,.terraform.lock.hcl} "build/plan/$environment" |
  openssl enc -aes-256-cbc -pbkdf2 -iter 600000 -pass env:PLAN_PASSPHRASE -out build/saved-plan.enc
echo "sealed the saved plans of $environment"
