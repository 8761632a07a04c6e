#!/bin/sh
# A protected environment generates no secret: each was chosen, and is kept, by somebody who can bring it to another host.
#   ENVIRONMENT           name of the environment, for messages
#   REQUIRED_SECRETS      names of the secrets that must be there
#   ENCRYPTION_KEY_BYTES  length of the key that encrypts the server's data
set -eu

refuse() {
  echo "$1 $2; supply it with: make import-secret ENVIRONMENT=$ENVIRONMENT NAME=$1" >&2
  refused=true
}

for name in $REQUIRED_SECRETS; do
  case $name in
    DATABASE_*) file=/database-secrets/$name ;;
    *) file=/identity-server-secrets/$name ;;
  esac
  if [ ! -s "$file" ]; then
    refuse "$name" 'is missing, and a protected environment generates none'
    continue
  fi
  # The server copies these as they are into XML. The value is never shown.
  value=$(cat "$file")
  case $name in
    ADMIN_PASSWORD | KEYSTORE_PASSWORD | APP_PASSWORD | CONSENT_PORTAL_CLIENT_ID | CONSENT_PORTAL_CLIENT_SECRET)
      fits=true
      case $value in *[!A-Za-z0-9._-]*) fits= ;; esac
      [ "${#value}" -ge 12 ] && [ "${#value}" -le 30 ] && [ "$fits" ] ||
        refuse "$name" 'must be 12 to 30 letters, digits, ".", "_" and "-"'
      ;;
    ENCRYPTION_KEY)
      fits=true
      case $value in *[!0-9a-f]*) fits= ;; esac
      [ "${#value}" -eq $((ENCRYPTION_KEY_BYTES * 2)) ] && [ "$fits" ] ||
        refuse "$name" "must be $((ENCRYPTION_KEY_BYTES * 2)) hexadecimal digits in lower case"
      ;;
  esac
done
[ -z "${refused:-}" ] || exit 1
