#!/bin/sh
# Creates the secrets that are missing, on the Docker host. What exists is never changed, so running again is harmless.
# Letters, digits, "-" and "_" only: the server copies the values verbatim into XML.
#   DATABASE_OWNER  uid:gid that the database container runs as
#   SERVER_OWNER    uid:gid that the identity servers run as
#   EXTERNAL_DATABASE  "true" where the database passwords are supplied, not created
set -eu
umask 077

database=/database-secrets
server=/identity-server-secrets

random() {
  LC_ALL=C tr -dc 'A-Za-z0-9_-' </dev/urandom | head -c "$1"
}

# Renaming makes the file appear whole or not at all.
put() {
  printf '%s' "$2" >"$1.new"
  mv "$1.new" "$1"
}

ensure() {
  [ -s "$1" ] || put "$1" "$2"
}

if [ "$EXTERNAL_DATABASE" = true ]; then
  for name in DATABASE_ADMIN_PASSWORD DATABASE_PASSWORD; do
    if [ ! -s "$database/$name" ]; then
      echo "the external database's $name is missing; supply it with: make import-secret ENV=$ENVIRONMENT NAME=$name" >&2
      missing=true
    fi
  done
  [ -z "${missing:-}" ] || exit 1
else
  ensure "$database/DATABASE_ADMIN_PASSWORD" "$(random 24)"
  ensure "$database/DATABASE_PASSWORD" "$(random 24)"
fi
put "$server/DATABASE_PASSWORD" "$(cat "$database/DATABASE_PASSWORD")"

ensure "$server/ADMIN_PASSWORD" "$(random 24)"
ensure "$server/KEYSTORE_PASSWORD" "$(random 24)"
ensure "$server/ENCRYPTION_KEY" "$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')"

chown -R "$DATABASE_OWNER" "$database"
chown -R "$SERVER_OWNER" "$server"
chmod 0500 "$database" "$server"
chmod 0400 "$database"/* "$server"/*
