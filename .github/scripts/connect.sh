#!/usr/bin/env bash
# Lets the commands reach where the environment runs. What is put down here, disconnect.sh takes away again.
#   ssh to a Docker host: the key in DOCKER_SSH_KEY, and the host's key in DOCKER_KNOWN_HOSTS so that nobody can pose as it.
#   a cluster: the text of a kubeconfig file in KUBECONFIG_TEXT, which later steps find by KUBECONFIG.
# Without either there is nothing to do: the runner itself has a way.
set -euo pipefail
umask 077
if [[ -n ${KUBECONFIG_TEXT:-} ]]; then
  # Beside the checkout, which also a later job may have, and in the folder that a runner empties by itself.
  folder=${RUNNER_TEMP:-$HOME/.cache}/environment-kubeconfig
  rm -rf "$folder"
  mkdir -p "$folder"
  printf '%s\n' "$KUBECONFIG_TEXT" > "$folder/config"
  unset KUBECONFIG_TEXT
  if ! command -v kubectl > /dev/null; then
    echo "kubectl is needed on the runner for an environment on Kubernetes: https://kubernetes.io/docs/tasks/tools/" >&2
    exit 1
  fi
  # What kubectl says of it could have parts of it.
  contexts=$(kubectl --kubeconfig "$folder/config" config get-contexts --output name 2> /dev/null || true)
  if [[ -z $contexts ]]; then
    echo "the secret KUBECONFIG is no kubeconfig file with a context: put the text of the file into it as it stands, not encoded" >&2
    exit 1
  fi
  if ! kubectl --kubeconfig "$folder/config" config view --raw --flatten > /dev/null 2>&1; then
    echo "the secret KUBECONFIG names a file that this runner does not have: put the output of \"kubectl config view --raw --minify --flatten --context <platform.context>\" into it" >&2
    exit 1
  fi
  printf 'KUBECONFIG=%s\n' "$folder/config" >> "${GITHUB_ENV:-/dev/stdout}"
  echo "the kubeconfig is set up"
  [[ -n ${DOCKER_SSH_KEY:-} ]] || exit 0
fi
if [[ -z ${DOCKER_SSH_KEY:-} ]]; then
  echo "neither DOCKER_SSH_KEY nor KUBECONFIG: the runner has a way of its own to where the environment runs"
  exit 0
fi
if [[ -z ${DOCKER_KNOWN_HOSTS:-} ]]; then
  echo "DOCKER_KNOWN_HOSTS is empty: put the output of ssh-keyscan, compared with the host's own key, into that secret" >&2
  exit 1
fi
folder=$HOME/.ssh/docker-host
mkdir -p "$folder"
printf '%s\n' "$DOCKER_SSH_KEY" > "$folder/key"
printf '%s\n' "$DOCKER_KNOWN_HOSTS" > "$folder/known_hosts"
cat > "$folder/config" <<'END'
Host *
  IdentityFile ~/.ssh/docker-host/key
  IdentitiesOnly yes
  UserKnownHostsFile ~/.ssh/docker-host/known_hosts
  StrictHostKeyChecking yes
END
# Before everything else, or it would belong to the last Host of that file. ssh passes over it when the folder is gone.
include='Include docker-host/config'
if ! grep -qxF "$include" "$HOME/.ssh/config" 2>/dev/null; then
  { echo "$include"; cat "$HOME/.ssh/config" 2>/dev/null || true; } > "$folder/all"
  mv "$folder/all" "$HOME/.ssh/config"
fi
echo "ssh is set up"
