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
    DATABASE_*) file=/database-secrets/$(database_secret "$name") ;;
    *) file=/identity-server-secrets/$name ;;
  esac
  if [ ! -s "$file" ]; then
    refuse "$name" 'is missing, and a protected environment generates none'
    continue
  fi
  if [ "$name" = DATABASE_PASSWORD ] && ! has_database_secret "$name"; then
    refuse "$name" "of revision $DATABASE_PASSWORD_REVISION is missing, and a protected environment generates none"
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
    ENCRYPTION_KEY | OLD_ENCRYPTION_KEY)
      # A system that is brought here keeps its key. Up to 7.0 the server takes it as it is; later also in hexadecimal digits.
      fits='' further=
      case ${#value} in 16 | 24 | 32)
        fits=true
        case $value in *[!!-~]* | *[\&\<\$\\]*) fits= ;; esac
        ;;
      esac
      if [ "$ENCRYPTION_KEY_BYTES" -eq 32 ]; then
        further=', or 48 or 64 hexadecimal digits'
        case $value in *[!0-9A-Fa-f]*) ;; *) case ${#value} in 48 | 64) fits=true ;; esac ;; esac
      fi
      [ "$fits" ] ||
        refuse "$name" "must be 16, 24 or 32 characters without blanks, \"&\", \"<\", \"\$\" and \"\\\"$further"
      ;;
  esac
done
[ -z "${refused:-}" ] || exit 1
