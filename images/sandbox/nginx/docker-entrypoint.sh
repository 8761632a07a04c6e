#!/bin/sh
# Runs the hooks a user may have placed in /docker-entrypoint.d before Nginx starts, then becomes the command.
set -e

if [ "$1" = nginx ]; then
  for hook in /docker-entrypoint.d/*; do
    case "$hook" in
      *.envsh) [ ! -x "$hook" ] || . "$hook" ;;
      *.sh) [ ! -x "$hook" ] || "$hook" ;;
    esac
  done
fi

exec "$@"
