#!/bin/sh
# Creates the secrets that are missing, on the Docker host. What exists is never changed, so running again is harmless.
# Generated values are letters, digits, "-" and "_": the server copies them verbatim into XML.
#   ENVIRONMENT           name of the environment, for messages
#   DATABASE_OWNER        uid:gid that the database container runs as
#   SERVER_OWNER          uid:gid that the identity servers run as
#   SUPPLIED_SECRETS      names of the database secrets that somebody else has chosen and that are not created
#   REFERENCED_SECRETS    names of the secrets that the servers' configuration refers to
#   ENCRYPTION_KEY_BYTES  length of the key that encrypts the server's data
set -eu
umask 077

database=/database-secrets
server=/identity-server-secrets

random() {
  LC_ALL=C tr -dc 'A-Za-z0-9_-' </dev/urandom | head -c "$1"
}

# Left by a run that was cut off; the first form is an earlier version's.
rm -f "$database"/*.new "$server"/*.new "$database"/.*.new "$server"/.*.new

# Renaming makes the file appear whole or not at all; until then its name is none of a secret.
put() {
  printf '%s' "$2" >"${1%/*}/.${1##*/}.new"
  mv "${1%/*}/.${1##*/}.new" "$1"
}

ensure() {
  [ -s "$1" ] || put "$1" "$2"
}

# The server takes "\" and "$" in a variable for a replacement pattern, and copies the rest into XML; it gets a password of the database,
# which may have any character, as it must stand for that.
for_server='s/[\\$]/\\&/g; s/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g'
as_chosen='s/&quot;/"/g; s/&gt;/>/g; s/&lt;/</g; s/&amp;/\&/g; s/\\\([\\$]\)/\1/g'

# lost FOLDER NAME: a secret that was changed by hand is handed to nobody, and no new one is made in its place.
lost() {
  name=${2%.revision}
  [ "$name" != "$DATABASE_PASSWORD_FILE" ] || name=DATABASE_PASSWORD
  not_to_be_made_again "$1" "$2" "Put it back from a backup: tar -xOf keys.tar ./$ENVIRONMENT/$1/${2%.revision} | make import-secret\
 ENVIRONMENT=$ENVIRONMENT NAME=$name"
  missing=true
}

for file in $(changed_in "$database"); do
  case $file in
    "$DATABASE_PASSWORD_FILE")
      # The servers' volume has it as well.
      sed -e "$as_chosen" "$server/$file" >"$database/.copy.new" 2>/dev/null || true
      take_from "$database/.copy.new" "$database" "$file" || lost database-secrets "$file"
      rm -f "$database/.copy.new"
      ;;
    "$DATABASE_PASSWORD_FILE.revision" | DATABASE_ADMIN_PASSWORD) lost database-secrets "$file" ;;
  esac
done
needed=" ADMIN_PASSWORD KEYSTORE_PASSWORD $REFERENCED_SECRETS "
case $needed in *" APP_PASSWORD_HASH "*) needed=" APP_PASSWORD$needed" ;; esac
for file in $(changed_in "$server"); do
  case $file in DATABASE_PASSWORD | DATABASE_PASSWORD_2 | APP_PASSWORD_HASH) continue ;; esac # They are made again below.
  case $needed in *" $file "*) lost identity-server-secrets "$file" ;; esac
done
[ -z "${missing:-}" ] || exit 1

# One step at a time: the login before the last may still be what a node works with that was not replaced.
first=$(revision_of DATABASE_PASSWORD) second=$(revision_of DATABASE_PASSWORD_2)
highest=$first
[ "$second" -le "$highest" ] || highest=$second
if [ "$highest" != 0 ] && { [ "$DATABASE_PASSWORD_REVISION" -gt $((highest + 1)) ] || [ "$DATABASE_PASSWORD_REVISION" -lt $((highest - 1)) ]; }; then
  echo "database.password_revision is $DATABASE_PASSWORD_REVISION, and the last one was $highest: allowed is one more, or one less to go back" >&2
  exit 1
fi

# require_referenced NAME: a secret of the servers that is not made here.
require_referenced() {
  [ ! -s "$server/$1" ] || return 0
  echo "the servers' configuration refers to \$env{$1}, and there is no such secret;" \
    "supply it with: make import-secret ENVIRONMENT=$ENVIRONMENT NAME=$1" >&2
  missing=true
}

# Before anything is made: whoever supplies what is missing finds all else as it was.
for name in $REFERENCED_SECRETS; do
  case $name in
    DATABASE_PASSWORD | DATABASE_PASSWORD_2 | ADMIN_PASSWORD | KEYSTORE_PASSWORD | ENCRYPTION_KEY) ;;
    APP_PASSWORD | APP_PASSWORD_HASH | CONSENT_PORTAL_CLIENT_ID | CONSENT_PORTAL_CLIENT_SECRET) ;;
    *) require_referenced "$name" ;;
  esac
done
for name in $SUPPLIED_SECRETS; do
  if ! has_database_secret "$name"; then
    echo "the existing database's $name is missing; supply it with: make import-secret ENVIRONMENT=$ENVIRONMENT NAME=$name" >&2
    missing=true
  fi
done
[ -z "${missing:-}" ] || exit 1
ensure "$database/DATABASE_ADMIN_PASSWORD" "$(random 24)"
if ! has_database_secret DATABASE_PASSWORD; then
  # A run that is cut off from here on must not find its own work changed by hand.
  unseal "$database" "$DATABASE_PASSWORD_FILE"
  unseal "$server" "$DATABASE_PASSWORD_FILE"
  rm -f "$database/$DATABASE_PASSWORD_FILE.revision"
  put "$database/$DATABASE_PASSWORD_FILE" "$(random 24)"
  put "$database/$DATABASE_PASSWORD_FILE.revision" "$DATABASE_PASSWORD_REVISION"
fi

for name in DATABASE_PASSWORD DATABASE_PASSWORD_2; do
  if [ ! -s "$database/$name" ]; then
    rm -f "$server/$name"
    continue
  fi
  put "$server/$name" "$(sed -e "$for_server" "$database/$name")"
done

ensure "$server/ADMIN_PASSWORD" "$(random 24)"
ensure "$server/KEYSTORE_PASSWORD" "$(random 24)"
for name in $REFERENCED_SECRETS; do
  case $name in
    ENCRYPTION_KEY)
      ensure "$server/$name" "$(od -An -v -N"$ENCRYPTION_KEY_BYTES" -tx1 /dev/urandom | tr -d ' \n')"
      ;;
    APP_PASSWORD | CONSENT_PORTAL_CLIENT_ID | CONSENT_PORTAL_CLIENT_SECRET)
      ensure "$server/$name" "$(random 24)"
      ;;
    APP_PASSWORD_HASH)
      # The recovery pages present the password, and the server compares its hash.
      ensure "$server/APP_PASSWORD" "$(random 24)"
      put "$server/$name" "$(printf '%s' "$(cat "$server/APP_PASSWORD")" | sha256sum | cut -d ' ' -f 1)"
      ;;
    DATABASE_PASSWORD | DATABASE_PASSWORD_2) require_referenced "$name" ;;
  esac
done
[ -z "${missing:-}" ] || exit 1

seal "$database" . '\./[A-Z]'
seal "$server" . '\./[A-Z]'
chown -R "$DATABASE_OWNER" "$database"
chown -R "$SERVER_OWNER" "$server"
chmod 0500 "$database" "$server"
chmod 0400 "$database"/* "$server"/*
