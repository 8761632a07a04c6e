#!/usr/bin/env bash
# Lets ssh reach the Docker host: the key in DOCKER_SSH_KEY, and the host's key in DOCKER_KNOWN_HOSTS so that nobody can pose as it.
# Without a key there is nothing to do: the engine is reached otherwise.
set -euo pipefail
umask 077
if [[ -z ${DOCKER_SSH_KEY:-} ]]; then
  echo "no DOCKER_SSH_KEY: the engine is reached without ssh"
  exit 0
fi
if [[ -z ${DOCKER_KNOWN_HOSTS:-} ]]; then
  echo "DOCKER_KNOWN_HOSTS is empty: put the output of ssh-keyscan, compared with the host's own key, into that secret" >&2
  exit 1
fi
mkdir -p "$HOME/.ssh"
printf '%s\n' "$DOCKER_SSH_KEY" > "$HOME/.ssh/id_docker"
printf '%s\n' "$DOCKER_KNOWN_HOSTS" >> "$HOME/.ssh/known_hosts"
printf 'Host *\n  IdentityFile ~/.ssh/id_docker\n  IdentitiesOnly yes\n  StrictHostKeyChecking yes\n' >> "$HOME/.ssh/config"
echo "ssh is set up"
