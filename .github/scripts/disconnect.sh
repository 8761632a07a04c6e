#!/usr/bin/env bash
# Removes the key and the kubeconfig that connect.sh has put down. A runner of GitHub's is thrown away after its job, one of your own is not.
set -euo pipefail
rm -rf "$HOME/.ssh/docker-host" "${RUNNER_TEMP:-$HOME/.cache}/environment-kubeconfig"
