#!/usr/bin/env bash
# Lets ssh reach the Docker host: the key in DOCKER_SSH_KEY, and the host's key in DOCKER_KNOWN_HOSTS so that nobody can pose as it.
# Without a key there is nothing to do: the engine is reached otherwise. disconnect.sh takes it away again.
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
