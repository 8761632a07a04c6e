#!/usr/bin/env bash
# Removes the key that connect.sh has put down. A runner of GitHub's is thrown away after its job, one of your own is not.
set -euo pipefail
rm -rf "$HOME/.ssh/docker-host"
