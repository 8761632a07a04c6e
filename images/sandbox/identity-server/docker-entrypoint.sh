#!/bin/sh
# Keeps the contract of the official image's entry point, including what it does not do: the shell stays the parent of
# the server and passes no signal on.
set -e

for directory in "$WORKING_DIRECTORY" "$WSO2_SERVER_HOME"; do
  if [ ! -d "$directory" ]; then
    echo "docker-entrypoint: the directory '$directory' does not exist" >&2
    exit 1
  fi
done

# Configuration first, so that an artifact of the same path wins.
for volume in wso2-config-volume wso2-artifact-volume; do
  source="$WORKING_DIRECTORY/$volume"
  if [ -d "$source" ] && [ -n "$(ls -A "$source")" ]; then
    cp -RL "$source"/* "$WSO2_SERVER_HOME/"
  fi
done

sh "$WSO2_SERVER_HOME/bin/wso2server.sh" "$@"
