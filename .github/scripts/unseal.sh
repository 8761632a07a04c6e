#!/usr/bin/env bash
# Puts the saved plans back where seal.sh has taken them from. That they are the approved ones, make apply checks by their digest.
# usage: unseal.sh     (reads PLAN_PASSPHRASE)
set -euo pipefail
openssl enc -d -aes-256-cbc -pbkdf2 -iter 600000 -pass env:PLAN_PASSPHRASE -in build/saved-plan.enc | tar --extract
